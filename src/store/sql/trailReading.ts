/**
 * Reading the trail of one story, and making entries of rows.
 */
import type { Json } from '../../event/envelope';
import type { TrailEntry, TrailEvent, TrailFact } from '../../trail/types';
import type { StoreContext } from './context';
import { all, chunksOf, places, type Steps } from './steps';

/** Where a reading goes on. */
export interface TrailCursor {
	/** Milliseconds since the epoch. */
	readonly at: number;
	readonly seq: number;
}

export interface TrailPage {
	readonly entries: readonly TrailEntry[];
	/** Pass it on for what follows; null: there is no more. */
	readonly next: TrailCursor | null;
}

/** Columns of an event that entries are made of. */
export const EVENT_COLUMNS = `seq, event_id, source, type, type_version, correlation_id, causation_id, at,
	subject, hops, occurred_at, payload, payload_bytes`;

export interface EventRow {
	readonly seq: number;
	readonly event_id: string;
	readonly source: string;
	readonly type: string;
	readonly type_version: string;
	readonly correlation_id: string;
	readonly causation_id: string | null;
	readonly at: number;
	readonly subject: string | null;
	readonly hops: number;
	readonly occurred_at: string;
	readonly payload: string | null;
	readonly payload_bytes: number | null;
}

/** Of a fact, what stands in no column of its own. */
export type FactBody = Pick<TrailFact, 'broker' | 'executionId' | 'error' | 'reason' | 'delayMs'>;

interface FactRow {
	readonly event: number;
	readonly at: number;
	readonly kind: TrailFact['kind'];
	readonly channel: string;
	readonly consumer_group: string | null;
	readonly service: string;
	readonly attempt: number | null;
	readonly workflow_id: string | null;
	readonly body: string;
}

/** Events in one statement. */
const READ_AT_ONCE = 1000;

/** Payloads in one answer, bytes, and one payload more. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

export interface ReadTrailArgs {
	readonly correlationId: string;
	/** null: from the first event. */
	readonly after: TrailCursor | null;
	/** Events. */
	readonly limit: number;
}

/** In the order of their first facts. A page may be shorter than the limit. */
export function* readTrail(_context: StoreContext, { correlationId, after, limit }: ReadTrailArgs): Steps<TrailPage> {
	const rows = yield* all<EventRow>(
		`SELECT ${EVENT_COLUMNS} FROM trail_event WHERE correlation_id = ? AND (at, seq) > (?, ?) ORDER BY at, seq LIMIT ?`,
		correlationId,
		after?.at ?? Number.MIN_SAFE_INTEGER,
		after?.seq ?? 0,
		// One more tells whether there are more.
		limit + 1,
	);
	const fitting = rows.slice(0, Math.min(limit, countFitting(rows)));
	const last = fitting.at(-1);
	const isEnd = fitting.length === rows.length;
	return { entries: yield* entriesOf(fitting), next: isEnd || !last ? null : { at: last.at, seq: last.seq } };
}

/** The events with their facts, in the order of the rows. */
export function* entriesOf(rows: readonly EventRow[]): Steps<readonly TrailEntry[]> {
	const facts = new Map<number, TrailFact[]>();
	for (const some of chunksOf(rows, READ_AT_ONCE)) {
		const found = yield* all<FactRow>(
			`SELECT event, at, kind, channel, consumer_group, service, attempt, workflow_id, body FROM trail_fact
			WHERE event IN (${places(some.length)}) ORDER BY event, at, mark`,
			...some.map(({ seq }) => seq),
		);
		for (const row of found) {
			const of = facts.get(row.event);
			if (of) of.push(toFact(row));
			else facts.set(row.event, [toFact(row)]);
		}
	}
	return rows.map((row) => ({ event: toEvent(row), facts: (facts.get(row.seq) ?? []).sort(inOrder) }));
}

/** Within a millisecond a run begins before it ends, and what was published comes before both. */
function inOrder(a: TrailFact, b: TrailFact): number {
	return a.at - b.at || (a.attempt ?? 0) - (b.attempt ?? 0) || (RANK[a.kind] ?? ENDING) - (RANK[b.kind] ?? ENDING);
}

const RANK: Partial<Readonly<Record<TrailFact['kind'], number>>> = { published: 0, started: 1 };
const ENDING = 2;

function toEvent(row: EventRow): TrailEvent {
	return {
		eventId: row.event_id,
		source: row.source,
		eventType: row.type,
		eventVersion: row.type_version,
		subject: row.subject,
		correlationId: row.correlation_id,
		causationId: row.causation_id,
		hops: row.hops,
		occurredAt: row.occurred_at,
		payload: payloadOf(row),
		...(row.payload_bytes === null ? {} : { payloadBytes: row.payload_bytes }),
	};
}

/** The beginning of a JSON text is a text. */
export function payloadOf({ payload, payload_bytes }: Pick<EventRow, 'payload' | 'payload_bytes'>): Json | undefined {
	if (payload === null) return undefined;
	return payload_bytes === null ? (JSON.parse(payload) as Json) : payload;
}

function toFact(row: FactRow): TrailFact {
	const { broker, executionId, error, reason, delayMs } = JSON.parse(row.body) as FactBody;
	return {
		kind: row.kind,
		at: row.at,
		broker,
		channel: row.channel,
		group: row.consumer_group,
		service: row.service,
		attempt: row.attempt,
		workflowId: row.workflow_id,
		executionId,
		error,
		reason,
		delayMs,
	};
}

/** How many of the rows have room in one answer; at least one. */
function countFitting(rows: readonly EventRow[]): number {
	let bytes = 0;
	for (const [index, { payload }] of rows.entries()) {
		bytes += Buffer.byteLength(payload ?? '');
		if (bytes >= MAX_ANSWER_BYTES) return index + 1;
	}
	return rows.length;
}

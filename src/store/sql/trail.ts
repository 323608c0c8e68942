/**
 * What is remembered of events: writing and forgetting.
 *
 * A fact needs no id: what it says, and when, tells it from the others of its event. So a batch that is written again
 * changes nothing.
 */
import { fnv1a } from '../../kernel/fnv';
import type { TrailEvent, TrailFact } from '../../trail/types';
import { searchable } from '../documents/values';
import type { StoreContext } from './context';
import { all, chunksOf, insertRows, places, run, type Statement, type Steps, together } from './steps';
import type { EventRow, FactBody } from './trailReading';

/** An event as it is handed to the store: its payload is JSON text already, or the beginning of one. */
export type RecordedEvent = Omit<TrailEvent, 'payload'> & { readonly payload: string | null };

export interface RecordedEntry {
	readonly event: RecordedEvent;
	readonly facts: readonly TrailFact[];
}

const COLUMNS =
	'event_id, source, type, type_version, correlation_id, causation_id, at, subject, hops, occurred_at, payload, payload_bytes, upto';

/** Rows in one statement: batches of every size are made of few kinds of statements, which stay prepared. */
const WRITTEN_AT_ONCE = 50;

/** What an event takes besides its payload, with three facts and all indexes, bytes: measured, roughly. */
const EVENT_BYTES = 1500;

/** Events that are forgotten for each one that is recorded, at most: enough to get below a lower limit in time. */
const ROOM_FACTOR = 3;

export interface RecordTrailArgs {
	readonly entries: readonly RecordedEntry[];
	/** The oldest events are forgotten when the trail takes more, bytes; roughly. */
	readonly maxBytes: number;
}

/** An entry whose event is known adds its facts to it, and changes nothing of the event. */
export function* recordTrail(_context: StoreContext, { entries, maxBytes }: RecordTrailArgs): Steps<void> {
	// Always in one order, so that two processes that report the same events do not wait for each other.
	const sorted = entries
		.filter(({ facts }) => facts.length > 0)
		.toSorted((a, b) => (identityOf(a) < identityOf(b) ? -1 : 1));
	const { oldest, newest } = yield* extent();
	let upto = newest;
	const rows = sorted.map((entry) => eventValues(entry, (upto += weightOf(entry))));
	if (upto - oldest > maxBytes) yield* forgetUpTo(upto - maxBytes, ROOM_FACTOR * rows.length);
	yield* insertRows(`trail_event (${COLUMNS})`, rows, 'ON CONFLICT (event_id, source) DO NOTHING', WRITTEN_AT_ONCE);
	const known = (yield* together(chunksOf(sorted, WRITTEN_AT_ONCE).map(whereKnown))).flat() as readonly KnownRow[];
	const seqs = new Map(known.map(({ seq, event_id, source }) => [identity(event_id, source), seq]));
	yield* insertRows(
		'trail_fact (event, at, mark, kind, channel, consumer_group, service, attempt, workflow_id, body)',
		sorted.flatMap((entry) => {
			const seq = seqs.get(identityOf(entry));
			// Forgotten at this very moment.
			return seq === undefined ? [] : entry.facts.map((fact) => factValues(seq, fact));
		}),
		'ON CONFLICT DO NOTHING',
		WRITTEN_AT_ONCE,
	);
}

/** Running totals of the oldest and the newest event. */
function* extent(): Steps<{ readonly oldest: number; readonly newest: number }> {
	const found = yield* together([
		{ sql: 'SELECT upto FROM trail_event ORDER BY seq LIMIT 1', values: [] },
		{ sql: 'SELECT upto FROM trail_event ORDER BY seq DESC LIMIT 1', values: [] },
	]);
	const [oldest = 0, newest = 0] = found.map((rows) => (rows as readonly { readonly upto: number }[])[0]?.upto);
	return { oldest, newest };
}

/** @param limit events */
function* forgetUpTo(upto: number, limit: number): Steps<void> {
	const oldest = yield* all<{ readonly seq: number; readonly upto: number }>(
		'SELECT seq, upto FROM trail_event ORDER BY seq LIMIT ?',
		limit,
	);
	yield* forget(oldest.filter((row) => row.upto <= upto).map(({ seq }) => seq));
}

function* forget(seqs: readonly number[]): Steps<void> {
	if (seqs.length === 0) return;
	yield* run(`DELETE FROM trail_event WHERE seq IN (${places(seqs.length)})`, ...seqs);
	yield* run(`DELETE FROM trail_fact WHERE event IN (${places(seqs.length)})`, ...seqs);
}

function weightOf({ event: { payload } }: RecordedEntry): number {
	return EVENT_BYTES + (payload?.length ?? 0);
}

type KnownRow = Pick<EventRow, 'seq' | 'event_id' | 'source'>;

function whereKnown(entries: readonly RecordedEntry[]): Statement {
	return {
		sql: `SELECT seq, event_id, source FROM trail_event WHERE event_id IN (${places(entries.length)})`,
		values: entries.map(({ event }) => event.eventId),
	};
}

export interface ForgetTrailArgs {
	/** Milliseconds since the epoch. */
	readonly before: number;
	/** Events. */
	readonly limit: number;
}

/** Forgets the oldest events. Returns whether there may be more to do. */
export function* forgetTrail(_context: StoreContext, { before, limit }: ForgetTrailArgs): Steps<boolean> {
	const old = yield* all<{ readonly seq: number }>(
		'SELECT seq FROM trail_event WHERE at < ? ORDER BY at, seq LIMIT ?',
		before,
		limit,
	);
	yield* forget(old.map(({ seq }) => seq));
	return old.length === limit;
}

function eventValues({ event, facts }: RecordedEntry, upto: number) {
	return [
		event.eventId,
		event.source,
		event.eventType,
		event.eventVersion,
		event.correlationId,
		event.causationId,
		facts.reduce((earliest, { at }) => Math.min(earliest, at), Number.MAX_SAFE_INTEGER),
		event.subject,
		event.hops,
		event.occurredAt,
		event.payload,
		event.payloadBytes ?? null,
		upto,
	];
}

function factValues(seq: number, fact: TrailFact) {
	const { kind, at, channel, group, service, attempt, workflowId, ...rest } = fact;
	const body = JSON.stringify(rest satisfies FactBody);
	// 32 bits are enough to tell the few facts apart that one event has in one millisecond.
	const mark = fnv1a([kind, channel, group, service, attempt, workflowId, body].join('\n'));
	const places = [searchable(channel), group === null ? null : searchable(group), searchable(service)];
	return [seq, at, mark, kind, ...places, attempt, workflowId, body];
}

/** Tells events apart: an id is its source's own. */
export function identityOf({ event }: Pick<RecordedEntry, 'event'>): string {
	return identity(event.eventId, event.source);
}

function identity(eventId: string, source: string): string {
	return `${eventId}\n${source}`;
}

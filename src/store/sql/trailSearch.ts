/**
 * Looking through what is remembered, in steps of bounded work: whoever asks goes on where a step ended.
 */
import type { Json } from '../../event/envelope';
import { matcherOf } from '../../event/typePattern';
import { isJsonObject } from '../../event/plainJson';
import { searchable, type Scalar } from '../documents/values';
import type { TrailEntry, TrailFactKind } from '../../trail/types';
import type { StoreContext } from './context';
import { exactTypes } from './reading';
import { RARE_FACTS } from './schema';
import { all, places, type SqlValue, type Steps } from './steps';
import { entriesOf, EVENT_COLUMNS, type EventRow, payloadOf, type TrailCursor } from './trailReading';

/** What is absent does not restrict. */
export interface TrailFilter {
	/** Type patterns (src/event/typePattern). */
	readonly types?: readonly string[];
	readonly source?: string;
	/** A fact took place there. */
	readonly channel?: string;
	/** First fact at or after it, milliseconds since the epoch. */
	readonly from?: number;
	/** First fact before it, milliseconds since the epoch. */
	readonly to?: number;
	/** A value in the payload: names joined by dots; a path through a list means any of its entries. */
	readonly payload?: { readonly path: string; readonly equals: Scalar };
	/** That happened to it at least once. */
	readonly outcome?: TrailFactKind;
}

export interface SearchTrailArgs {
	readonly filter: TrailFilter;
	/** Only what is older; null: from the newest on. */
	readonly before: TrailCursor | null;
	/** Most entries in the answer. */
	readonly limit: number;
	/** Most events that are looked at. */
	readonly scan: number;
}

export interface TrailFindings {
	readonly entries: readonly TrailEntry[];
	/** Everything from here on was looked at: pass as `before`; null: there is no more. */
	readonly next: TrailCursor | null;
	readonly scanned: number;
}

/** The payload is there only where it is asked for. */
interface ScannedRow extends Pick<EventRow, 'seq' | 'at' | 'type' | 'type_version' | 'payload' | 'payload_bytes'> {
	/** 1: yes. */
	readonly in_channel: number;
}

const COMMON: ReadonlySet<TrailFactKind> = new Set(['published', 'started', 'done']);

/** Newest first. */
export function* searchTrail(_context: StoreContext, args: SearchTrailArgs): Steps<TrailFindings> {
	const { filter, limit, scan } = args;
	const rows = yield* scanned(args);
	const matches = matcherOf(filter.types ?? ['#']);
	const found: ScannedRow[] = [];
	let looked = 0;
	for (const row of rows) {
		if (found.length >= limit) break;
		looked += 1;
		if (row.in_channel === 0 || !matches(row.type, row.type_version)) continue;
		if (filter.payload === undefined || hasValue(row, filter.payload)) found.push(row);
	}
	const last = rows[looked - 1];
	const isEnd = looked === rows.length && rows.length < scan;
	return {
		entries: yield* loaded(found),
		next: isEnd || !last ? null : { at: last.at, seq: last.seq },
		scanned: looked,
	};
}

function* scanned({ filter, before, scan }: SearchTrailArgs): Steps<readonly ScannedRow[]> {
	const conditions = ['(at, seq) < (?, ?)', 'at >= ?'];
	const values: SqlValue[] = [
		before?.at ?? filter.to ?? Number.MAX_SAFE_INTEGER,
		before?.seq ?? 0,
		filter.from ?? Number.MIN_SAFE_INTEGER,
	];
	const exact = exactTypes(filter.types ?? ['#']);
	if (exact !== null) {
		conditions.push(`type IN (${places(exact.length)})`);
		values.push(...exact);
	}
	if (filter.source !== undefined) {
		conditions.push('source = ?');
		values.push(searchable(filter.source));
	}
	if (filter.outcome !== undefined) {
		conditions.push(
			COMMON.has(filter.outcome)
				? `${oneFact('trail_event.seq', 'kind = ?')} = 1`
				: `seq IN (SELECT event FROM trail_fact WHERE ${RARE_FACTS} AND kind = ?)`,
		);
		values.push(filter.outcome);
	}
	const inChannel = filter.channel === undefined ? '1' : `COALESCE(${oneFact('page.seq', 'channel = ?')}, 0)`;
	const channel = filter.channel === undefined ? [] : [searchable(filter.channel)];
	const payload = filter.payload === undefined ? '' : ', payload, payload_bytes';
	return yield* all<ScannedRow>(
		`SELECT page.*, ${inChannel} AS in_channel FROM (
			SELECT seq, at, type, type_version${payload} FROM trail_event
			WHERE ${conditions.join(' AND ')} ORDER BY at DESC, seq DESC LIMIT ?
		) page ORDER BY at DESC, seq DESC`,
		...channel,
		...values,
		scan,
	);
}

function* loaded(found: readonly ScannedRow[]): Steps<readonly TrailEntry[]> {
	if (found.length === 0) return [];
	const rows = yield* all<EventRow>(
		`SELECT ${EVENT_COLUMNS} FROM trail_event WHERE seq IN (${places(found.length)}) ORDER BY at DESC, seq DESC`,
		...found.map(({ seq }) => seq),
	);
	return yield* entriesOf(rows);
}

function hasValue(row: ScannedRow, { path, equals }: NonNullable<TrailFilter['payload']>): boolean {
	return isAnywhere(payloadOf(row), path.split('.'), equals);
}

function isAnywhere(value: Json | undefined, [name, ...rest]: readonly string[], equals: Scalar): boolean {
	if (Array.isArray(value)) {
		const names = name === undefined ? [] : [name, ...rest];
		return (value as readonly Json[]).some((entry) => isAnywhere(entry, names, equals));
	}
	if (name === undefined) return value === equals;
	return isJsonObject(value) && Object.hasOwn(value, name) && isAnywhere(value[name], rest, equals);
}

export interface ReadFlowFactsArgs {
	/** Milliseconds since the epoch. */
	readonly from: number;
	/** Up to and without it. */
	readonly to: number;
	/** Only what is older than this fact; null: from the newest on. */
	readonly before: FlowCursor | null;
	readonly limit: number;
}

export interface FlowCursor {
	readonly at: number;
	readonly event: number;
	readonly mark: number;
}

/** A fact as the map of flows sees it. */
export interface FlowFact extends FlowCursor {
	readonly kind: TrailFactKind;
	readonly channel: string;
	readonly consumer_group: string | null;
	readonly service: string;
	readonly attempt: number | null;
	readonly workflow_id: string | null;
	readonly type: string;
	readonly source: string;
	/** Type of the event that caused this one; null: none, or not remembered. */
	readonly cause_type: string | null;
	/** Of a start: 1 when somebody reported the event as published, 0 when it came from outside. */
	readonly is_reported: number | null;
}

/** Newest first. */
export function* readFlowFacts(_context: StoreContext, args: ReadFlowFactsArgs): Steps<readonly FlowFact[]> {
	const { from, to, before, limit } = args;
	return yield* all<FlowFact>(
		`SELECT f.at, f.event, f.mark, f.kind, f.channel, f.consumer_group, f.service, f.attempt, f.workflow_id,
			e.type, e.source,
			CASE WHEN f.kind IN ('published', 'started') AND e.causation_id IS NOT NULL
				THEN (SELECT c.type FROM trail_event c WHERE c.event_id = e.causation_id LIMIT 1) END AS cause_type,
			CASE WHEN f.kind = 'started' THEN COALESCE(${oneFact('f.event', "kind = 'published'")}, 0) END AS is_reported
		FROM trail_fact f JOIN trail_event e ON e.seq = f.event
		WHERE (f.at, f.event, f.mark) < (?, ?, ?) AND f.at >= ?
		ORDER BY f.at DESC, f.event DESC, f.mark DESC LIMIT ?`,
		before?.at ?? to,
		before?.event ?? 0,
		before?.mark ?? 0,
		from,
		limit,
	);
}

/** 1 when an event has such a fact. Unlike EXISTS it is never answered by going through all facts first (PostgreSQL). */
function oneFact(event: string, condition: string): string {
	return `(SELECT 1 FROM trail_fact one WHERE one.event = ${event} AND one.${condition} LIMIT 1)`;
}

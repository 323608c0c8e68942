/**
 * Reading streams and the log.
 */
import type { EventEnvelope } from '../../event/envelope';
import { matcherOf } from '../../event/typePattern';
import type { LogFilter, LogPage, StoredEvent, StreamInfo } from '../types';
import type { StoreContext } from './context';
import { all, first, places, type SqlValue, type Steps } from './steps';

/** Bodies in one answer, bytes, and one more body: more would only crowd the memory of both sides. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

interface EventRow {
	readonly position: number;
	readonly stream: string;
	readonly version: number;
	readonly recorded_at: number;
	readonly body: string;
	readonly type: string;
	readonly type_version: string;
}

const COLUMNS = 'position, stream, version, recorded_at, body, type, type_version';

export interface ReadStreamArgs {
	readonly stream: string;
	/** First version that is wanted, 1-based; backwards the last. */
	readonly from: number;
	readonly limit: number;
	readonly backwards: boolean;
}

/** A page, possibly shorter than the limit; empty: there is no more. */
export function* readStream(_context: StoreContext, args: ReadStreamArgs): Steps<readonly StoredEvent[]> {
	const { stream, from, limit, backwards } = args;
	const rows = yield* all<EventRow>(
		pageOf(`stream = ? AND version ${backwards ? '<=' : '>='} ?`, `version ${backwards ? 'DESC' : 'ASC'}`),
		stream,
		from,
		limit,
	);
	return rows.map(toStored);
}

export interface ReadLogArgs {
	readonly after: number;
	/** Events that are looked at. */
	readonly limit: number;
	readonly filter: LogFilter;
}

/** Oldest first. What the filter leaves out is passed over, and said to be. */
export function* readLog(_context: StoreContext, { after, limit, filter }: ReadLogArgs): Steps<LogPage> {
	// Asked first: whatever is there up to this position is visible to what follows, which may see more. A condition for it
	// would only mislead a planner without statistics.
	const end = yield* head();
	if (end <= after) return { events: [], scannedTo: after, isEnd: true };
	const conditions = ['position > ?'];
	const values: SqlValue[] = [after];
	for (const [column, value] of [
		['stream', filter.stream],
		['category', filter.category],
		['correlation_id', filter.correlationId],
	] as const) {
		if (value === undefined) continue;
		conditions.push(`${column} = ?`);
		values.push(value);
	}
	const types = filter.types ?? ['#'];
	const exact = exactTypes(types);
	if (exact !== null) {
		conditions.push(`type IN (${places(exact.length)})`);
		values.push(...exact);
	}
	const rows = yield* all<EventRow>(pageOf(conditions.join(' AND '), 'position'), ...values, limit);
	const matches = matcherOf(types);
	const isEnd = rows.length < limit && !isFull(rows);
	const last = rows.at(-1)?.position ?? after;
	return {
		events: rows.filter(({ type, type_version }) => matches(type, type_version)).map(toStored),
		scannedTo: isEnd ? Math.max(end, last) : last,
		isEnd,
	};
}

/** Position of the newest event, 0: none. */
export function* headOf(_context: StoreContext, _args: object): Steps<number> {
	return yield* head();
}

/** The newest position that was stored no later than a time; 0: none. Where a subscription starts that begins at a time. */
export function* positionAt(_context: StoreContext, { time }: { readonly time: number }): Steps<number> {
	const row = yield* first<{ position: number | null }>(
		'SELECT MAX(position) AS position FROM event WHERE recorded_at < ?',
		time,
	);
	return row?.position ?? 0;
}

export interface ListStreamsArgs {
	/** Names that begin with it; '': all. */
	readonly prefix: string;
	readonly after: string;
	readonly limit: number;
}

/** By name. */
export function* listStreams(_context: StoreContext, args: ListStreamsArgs): Steps<readonly StreamInfo[]> {
	const rows = yield* all<{
		readonly name: string;
		readonly category: string;
		readonly version: number;
		readonly created_at: number;
		readonly updated_at: number;
	}>(
		`SELECT name, category, version, created_at, updated_at FROM stream
		WHERE name > ? AND substr(name, 1, ?) = ? ORDER BY name LIMIT ?`,
		args.after,
		Array.from(args.prefix).length,
		args.prefix,
		args.limit,
	);
	return rows.map(({ name, created_at, updated_at, ...rest }) => ({
		stream: name,
		...rest,
		createdAt: created_at,
		updatedAt: updated_at,
	}));
}

function* head(): Steps<number> {
	return (yield* first<{ position: number }>('SELECT position FROM log_head WHERE id = 1'))?.position ?? 0;
}

/** The types, when none of the patterns has a wildcard or a version: the index then finds them. */
export function exactTypes(patterns: readonly string[]): readonly string[] | null {
	return patterns.some((pattern) => /[*#@]/.test(pattern)) ? null : patterns;
}

/** Ends at the limit, which is the last value, or after the body with which the answer is full. */
function pageOf(condition: string, order: string): string {
	return `SELECT ${COLUMNS} FROM (
			SELECT ${COLUMNS}, SUM(octet_length(body)) OVER (ORDER BY ${order} ROWS UNBOUNDED PRECEDING) - octet_length(body)
				AS size_before
			FROM (SELECT ${COLUMNS} FROM event WHERE ${condition} ORDER BY ${order} LIMIT ?) page
		) sized WHERE size_before < ${MAX_ANSWER_BYTES} ORDER BY ${order}`;
}

/** Whether there may be more that had no room. */
function isFull(rows: readonly EventRow[]): boolean {
	return rows.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0) >= MAX_ANSWER_BYTES;
}

export function toStored({
	position,
	stream,
	version,
	recorded_at,
	body,
}: Omit<EventRow, 'type' | 'type_version'>): StoredEvent {
	return { stream, version, position, recordedAt: recorded_at, event: JSON.parse(body) as EventEnvelope };
}

/**
 * Reading streams and the log.
 */
import type { EventEnvelope } from '../../event/envelope';
import { matcherOf } from '../../event/typePattern';
import type { LogFilter, LogPage, StoredEvent, StreamInfo } from '../types';
import type { StoreContext } from './context';
import { all, first, places, type SqlValue, type Steps } from './steps';

/** Bodies in one answer, characters: more would only crowd the memory of both sides. */
const MAX_ANSWER = 8 * 1024 * 1024;

interface EventRow {
	readonly position: number;
	readonly stream: string;
	readonly version: number;
	readonly recorded_at: number;
	readonly body: string;
}

const COLUMNS = 'position, stream, version, recorded_at, body';

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
		`SELECT ${COLUMNS} FROM event WHERE stream = ? AND version ${backwards ? '<=' : '>='} ?
		ORDER BY version ${backwards ? 'DESC' : 'ASC'} LIMIT ?`,
		stream,
		from,
		limit,
	);
	return withinAnswer(rows).map(toStored);
}

export interface ReadLogArgs {
	readonly after: number;
	/** Events that are looked at. */
	readonly limit: number;
	readonly filter: LogFilter;
}

/** Oldest first. What the filter leaves out is passed over, and said to be. */
export function* readLog(_context: StoreContext, { after, limit, filter }: ReadLogArgs): Steps<LogPage> {
	// Asked first: whatever is there up to this position is visible to what follows.
	const end = yield* head();
	if (end <= after) return { events: [], scannedTo: after, isEnd: true };
	const conditions = ['position > ?', 'position <= ?'];
	const values: SqlValue[] = [after, end];
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
	const rows = yield* all<EventRow & { readonly type: string; readonly type_version: string }>(
		`SELECT ${COLUMNS}, type, type_version FROM event WHERE ${conditions.join(' AND ')} ORDER BY position LIMIT ?`,
		...values,
		limit,
	);
	const page = withinAnswer(rows);
	const matches = matcherOf(types);
	const isEnd = page.length === rows.length && rows.length < limit;
	return {
		events: page.filter(({ type, type_version }) => matches(type, type_version)).map(toStored),
		scannedTo: isEnd ? end : (page.at(-1)?.position ?? after),
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
function exactTypes(patterns: readonly string[]): readonly string[] | null {
	return patterns.some((pattern) => /[*#@]/.test(pattern)) ? null : patterns;
}

function withinAnswer<Row extends EventRow>(rows: readonly Row[]): readonly Row[] {
	let size = 0;
	const tooMany = rows.findIndex(({ body }, index) => {
		size += body.length;
		return index > 0 && size > MAX_ANSWER;
	});
	return tooMany < 0 ? rows : rows.slice(0, tooMany);
}

export function toStored({ position, stream, version, recorded_at, body }: EventRow): StoredEvent {
	return { stream, version, position, recordedAt: recorded_at, event: JSON.parse(body) as EventEnvelope };
}

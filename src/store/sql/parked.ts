/**
 * What a subscription could not process: dead letters, and events that are handed to it once more.
 *
 * A message is kept as the JSON text of what the subscription needs to hand it out again; it is not looked into here.
 */
import type { StoreContext } from './context';
import { all, first, insertRows, places, run, type Steps } from './steps';

export interface Parked {
	readonly id: number;
	readonly lane: string;
	readonly message: string;
}

export type ParkedState = 'dead' | 'due';

export function* park(
	_context: StoreContext,
	args: {
		readonly subscription: string;
		readonly state: ParkedState;
		readonly entries: readonly { readonly lane: string; readonly message: string; readonly dueAt: number }[];
	},
): Steps<void> {
	yield* insertRows(
		'parked (subscription, state, due_at, lane, message)',
		args.entries.map(({ lane, message, dueAt }) => [args.subscription, args.state, dueAt, lane, message]),
	);
}

/** Oldest first. subscription null: of all. */
export function* readParked(
	{ now }: StoreContext,
	args: {
		readonly subscription: string | null;
		readonly state: ParkedState;
		readonly after: number;
		readonly limit: number;
	},
): Steps<readonly (Parked & { readonly subscription: string })[]> {
	const one = args.subscription === null ? '' : 'AND subscription = ?';
	return yield* all(
		`SELECT id, subscription, lane, message FROM parked
		WHERE state = ? AND id > ? AND due_at <= ? ${one} ORDER BY id LIMIT ?`,
		args.state,
		args.after,
		now,
		...(args.subscription === null ? [] : [args.subscription]),
		args.limit,
	);
}

/** When the next entry will be due, milliseconds since the epoch; null: there is none that is not due already. */
export function* nextParkedAt(
	{ now }: StoreContext,
	{ subscription }: { readonly subscription: string },
): Steps<number | null> {
	const row = yield* first<{ readonly due: number | null }>(
		"SELECT MIN(due_at) AS due FROM parked WHERE subscription = ? AND state = 'due' AND due_at > ?",
		subscription,
		now,
	);
	return row?.due ?? null;
}

/** Returns how many there were. */
export function* removeParked(_context: StoreContext, { ids }: { readonly ids: readonly number[] }): Steps<number> {
	if (ids.length === 0) return 0;
	return (yield* all<object>(`DELETE FROM parked WHERE id IN (${places(ids.length)}) RETURNING id`, ...ids)).length;
}

/** Puts an entry off, with what is remembered of it. */
export function* repark(
	_context: StoreContext,
	{ id, message, dueAt }: { readonly id: number; readonly message: string; readonly dueAt: number },
): Steps<void> {
	yield* run('UPDATE parked SET message = ?, due_at = ? WHERE id = ?', message, dueAt, id);
}

/** Per subscription, dead letters that wait. */
export function* countParked(
	_context: StoreContext,
	_args: object,
): Steps<readonly { readonly subscription: string; readonly dead: number }[]> {
	return yield* all(
		"SELECT subscription, COUNT(*) AS dead FROM parked WHERE state = 'dead' GROUP BY subscription ORDER BY subscription",
	);
}

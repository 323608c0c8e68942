/**
 * Events that are still to be handed to a bus.
 */
import type { OutboxBacklog, OutboxEntry } from '../types';
import type { StoreContext } from './context';
import { toStored } from './reading';
import { all, places, run, type Steps } from './steps';

/** Of one target, oldest first. */
export function* readOutbox(
	_context: StoreContext,
	{ target, limit }: { readonly target: string; readonly limit: number },
): Steps<readonly OutboxEntry[]> {
	const rows = yield* all<Parameters<typeof toStored>[0] & { readonly channel: string }>(
		`SELECT e.position, e.stream, e.version, e.recorded_at, e.body, o.channel
		FROM outbox o JOIN event e ON e.position = o.position WHERE o.target = ? ORDER BY o.position LIMIT ?`,
		target,
		limit,
	);
	return rows.map((row) => ({ ...toStored(row), channel: row.channel }));
}

/** Which of the positions are still waiting. */
export function* stillInOutbox(
	_context: StoreContext,
	{ target, positions }: { readonly target: string; readonly positions: readonly number[] },
): Steps<readonly number[]> {
	const rows = yield* all<{ readonly position: number }>(
		`SELECT position FROM outbox WHERE target = ? AND position IN (${places(positions.length)})`,
		target,
		...positions,
	);
	return rows.map(({ position }) => position);
}

export function* removeFromOutbox(
	_context: StoreContext,
	{ target, positions }: { readonly target: string; readonly positions: readonly number[] },
): Steps<void> {
	yield* run(`DELETE FROM outbox WHERE target = ? AND position IN (${places(positions.length)})`, target, ...positions);
}

export function* outboxBacklog(_context: StoreContext, _args: object): Steps<readonly OutboxBacklog[]> {
	const rows = yield* all<{ readonly target: string; readonly waiting: number; readonly oldest_at: number }>(
		`SELECT o.target AS target, COUNT(*) AS waiting, MIN(e.recorded_at) AS oldest_at
		FROM outbox o JOIN event e ON e.position = o.position GROUP BY o.target ORDER BY o.target`,
	);
	return rows.map(({ target, waiting, oldest_at }) => ({ target, waiting, oldestAt: oldest_at }));
}

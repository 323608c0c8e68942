/**
 * Where catch-up subscriptions stand.
 *
 * One member reads a subscription at a time: the one that holds its lease. Whatever it records is recorded under the
 * lease, so that a member that was thought dead cannot move the position of its successor.
 */
import type { SettledRange } from '../../broker/laneWindow';
import { EventBusError } from '../../kernel/errors';
import type { LogFilter } from '../types';
import type { StoreContext } from './context';
import { holdsLease, takeLease } from './leases';
import { all, first, lock, run, type Steps } from './steps';

export interface SubscriptionState {
	readonly name: string;
	readonly filter: LogFilter;
	/** Everything up to here is settled. */
	readonly position: number;
	/** What is settled above it, in order. */
	readonly settled: readonly SettledRange[];
	/** Counts resets. */
	readonly generation: number;
	readonly paused: boolean;
	/** Who reads it; null: nobody. */
	readonly owner: string | null;
	/** When its position last moved, milliseconds since the epoch. */
	readonly updatedAt: number;
}

export interface JoinArgs {
	readonly name: string;
	readonly filter: LogFilter;
	readonly owner: string;
	readonly leaseMs: number;
	/** Where a new one begins. */
	readonly position: number;
	/** Begins there although it exists: a rebuild. */
	readonly reset: boolean;
	/** Goes when nobody reads it any more. */
	readonly ephemeral: boolean;
}

/**
 * Makes the subscription, or takes it up. Whoever is given `isReader` reads; the others stand by and join again.
 * @throws EventBusError `conflict` when somebody reads it with another filter
 */
export function* joinSubscription(
	context: StoreContext,
	args: JoinArgs,
): Steps<{ readonly state: SubscriptionState; readonly isReader: boolean }> {
	const { name, owner, leaseMs, position, reset } = args;
	const filter = JSON.stringify(args.filter);
	yield* lock(subscriptionLock(name));
	yield* removeAbandoned(context);
	const found = yield* readOne(context, name);
	const isReader = yield* takeLease(context, { name: leaseOf(name), owner, leaseMs });
	if (found && !isReader && JSON.stringify(found.filter) !== filter) {
		throw new EventBusError('conflict', `Subscription ${name} is read with another filter by somebody else`, {
			hint: 'Give this trigger a subscription name of its own, or choose the same events in both',
		});
	}
	if (!found) {
		yield* run(
			`INSERT INTO subscription (name, filter, position, settled, generation, paused, ephemeral, updated_at)
			VALUES (?, ?, ?, '[]', 0, 0, ?, ?)`,
			name,
			filter,
			position,
			args.ephemeral ? 1 : 0,
			context.now,
		);
	} else if (isReader) {
		yield* run('UPDATE subscription SET filter = ? WHERE name = ?', filter, name);
		if (reset) yield* moveTo(context, name, position);
	}
	const state = yield* readOne(context, name);
	if (!state) throw new EventBusError('bug', `Subscription ${name} vanished while it was joined`);
	return { state, isReader };
}

export function* readSubscription(
	context: StoreContext,
	{ name }: { readonly name: string },
): Steps<SubscriptionState | null> {
	return yield* readOne(context, name);
}

export function* listSubscriptions(context: StoreContext, _args: object): Steps<readonly SubscriptionState[]> {
	const rows = yield* all<SubscriptionRow>(`${SELECT} ORDER BY s.name`, context.now);
	return rows.map(toState);
}

/** @throws EventBusError `lease-lost` when the owner does not hold the lease any more, or the subscription was reset */
export function* advanceSubscription(
	context: StoreContext,
	args: {
		readonly name: string;
		readonly owner: string;
		readonly generation: number;
		readonly position: number;
		readonly settled: readonly SettledRange[];
	},
): Steps<void> {
	const isHeld = yield* holdsLease(context, leaseOf(args.name), args.owner);
	const moved = yield* first<object>(
		`UPDATE subscription SET position = ?, settled = ?, updated_at = ? WHERE name = ? AND generation = ?
		RETURNING name`,
		args.position,
		JSON.stringify(args.settled),
		context.now,
		args.name,
		args.generation,
	);
	if (isHeld && moved) return;
	throw new EventBusError('lease-lost', `Subscription ${args.name} is read by somebody else by now, or was reset`);
}

/** Begins again at a position. Its reader notices and goes on from there. @returns false when there is none */
export function* resetSubscription(
	context: StoreContext,
	{ name, position }: { readonly name: string; readonly position: number },
): Steps<boolean> {
	yield* lock(subscriptionLock(name));
	if (!(yield* readOne(context, name))) return false;
	yield* moveTo(context, name, position);
	return true;
}

/** @returns false when there is none */
export function* pauseSubscription(
	_context: StoreContext,
	{ name, paused }: { readonly name: string; readonly paused: boolean },
): Steps<boolean> {
	const row = yield* first<object>(
		'UPDATE subscription SET paused = ? WHERE name = ? RETURNING name',
		paused ? 1 : 0,
		name,
	);
	return row !== undefined;
}

/** With everything it could not process. @returns false when there is none */
export function* deleteSubscription(_context: StoreContext, { name }: { readonly name: string }): Steps<boolean> {
	yield* lock(subscriptionLock(name));
	yield* run('DELETE FROM parked WHERE subscription = ?', name);
	yield* run('DELETE FROM lease WHERE name = ?', leaseOf(name));
	return (yield* first<object>('DELETE FROM subscription WHERE name = ? RETURNING name', name)) !== undefined;
}

/** The name under which what is done to a subscription waits for each other. */
export function subscriptionLock(name: string): string {
	return JSON.stringify(['subscription', name]);
}

export function leaseOf(subscription: string): string {
	return `subscription:${subscription}`;
}

/** Ephemeral ones whose reader is gone, also by kill -9. */
function* removeAbandoned({ now }: StoreContext): Steps<void> {
	yield* run(
		`DELETE FROM subscription WHERE ephemeral = 1 AND NOT EXISTS
			(SELECT 1 FROM lease WHERE lease.name = 'subscription:' || subscription.name AND lease.lease_until > ?)`,
		now,
	);
}

function* moveTo({ now }: StoreContext, name: string, position: number): Steps<void> {
	yield* run(
		`UPDATE subscription SET position = ?, settled = '[]', generation = generation + 1, updated_at = ? WHERE name = ?`,
		position,
		now,
		name,
	);
}

interface SubscriptionRow {
	readonly name: string;
	readonly filter: string;
	readonly position: number;
	readonly settled: string;
	readonly generation: number;
	readonly paused: number;
	readonly owner: string | null;
	readonly updated_at: number;
}

const SELECT = `SELECT s.name, s.filter, s.position, s.settled, s.generation, s.paused, s.updated_at, l.owner
	FROM subscription s LEFT JOIN lease l ON l.name = 'subscription:' || s.name AND l.lease_until > ?`;

function* readOne({ now }: StoreContext, name: string): Steps<SubscriptionState | null> {
	const row = yield* first<SubscriptionRow>(`${SELECT} WHERE s.name = ?`, now, name);
	return row ? toState(row) : null;
}

function toState({ filter, settled, paused, updated_at, ...rest }: SubscriptionRow): SubscriptionState {
	return {
		...rest,
		filter: JSON.parse(filter) as LogFilter,
		settled: JSON.parse(settled) as readonly SettledRange[],
		paused: paused !== 0,
		updatedAt: updated_at,
	};
}

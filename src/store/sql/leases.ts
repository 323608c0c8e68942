/**
 * What only one process may do at a time: relaying an outbox, reading a subscription.
 */
import type { StoreContext } from './context';
import { first, run, type Steps } from './steps';

export interface LeaseArgs {
	readonly name: string;
	readonly owner: string;
	/** How long it stays unless it is taken again, milliseconds. */
	readonly leaseMs: number;
}

/** Takes or prolongs it. False: somebody else has it. */
export function* takeLease({ now }: StoreContext, { name, owner, leaseMs }: LeaseArgs): Steps<boolean> {
	const row = yield* first<{ readonly owner: string }>(
		`INSERT INTO lease (name, owner, lease_until) VALUES (?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, lease_until = excluded.lease_until
			WHERE lease.owner = excluded.owner OR lease.lease_until <= ?
		RETURNING owner`,
		name,
		owner,
		now + leaseMs,
		now,
	);
	return row !== undefined;
}

export function* giveLease(
	_context: StoreContext,
	{ name, owner }: { readonly name: string; readonly owner: string },
): Steps<void> {
	yield* run('DELETE FROM lease WHERE name = ? AND owner = ?', name, owner);
}

/** Whether the owner still has it; keeps it until the commit, so that what follows happens under it. */
export function* holdsLease({ now }: StoreContext, name: string, owner: string): Steps<boolean> {
	const row = yield* first<object>(
		'UPDATE lease SET owner = owner WHERE name = ? AND owner = ? AND lease_until > ? RETURNING owner',
		name,
		owner,
		now,
	);
	return row !== undefined;
}

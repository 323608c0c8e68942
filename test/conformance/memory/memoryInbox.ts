/**
 * The inbox in memory: rows with a lease, as src/consumer/inbox.ts asks.
 */
import type { FailureHistory, Inbox, InboxEntry, InboxFailure } from '../../../src/consumer/inbox';

interface Row {
	owner: string | null;
	/** End of the lease, milliseconds since the epoch. */
	leaseUntil: number;
	done: boolean;
	history: FailureHistory;
	forgetAt: number;
}

const NO_FAILURE: FailureHistory = { failures: 0, firstFailureAt: null, lastError: null, notBefore: null };

export class MemoryInbox implements Inbox {
	readonly scope = 'shared';
	private readonly rows = new Map<string, Row>();

	constructor(private readonly now: () => number) {}

	async begin(keys: readonly string[], owner: string, leaseMs: number): Promise<readonly InboxEntry[]> {
		const now = this.now();
		return keys.map((key) => this.beginOne(key, owner, now, now + leaseMs));
	}

	async extend(keys: readonly string[], owner: string, leaseMs: number): Promise<void> {
		for (const row of this.held(keys, owner)) if (row) row.leaseUntil = this.now() + leaseMs;
	}

	async finish(keys: readonly string[], owner: string, keepMs: number): Promise<readonly boolean[]> {
		return this.held(keys, owner).map((row) => {
			if (row) Object.assign(row, { owner: null, done: true, forgetAt: this.now() + keepMs });
			return row !== null;
		});
	}

	async fail(failures: readonly InboxFailure[], owner: string, keepMs: number): Promise<readonly boolean[]> {
		const rows = this.held(
			failures.map(({ key }) => key),
			owner,
		);
		return failures.map(({ at, error, notBefore }, index) => {
			const row = rows[index];
			if (!row) return false;
			const { failures: before, firstFailureAt } = row.history;
			row.history = { failures: before + 1, firstFailureAt: firstFailureAt ?? at, lastError: error, notBefore };
			Object.assign(row, { owner: null, forgetAt: this.now() + keepMs });
			return true;
		});
	}

	async release(keys: readonly string[], owner: string): Promise<void> {
		for (const row of this.held(keys, owner)) if (row) row.owner = null;
	}

	private beginOne(key: string, owner: string, now: number, leaseUntil: number): InboxEntry {
		const kept = this.rows.get(key);
		const row = kept && (kept.owner !== null || kept.forgetAt > now) ? kept : null;
		if (row?.done) return { state: 'done' };
		if (row && row.owner !== null && row.leaseUntil > now) return { state: 'busy', until: row.leaseUntil };
		const history = row?.history ?? NO_FAILURE;
		this.rows.set(key, { owner, leaseUntil, done: false, history, forgetAt: Infinity });
		return { state: 'new', ...history };
	}

	/** One entry a key: the row if this owner holds it. */
	private held(keys: readonly string[], owner: string): (Row | null)[] {
		return keys.map((key) => {
			const row = this.rows.get(key);
			return row?.owner === owner && !row.done ? row : null;
		});
	}
}

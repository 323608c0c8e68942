/**
 * Group commit: what has arrived is written in one transaction, each job in a savepoint of its own, and nobody is answered
 * before the commit.
 *
 * While another process holds the lock the queue waits with a timer, never in SQLite, so that the thread goes on reading
 * and jobs can be cancelled or run out of time.
 */
import { isBusy, lockedTooLong } from './sqliteError';
import type { Sql } from './sql';

/** Bounds on one transaction, so that neither other processes nor the first job of a group wait long for it. */
const MAX_JOBS = 256;
const MAX_HOLD_MS = 50;

/** A held lock is usually free after one commit of somebody else, a few milliseconds. */
const RETRY_MIN_MS = 1;
const RETRY_MAX_MS = 8;

/** After so much writing without a pause the lock is left free for longer than others take to look for it. */
const BURST_MS = 200;
const BREATH_MS = 10;

export interface Job {
	/** What `cancel` names; null: internal. */
	readonly id: number | null;
	/** Milliseconds since the epoch, system clock. Not begun until then, it fails with `timeout`. */
	readonly deadline: number;
	run(notify: (topic: string) => void): unknown;
	done(value: unknown): void;
	failed(error: unknown): void;
}

type Ended = { readonly job: Job } & (
	| { readonly ok: true; readonly value: unknown; readonly topics: readonly string[] }
	| { readonly ok: false; readonly error: unknown }
);

/** SQLite gave up the whole transaction because of one job. */
class TransactionLost extends Error {
	constructor(
		readonly job: Job,
		override readonly cause: unknown,
	) {
		super('The transaction is lost');
	}
}

export class WriteQueue {
	private waiting: Job[] = [];
	private timer: NodeJS.Timeout | NodeJS.Immediate | null = null;
	private retries = 0;
	/** How many of the next jobs run without neighbours. */
	private alone = 0;
	private burstSince = 0;
	private idle: (() => void) | null = null;

	/**
	 * @param beforeEach throws when the file must not be written any more
	 * @param afterGroup called once a group's jobs have been told, with the topics of those that were committed
	 */
	constructor(
		private readonly sql: Sql,
		private readonly file: string,
		private readonly beforeEach: () => void,
		private readonly afterGroup: (topics: ReadonlySet<string>) => void,
	) {}

	add(job: Job): void {
		this.waiting.push(job);
		if (this.timer !== null) return;
		this.burstSince = Date.now();
		// Messages that are already in the port are delivered before an immediate: that is what forms the group.
		this.timer = setImmediate(() => this.flush());
	}

	/** Forgets a job that has not begun. Its caller is gone, so it is told nothing. */
	cancel(id: number): void {
		this.waiting = this.waiting.filter((job) => job.id !== id);
	}

	/** Resolves when nothing waits any more. */
	async drained(): Promise<void> {
		if (this.waiting.length === 0) return;
		await new Promise<void>((resolve) => {
			this.idle = resolve;
		});
	}

	private flush(): void {
		this.timer = null;
		this.giveUpLate();
		const group = this.waiting.slice(0, this.alone > 0 ? 1 : MAX_JOBS);
		if (group.length === 0) return this.told(new Set());
		try {
			this.beforeEach();
			this.sql.execute('BEGIN IMMEDIATE');
		} catch (error) {
			if (isBusy(error)) return this.tryLater();
			return this.failAll(group, error);
		}
		this.retries = 0;
		this.alone = Math.max(0, this.alone - 1);
		try {
			const ended = this.runAll(group);
			this.sql.execute('COMMIT');
			this.tell(ended);
		} catch (error) {
			this.rollBack();
			this.afterRollback(group, error);
		}
	}

	/** The neighbours of a job that cost the transaction are undone, not failed: they run again without it. */
	private afterRollback(group: readonly Job[], error: unknown): void {
		if (error instanceof TransactionLost) return this.failAll([error.job], error.cause);
		if (group.length === 1) return this.failAll(group, error);
		// The commit itself failed, so nobody knows whose fault it was: a full disk may still have room for the small ones.
		this.alone = group.length;
		this.told(new Set());
	}

	private runAll(group: readonly Job[]): Ended[] {
		const until = Date.now() + MAX_HOLD_MS;
		const ended: Ended[] = [];
		for (const job of group) {
			ended.push(this.runOne(job));
			if (Date.now() >= until) break;
		}
		return ended;
	}

	private runOne(job: Job): Ended {
		const topics: string[] = [];
		this.sql.execute('SAVEPOINT job');
		try {
			const value = job.run((topic) => topics.push(topic));
			this.sql.execute('RELEASE job');
			return { job, ok: true, value, topics };
		} catch (error) {
			try {
				this.sql.execute('ROLLBACK TO job; RELEASE job');
			} catch {
				// A full disk or an I/O error can end the transaction, and the savepoint with it.
				throw new TransactionLost(job, error);
			}
			return { job, ok: false, error };
		}
	}

	private tell(ended: readonly Ended[]): void {
		const finished = new Set(ended.map(({ job }) => job));
		this.waiting = this.waiting.filter((job) => !finished.has(job));
		const topics = new Set<string>();
		for (const result of ended) {
			if (!result.ok) {
				result.job.failed(result.error);
				continue;
			}
			result.job.done(result.value);
			for (const topic of result.topics) topics.add(topic);
		}
		this.told(topics);
	}

	private failAll(jobs: readonly Job[], error: unknown): void {
		this.tell(jobs.map((job) => ({ job, ok: false, error })));
	}

	private told(topics: ReadonlySet<string>): void {
		this.afterGroup(topics);
		if (this.waiting.length === 0) return this.idle?.();
		if (this.timer !== null) return;
		if (Date.now() - this.burstSince < BURST_MS) {
			this.timer = setImmediate(() => this.flush());
			return;
		}
		this.timer = setTimeout(() => {
			this.burstSince = Date.now();
			this.flush();
		}, BREATH_MS);
	}

	private giveUpLate(): void {
		const now = Date.now();
		const late = this.waiting.filter((job) => job.deadline <= now);
		if (late.length === 0) return;
		this.waiting = this.waiting.filter((job) => job.deadline > now);
		for (const job of late) job.failed(lockedTooLong(this.file));
		this.afterGroup(new Set());
	}

	private tryLater(): void {
		this.retries += 1;
		// Jitter, or two processes that collide once would collide for ever.
		const delay = Math.min(RETRY_MIN_MS * 2 ** this.retries, RETRY_MAX_MS) * (0.5 + Math.random() / 2);
		this.timer = setTimeout(() => this.flush(), delay);
	}

	private rollBack(): void {
		try {
			this.sql.execute('ROLLBACK');
		} catch {
			// There is no transaction left: the error that brought us here has ended it.
		}
	}
}

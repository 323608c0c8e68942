/**
 * Group commit: appends that arrive while others are on their way to the disk travel together in the next transaction.
 *
 * All appends take the head of the log and keep it until their commit is on the disk, so one by one they would be as slow
 * as the disk, however many wait. A lonely append is not delayed.
 */
import type { CallOptions } from '../../broker/types';
import type { Clock } from '../../kernel/clock';
import { isEventBusError } from '../../kernel/errors';
import { runStepsAsync, type Steps } from '../sql/steps';
import { inTime, type Link, type Session } from './link';
import { executeOn, inTransaction } from './transaction';

/** Bounds on one transaction, so that other processes do not wait long for the head. */
const MAX_APPENDS = 64;
const MAX_EVENTS = 2000;

const DOING = 'appending';

interface Append {
	readonly events: number;
	/** Nobody waits for its answer after that, milliseconds since the epoch. */
	readonly until: number;
	/** Resolves with what tells the caller how it went, for after the commit. */
	carryOut(session: Session): Promise<() => void>;
	fail(error: unknown): void;
}

export class AppendQueue {
	private waiting: Append[] = [];
	private isBusy = false;

	constructor(
		private readonly link: Link,
		private readonly clock: Clock,
		private readonly atCommit: string,
	) {}

	/**
	 * @param steps of an append; made again for each try
	 * @param events how many
	 * @throws EventBusError as `inTransaction`
	 */
	async add<T>(steps: () => Steps<T>, events: number, options: CallOptions): Promise<T> {
		options.signal.throwIfAborted();
		const { promise, resolve, reject } = Promise.withResolvers<T>();
		const append: Append = {
			events,
			until: Date.now() + options.timeoutMs,
			carryOut: async (session) => {
				try {
					const result = await runStepsAsync(steps(), executeOn(session));
					return () => resolve(result);
				} catch (error) {
					// It has written nothing, so the others of its group go on.
					if (isEventBusError(error) && error.code === 'version-conflict') return () => reject(error);
					throw error;
				}
			},
			fail: reject,
		};
		this.waiting.push(append);
		void this.workOff();
		try {
			return await inTime(promise, options, DOING);
		} finally {
			// Whoever gave up before it began is not written for.
			this.waiting = this.waiting.filter((one) => one !== append);
		}
	}

	private async workOff(): Promise<void> {
		if (this.isBusy) return;
		this.isBusy = true;
		while (this.waiting.length > 0) await this.store(this.nextGroup());
		this.isBusy = false;
	}

	private nextGroup(): readonly Append[] {
		let events = 0;
		const tooMany = this.waiting.findIndex((append, index) => {
			events += append.events;
			return index > 0 && (events > MAX_EVENTS || index >= MAX_APPENDS);
		});
		return this.waiting.splice(0, tooMany < 0 ? this.waiting.length : tooMany);
	}

	/** Never rejects. */
	private async store(group: readonly Append[]): Promise<void> {
		try {
			for (const tell of await this.commit(group)) tell();
		} catch (error) {
			if (group.length > 1 && isOfOne(error)) {
				// Nobody knows of which, and nothing of the group was written.
				for (const append of group) await this.store([append]);
				return;
			}
			for (const append of group) append.fail(error);
		}
	}

	private async commit(group: readonly Append[]): Promise<readonly (() => void)[]> {
		const work = async (session: Session) => {
			const tells: (() => void)[] = [];
			for (const append of group) tells.push(await append.carryOut(session));
			return tells;
		};
		const timeoutMs = Math.max(1, ...group.map(({ until }) => until - Date.now()));
		const call = { signal: new AbortController().signal, timeoutMs };
		return await inTransaction(this.link, { name: DOING, work, atCommit: this.atCommit }, this.clock, call);
	}
}

/** Whether the others of a group may succeed where this stopped all of them. */
function isOfOne(error: unknown): boolean {
	return !isEventBusError(error) || (error.code !== 'unreachable' && error.code !== 'timeout');
}

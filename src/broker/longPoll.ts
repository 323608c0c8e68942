/**
 * Asking a server again and again for messages, on which it waits: for adapters of brokers that are polled.
 *
 * A request on which the server waits is not cut off at the end: it may hand something over at that moment, which
 * nobody would see until its lease ends. It is left to end by itself, and what it still brings is given back at once.
 */
import { backoffDelay, type Backoff } from '../kernel/backoff';
import type { Clock } from '../kernel/clock';
import { type EventBusError, isEventBusError, messageOf } from '../kernel/errors';
import type { Logger } from '../kernel/logger';

const AGAIN: Backoff = { initialMs: 200, factor: 2, maxMs: 5000, jitter: 0.2 };
/** A server that stays away for longer is an outage that whoever reads should know of, milliseconds. */
const OUTAGE_MS = 30_000;

/** `M`: a message as the client of the broker gives it. */
export interface LongPollOptions<M> {
	readonly clock: Clock;
	readonly logger: Logger;
	/** Aborts when nothing is wanted any more. */
	readonly over: AbortSignal;
	/** Resolves when there is room; false when it is over. */
	untilRoom(): Promise<boolean>;
	/** One request. Never rejects. */
	ask(): Promise<readonly M[] | EventBusError>;
	/** At least one. */
	take(messages: readonly M[]): Promise<void> | void;
	/** What came too late. */
	readonly giveBack: (messages: readonly M[]) => Promise<void>;
	/** The link stays open until this has ended. */
	keepOpenFor(work: Promise<void>): void;
}

export class LongPoll<M> {
	/** Resolves when no request is under way and what came too late is given back. */
	idle: Promise<void> = Promise.resolve();
	private failingSince: number | null = null;
	private failures = 0;

	constructor(private readonly options: LongPollOptions<M>) {}

	/** Until it is over. @throws EventBusError when waiting does not help */
	async read(): Promise<void> {
		const { over, clock, logger } = this.options;
		while (await this.options.untilRoom()) {
			const messages = await this.unlessOver(this.options.ask());
			if (messages === null) return;
			if (!isEventBusError(messages)) {
				this.failingSince = null;
				this.failures = 0;
				if (messages.length > 0) await this.options.take(messages);
				continue;
			}
			this.failures += 1;
			this.failingSince ??= clock.now();
			if (!messages.retryable || clock.now() - this.failingSince > OUTAGE_MS) throw messages;
			logger.debug(`Receiving is tried again: ${messages.message}`);
			await clock.sleep(backoffDelay(AGAIN, this.failures, Math.random()), over).catch(() => undefined);
		}
	}

	/** null: it is over, and what is asked for is given back when it comes. */
	private async unlessOver(
		asking: Promise<readonly M[] | EventBusError>,
	): Promise<readonly M[] | EventBusError | null> {
		const { over, giveBack, logger } = this.options;
		const ended = Promise.withResolvers<null>();
		const end = () => ended.resolve(null);
		if (over.aborted) end();
		else over.addEventListener('abort', end, { once: true });
		try {
			const first = await Promise.race([asking, ended.promise]);
			if (first !== null) return first;
		} finally {
			over.removeEventListener('abort', end);
		}
		this.idle = asking
			.then(async (messages) => {
				if (!isEventBusError(messages) && messages.length > 0) await giveBack(messages);
			})
			.catch((error: unknown) => logger.debug(`What came too late comes again later: ${messageOf(error)}`));
		this.options.keepOpenFor(this.idle);
		return null;
	}
}

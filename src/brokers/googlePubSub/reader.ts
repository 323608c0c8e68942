/**
 * Asks a subscription for messages, never for more than there is room for.
 *
 * A request on which Google waits is not cut off at the end: it may hand something over at that moment, which nobody
 * would see until its deadline. It is left to end by itself, and what it still brings is given back at once.
 */
import type { protos } from '@google-cloud/pubsub';
import { backoffDelay, type Backoff } from '../../kernel/backoff';
import type { Clock } from '../../kernel/clock';
import { EventBusError, isEventBusError, messageOf, toEventBusError } from '../../kernel/errors';
import type { Logger } from '../../kernel/logger';
import type { PubSubLink } from './client';
import { isLate } from './errors';
import { bareId } from './names';

export type Received = protos.google.pubsub.v1.IReceivedMessage;

/** How long Google may wait for messages, milliseconds. Then it is asked again, or looked whether it is still there. */
const POLL_MS = 10_000;
const CHECK_MS = 5000;
/** Of Pub/Sub, in one request. */
const MAX_MESSAGES = 1000;

const AGAIN: Backoff = { initialMs: 200, factor: 2, maxMs: 5000, jitter: 0.2 };
/** Google that stays away for longer is an outage that whoever reads should know of, milliseconds. */
const OUTAGE_MS = 30_000;

export interface ReaderOptions {
	readonly link: PubSubLink;
	/** Of the subscription. */
	readonly path: string;
	readonly clock: Clock;
	readonly logger: Logger;
	/** Aborts when nothing is wanted any more. */
	readonly over: AbortSignal;
	/** Resolves when there is room; false when it is over. */
	untilRoom(): Promise<boolean>;
	readonly room: () => number;
	/** Never rejects. */
	take(messages: readonly Received[]): Promise<void>;
	/** What came too late. */
	readonly giveBack: (messages: readonly Received[]) => Promise<void>;
}

export class Reader {
	/** Resolves when no request is under way and what came too late is given back. */
	idle: Promise<void> = Promise.resolve();
	private failingSince: number | null = null;
	private failures = 0;

	constructor(private readonly options: ReaderOptions) {}

	/** Until it is over. @throws EventBusError when waiting does not help */
	async read(): Promise<void> {
		const { over, clock, logger } = this.options;
		while (await this.options.untilRoom()) {
			const messages = await this.unlessOver(this.ask());
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
			logger.debug(`Pulling is tried again: ${messages.message}`);
			await clock.sleep(backoffDelay(AGAIN, this.failures, Math.random()), over).catch(() => undefined);
		}
	}

	/** Never rejects. */
	private async ask(): Promise<readonly Received[] | EventBusError> {
		const { link, path, room } = this.options;
		const startedAt = Date.now();
		const call = { signal: NEVER, timeoutMs: POLL_MS, doing: `reading ${bareId(path)}`, mayBeSilent: true } as const;
		try {
			const request = { subscription: path, maxMessages: Math.min(MAX_MESSAGES, Math.max(1, room())) };
			const [{ receivedMessages }] = await link.subscriber(
				call,
				async (client, gax) => await client.pull(request, gax),
			);
			return receivedMessages ?? [];
		} catch (error) {
			const known = toEventBusError(error, call.doing, 'unreachable');
			if (isLate(known.cause)) return link.hasHeardSince(startedAt) ? [] : await this.check();
			if (known.code !== 'not-found') return known;
			// A group that was removed can be joined again.
			return new EventBusError('closed', known.message, { cause: known, retryable: false });
		}
	}

	/** Whatever the server says, it is there. A link on which it says nothing is ended by the client. */
	private async check(): Promise<readonly Received[] | EventBusError> {
		const { link, path } = this.options;
		const call = { signal: NEVER, timeoutMs: CHECK_MS, doing: `looking whether Google is there` };
		try {
			await link.subscriber(call, async (client, gax) => await client.getSubscription({ subscription: path }, gax));
			return [];
		} catch (error) {
			const known = toEventBusError(error, call.doing, 'unreachable');
			return known.retryable ? known : [];
		}
	}

	/** null: it is over, and what is asked for is given back when it comes. */
	private async unlessOver(
		asking: Promise<readonly Received[] | EventBusError>,
	): Promise<readonly Received[] | EventBusError | null> {
		const { over, link, giveBack, logger } = this.options;
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
		link.keepOpenFor(this.idle);
		return null;
	}
}

const NEVER = new AbortController().signal;

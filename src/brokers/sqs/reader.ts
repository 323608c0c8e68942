/**
 * Asks a queue for messages, never for more than there is room for.
 *
 * A request on which the server waits is not cut off at the end: it may hand something over at that moment, which
 * nobody would see until its lease ends. It is left to end by itself, and what it still brings is given back at once.
 */
import type { Message } from '@aws-sdk/client-sqs';
import type { CallOptions } from '../../broker/types';
import { backoffDelay, type Backoff } from '../../kernel/backoff';
import type { Clock } from '../../kernel/clock';
import { EventBusError, isEventBusError, messageOf, toEventBusError } from '../../kernel/errors';
import type { Logger } from '../../kernel/logger';
import { MAX_ENTRIES } from './batches';
import type { AwsLink } from './client';
import type { Queue } from './queues';

const AGAIN: Backoff = { initialMs: 200, factor: 2, maxMs: 5000, jitter: 0.2 };
/** AWS that stays away for longer is an outage that whoever reads should know of, milliseconds. */
const OUTAGE_MS = 30_000;

export interface ReaderOptions {
	readonly link: AwsLink;
	readonly queue: Queue;
	readonly clock: Clock;
	readonly logger: Logger;
	readonly leaseSeconds: number;
	/** Aborts when nothing is wanted any more. */
	readonly over: AbortSignal;
	/** Resolves when there is room; false when it is over. */
	untilRoom(): Promise<boolean>;
	readonly room: () => number;
	take(messages: readonly Message[]): void;
	/** There is no such queue any more. */
	onMissing(): void;
	/** What came too late. */
	readonly giveBack: (messages: readonly Message[]) => Promise<void>;
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
			const asking = this.ask();
			const messages = await this.unlessOver(asking);
			if (messages === null) return;
			if (!isEventBusError(messages)) {
				this.failingSince = null;
				this.failures = 0;
				this.options.take(messages);
				continue;
			}
			this.failures += 1;
			this.failingSince ??= clock.now();
			if (!messages.retryable || clock.now() - this.failingSince > OUTAGE_MS) throw messages;
			logger.debug(`Receiving is tried again: ${messages.message}`);
			await clock.sleep(backoffDelay(AGAIN, this.failures, Math.random()), over).catch(() => undefined);
		}
	}

	/** Never rejects. */
	private async ask(): Promise<readonly Message[] | EventBusError> {
		const { link, queue, leaseSeconds, room } = this.options;
		const { waitSeconds } = link.settings;
		const call: CallOptions & { doing: string } = {
			signal: NEVER,
			timeoutMs: waitSeconds * 1000 + 10_000,
			doing: `receiving from ${queue.name}`,
		};
		try {
			const { Messages = [] } = await link.sqs(call, async (sqs, http) => {
				const request = {
					QueueUrl: queue.url,
					MaxNumberOfMessages: Math.min(MAX_ENTRIES, Math.max(1, room())),
					WaitTimeSeconds: waitSeconds,
					VisibilityTimeout: leaseSeconds,
					MessageAttributeNames: ['All'],
					MessageSystemAttributeNames: ['All' as const],
				};
				return await sqs.receiveMessage(request, http);
			});
			return Messages;
		} catch (error) {
			const known = toEventBusError(error, call.doing, 'unreachable');
			if (known.code !== 'not-found') return known;
			this.options.onMissing();
			// A group that was removed can be joined again.
			return new EventBusError('closed', known.message, { cause: known, retryable: false });
		}
	}

	/** null: it is over, and what is asked for is given back when it comes. */
	private async unlessOver(
		asking: Promise<readonly Message[] | EventBusError>,
	): Promise<readonly Message[] | EventBusError | null> {
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

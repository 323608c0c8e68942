/**
 * Looking through a queue without changing it: AMQP can only consume, so everything is taken, nothing acknowledged, and
 * closing the channel puts it back. In the same order only if everything was taken: what comes back a second time comes
 * back behind what came back before.
 *
 * One at a time, or the second would see what the first has left. Who is next decides a queue beside it with a single
 * active consumer: whoever gets a token from there has the turn. (Exclusive consumers are not enforced on quorum queues,
 * and a single active consumer of the queue itself would be let in before the messages are back.)
 */
import type { Channel, ConsumeMessage } from 'amqplib';
import type { CallOptions } from '../../broker/types';
import type { Clock } from '../../kernel/clock';
import { EventBusError } from '../../kernel/errors';
import { missingQueue } from './errors';
import { closed, type Link } from './link';
import { probeQueue } from './probe';
import type { Publisher } from './publisher';

/** AMQP counts what may be unacknowledged in 16 bits. */
export const MOST_SCANNED = 65_535;
/** Between two looks whether everything is back, and how often, milliseconds. A healthy server is done at once. */
const LOOK_EVERY_MS = 10;
const MOST_LOOKS = 200;

export interface ScanLimits {
	/** At most `MOST_SCANNED`. */
	readonly most: number;
	/** Which are of interest; absent: all. */
	readonly keep?: (message: ConsumeMessage) => boolean;
}

export interface Scanned {
	/** Those of interest, in the order of the queue. */
	readonly messages: readonly ConsumeMessage[];
	/** Whether the end was reached. */
	readonly complete: boolean;
	/** For good. Nobody else looks through the queue meanwhile. */
	remove(message: ConsumeMessage): void;
}

/** A queue and the one that says whose turn it is. */
export interface ScannedQueue {
	readonly queue: string;
	readonly turns: string;
}

export class Scanner {
	constructor(
		private readonly link: Link,
		private readonly publisher: Publisher,
		private readonly clock: Clock,
	) {}

	/**
	 * Has `work` look at what is in the queue, while nobody else does.
	 * @returns null when there is no such queue
	 * @throws EventBusError
	 */
	async scan<T>(
		{ queue, turns }: ScannedQueue,
		limits: ScanLimits,
		call: CallOptions,
		work: (scanned: Scanned) => Promise<T>,
	): Promise<T | null> {
		if (!(await this.putToken(turns, call))) {
			if (await probeQueue(this.link, queue, call)) throw missingQueue(turns);
			return null;
		}
		return await this.link.use(`waiting for a look at ${queue}`, call, async (channel) => {
			await turn(channel, turns);
			const result = await this.inTurn(queue, limits, call, work);
			await closed(channel);
			return result;
		});
	}

	private async inTurn<T>(
		queue: string,
		limits: ScanLimits,
		call: CallOptions,
		work: (scanned: Scanned) => Promise<T>,
	): Promise<T | null> {
		const ready = await this.readyIn(queue, call);
		if (ready === null) return null;
		let removed = 0;
		const result = await this.link.use(`looking through ${queue}`, call, async (channel) => {
			const count = Math.min(ready, limits.most);
			const messages = await collect(channel, queue, count, limits);
			const remove = (message: ConsumeMessage) => {
				channel.ack(message);
				removed += 1;
			};
			const found = await work({ messages, complete: count >= ready, remove });
			await closed(channel);
			return found;
		});
		await this.untilBack(queue, ready - removed, call);
		return result;
	}

	/** The server puts back what a channel held a moment after it has closed it. */
	private async untilBack(queue: string, count: number, call: CallOptions): Promise<void> {
		for (let look = 0; look < MOST_LOOKS; look += 1) {
			const ready = await this.readyIn(queue, call);
			if (ready === null || ready >= count) return;
			await this.clock.sleep(LOOK_EVERY_MS, call.signal);
		}
	}

	private async readyIn(queue: string, call: CallOptions): Promise<number | null> {
		const state = await probeQueue(this.link, queue, call);
		return state?.at === 'here' ? state.ready : null;
	}

	/** The queue for turns keeps one token at most, so that none are left over. */
	private async putToken(turns: string, call: CallOptions): Promise<boolean> {
		const token = { exchange: '', routingKey: turns, body: Buffer.alloc(0), properties: { deliveryMode: 2 } };
		return await this.publisher.publishSoon(token, call);
	}
}

/** Resolves when it is ours. It is over when the channel is closed. */
async function turn(channel: Channel, turns: string): Promise<void> {
	await take(channel, turns, 1, () => true);
}

async function collect(channel: Channel, queue: string, count: number, { keep }: ScanLimits) {
	const messages: ConsumeMessage[] = [];
	if (count === 0) return messages;
	let seen = 0;
	await take(channel, queue, count, (message) => {
		seen += 1;
		if (keep?.(message) ?? true) messages.push(message);
		return seen >= count;
	});
	return messages;
}

/** @param isLast told every message, until it says so */
async function take(
	channel: Channel,
	queue: string,
	most: number,
	isLast: (message: ConsumeMessage) => boolean,
): Promise<void> {
	const { promise, resolve, reject } = Promise.withResolvers<void>();
	channel.on('close', () => reject(new EventBusError('closed', `Looking through ${queue} was cut short`)));
	let isOver = false;
	await channel.prefetch(most);
	const consuming = channel.consume(queue, (message) => {
		if (isOver) return;
		if (message === null) reject(new EventBusError('closed', `The queue ${queue} was deleted`));
		else if (isLast(message)) {
			isOver = true;
			resolve();
		}
	});
	await Promise.all([consuming, promise]);
}

/**
 * Looking through a queue without changing it: AMQP can only consume, so everything is taken, nothing acknowledged, and
 * closing the channel puts it back where it was.
 *
 * The queue has a single active consumer, so those who look wait for each other, in turn. A marker that is put in
 * beforehand shows where the end is: counts of a queue are never exact while others publish.
 */
import { randomUUID } from 'node:crypto';
import type { Channel, ConsumeMessage } from 'amqplib';
import type { CallOptions } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';
import { closed, type Link } from './link';
import type { Publisher } from './publisher';

/** AMQP counts what may be unacknowledged in 16 bits. */
export const MOST_SCANNED = 65_535;

const MARKER = 'eb-marker';
const MARKER_AT = 'eb-marker-at';
/** Whoever left it has given up by now, milliseconds. */
const MARKER_MS = 60_000;

export interface ScanLimits {
	/** At most `MOST_SCANNED`. */
	readonly most: number;
	/** Ends the scan early, after this message. */
	readonly enough?: (message: ConsumeMessage) => boolean;
}

export interface Scanned {
	/** In order, markers left out. */
	readonly messages: readonly ConsumeMessage[];
	/** Whether the end was reached. */
	readonly complete: boolean;
	/** For good. Nobody else sees the queue meanwhile. */
	remove(message: ConsumeMessage): void;
}

export class Scanner {
	constructor(
		private readonly link: Link,
		private readonly publisher: Publisher,
	) {}

	/**
	 * Has `work` look at what is in the queue, while nobody else does.
	 * @returns null when there is no such queue
	 * @throws EventBusError
	 */
	async scan<T>(
		queue: string,
		limits: ScanLimits,
		call: CallOptions,
		work: (scanned: Scanned) => Promise<T>,
	): Promise<T | null> {
		const mark = randomUUID();
		if (!(await this.putMarker(queue, mark, call))) return null;
		return await this.link.use(`looking through ${queue}`, call, async (channel) => {
			const found = await collect(channel, queue, mark, limits);
			const result = await work({ ...found, remove: (message) => channel.ack(message) });
			await closed(channel);
			return result;
		});
	}

	private async putMarker(queue: string, mark: string, call: CallOptions): Promise<boolean> {
		const properties = {
			messageId: mark,
			headers: { [MARKER]: mark, [MARKER_AT]: String(Date.now()) },
			expiration: String(MARKER_MS),
		};
		const marker = { exchange: '', routingKey: queue, body: Buffer.alloc(0), properties };
		const [put] = await this.publisher.publish([marker], call);
		if (put?.ok) return put.routed;
		throw put?.error ?? new EventBusError('bug', 'A marker has no outcome');
	}
}

async function collect(channel: Channel, queue: string, mark: string, { most, enough }: ScanLimits) {
	const messages: ConsumeMessage[] = [];
	const { promise: complete, resolve, reject } = Promise.withResolvers<boolean>();
	channel.on('close', () => reject(new EventBusError('closed', `Looking through ${queue} was cut short`)));
	await channel.prefetch(most);
	let taken = 0;
	let isOver = false;
	const take = (message: ConsumeMessage | null): void => {
		if (isOver) return;
		if (message === null) {
			reject(new EventBusError('closed', `The queue ${queue} was deleted`));
			return;
		}
		taken += 1;
		const found: unknown = message.properties.headers?.[MARKER];
		if (found === undefined) messages.push(message);
		else if (found === mark || isLeftOver(message)) channel.ack(message);
		isOver = found === mark || taken >= most || (found === undefined && enough?.(message) === true);
		if (isOver) resolve(found === mark);
	};
	await channel.consume(queue, take);
	return { messages, complete: await complete };
}

function isLeftOver({ properties }: ConsumeMessage): boolean {
	const at: unknown = properties.headers?.[MARKER_AT];
	return Date.now() - Number(at) > MARKER_MS;
}

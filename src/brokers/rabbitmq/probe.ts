/**
 * Whether something exists, asked passively: that needs no right, and makes nothing.
 */
import type { CallOptions } from '../../broker/types';
import { REPLY, replyCode } from './errors';
import type { Link } from './link';

export type QueueState =
	| { readonly at: 'here'; readonly ready: number; readonly consumers: number }
	/** It belongs to another connection, which nobody else may ask. */
	| { readonly at: 'elsewhere' };

/** @returns null when there is none. @throws EventBusError */
export async function probeQueue(link: Link, queue: string, call: CallOptions): Promise<QueueState | null> {
	return await link.use(`looking for the queue ${queue}`, call, async (channel) => {
		try {
			const { messageCount, consumerCount } = await channel.checkQueue(queue);
			return { at: 'here', ready: messageCount, consumers: consumerCount };
		} catch (error) {
			if (replyCode(error) === REPLY.resourceLocked) return { at: 'elsewhere' };
			if (isMissing(error)) return null;
			throw error;
		}
	});
}

/** @throws EventBusError */
export async function exchangeExists(link: Link, exchange: string, call: CallOptions): Promise<boolean> {
	return await link.use(`looking for the exchange ${exchange}`, call, async (channel) => {
		try {
			await channel.checkExchange(exchange);
			return true;
		} catch (error) {
			if (isMissing(error)) return false;
			throw error;
		}
	});
}

/** Not: its node is away. */
function isMissing(error: unknown): boolean {
	return replyCode(error) === REPLY.notFound && /no (queue|exchange)/.test(String(error));
}

/** A connection has some 2,000 channels, and each question takes one. */
const AT_ONCE = 100;

/** As `Promise.all`, a limited number at a time. */
export async function askAll<I, T>(items: readonly I[], ask: (item: I) => Promise<T>): Promise<readonly T[]> {
	const answers: T[] = [];
	for (let start = 0; start < items.length; start += AT_ONCE) {
		answers.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(ask))));
	}
	return answers;
}

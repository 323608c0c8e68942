/**
 * Request and reply: one ephemeral reply subscription a connection and channel, ready before the first request is sent.
 *
 * Every process reads the channel's replies with a group of its own and picks those caused by a request of its own.
 */
import { randomUUID } from 'node:crypto';
import { noOutcome } from '../broker/noOutcome';
import type { BrokerConnection, Subscription } from '../broker/types';
import { decodeMessage } from '../event/codec';
import type { EventEnvelope } from '../event/envelope';
import { EventBusError, toEventBusError } from '../kernel/errors';
import { publishEvents, type PublishEventsOptions } from './publish';

export interface RequestOptions extends PublishEventsOptions {
	/** How long to wait for the reply, milliseconds. */
	readonly replyTimeoutMs: number;
}

/** Replies nobody waits for any more are of no use. */
const REPLY_RETENTION_MS = 5 * 60_000;
const REPLIES_AT_ONCE = 100;
const LEASE_MS = 30_000;

/** Where the replies to requests on a channel go. */
export function replyChannelOf(channel: string): string {
	return `${channel}.replies`;
}

/**
 * Publishes `request` and waits for the event it causes on the reply channel. `request.metadata.reply_to` must name
 * `replyChannelOf(channel)`.
 *
 * @throws EventBusError `timeout` when no reply came in time, `unsupported`, or whatever publishing says
 */
export async function requestReply(
	connection: BrokerConnection,
	channel: string,
	request: EventEnvelope,
	options: RequestOptions,
): Promise<EventEnvelope> {
	const listener = await listenerOf(connection, replyChannelOf(channel), options);
	const reply = listener.waitFor(request.event_id, options.replyTimeoutMs, options.signal);
	try {
		const [outcome = noOutcome()] = await publishEvents(connection, { kind: 'channel', channel }, [request], options);
		if (!outcome.ok) throw outcome.error;
	} catch (error) {
		listener.forget(request.event_id);
		reply.catch(() => undefined);
		throw error;
	}
	return await reply;
}

const listeners = new WeakMap<BrokerConnection, Map<string, Promise<ReplyListener>>>();

async function listenerOf(
	connection: BrokerConnection,
	channel: string,
	options: RequestOptions,
): Promise<ReplyListener> {
	const ofConnection = listeners.get(connection) ?? new Map<string, Promise<ReplyListener>>();
	listeners.set(connection, ofConnection);
	const known = ofConnection.get(channel);
	if (known) return await known;
	const opening = ReplyListener.open(connection, channel, options, () => ofConnection.delete(channel));
	ofConnection.set(channel, opening);
	opening.catch(() => ofConnection.delete(channel));
	return await opening;
}

interface Waiting {
	readonly resolve: (reply: EventEnvelope) => void;
	readonly reject: (error: EventBusError) => void;
	readonly timer: NodeJS.Timeout;
}

class ReplyListener {
	private readonly waiting = new Map<string, Waiting>();

	private constructor(
		private readonly subscription: Subscription,
		private readonly channel: string,
	) {}

	static async open(
		connection: BrokerConnection,
		channel: string,
		options: RequestOptions,
		onEnd: () => void,
	): Promise<ReplyListener> {
		const instance = randomUUID();
		const subscription = await connection.subscribe({
			from: { kind: 'channel', channel },
			types: ['#'],
			group: `replies-${instance}`,
			consumer: instance,
			lifetime: 'ephemeral',
			start: { at: 'latest' },
			maxInFlight: REPLIES_AT_ONCE,
			batch: { size: REPLIES_AT_ONCE, waitMs: 0 },
			ordered: false,
			leaseMs: LEASE_MS,
			retentionMs: REPLY_RETENTION_MS,
			provision: options.provision,
			signal: connection.lost,
		});
		const listener = new ReplyListener(subscription, channel);
		void listener.listen().finally(onEnd);
		return listener;
	}

	waitFor(requestId: string, timeoutMs: number, signal: AbortSignal): Promise<EventEnvelope> {
		return new Promise<EventEnvelope>((resolve, reject) => {
			const fail = (error: EventBusError) => {
				this.forget(requestId);
				reject(error);
			};
			const timer = setTimeout(() => {
				fail(
					new EventBusError('timeout', `No reply came within ${timeoutMs} ms`, {
						hint: 'Check that a workflow answers this event type with the operation Reply, and that it is active',
					}),
				);
			}, timeoutMs);
			signal.addEventListener('abort', () => fail(toEventBusError(signal.reason, 'waiting for a reply', 'closed')), {
				once: true,
			});
			this.waiting.set(requestId, { resolve, reject: fail, timer });
		});
	}

	forget(requestId: string): void {
		const waiting = this.waiting.get(requestId);
		if (waiting) clearTimeout(waiting.timer);
		this.waiting.delete(requestId);
	}

	private async listen(): Promise<void> {
		let reason = new EventBusError('closed', 'The connection was closed while a reply was awaited');
		try {
			for await (const deliveries of this.subscription.batches()) {
				for (const { message, cursor } of deliveries) {
					const origin = { broker: '', channel: this.channel, cursor, receivedAt: Date.now() };
					const decoded = decodeMessage(message, origin);
					if (decoded.ok) this.answer(decoded.event);
				}
				const settlements = deliveries.map((delivery) => ({ delivery, as: 'ack' }) as const);
				const signal = AbortSignal.timeout(LEASE_MS);
				await this.subscription.settle(settlements, { signal, timeoutMs: LEASE_MS });
			}
		} catch (error) {
			reason = toEventBusError(error, 'waiting for replies', 'unreachable');
		}
		for (const { reject } of [...this.waiting.values()]) reject(reason);
		// Ephemeral: what closing cannot clean up, the broker does.
		await Promise.resolve(this.subscription[Symbol.asyncDispose]()).catch(() => undefined);
	}

	private answer(reply: EventEnvelope): void {
		const requestId = reply.metadata.causation_id;
		const waiting = requestId === undefined ? undefined : this.waiting.get(requestId);
		if (requestId === undefined || !waiting) return;
		this.forget(requestId);
		waiting.resolve(reply);
	}
}

/**
 * Publishing over a connection of its own, so that an alarm that stops publishers does not stop acknowledgements.
 *
 * Confirms are pipelined. A message that no queue took is returned before its confirm, and told apart by that.
 */
import type { ConfirmChannel, Message, Options } from 'amqplib';
import type { CallOptions, Outcome } from '../../broker/types';
import { EventBusError, isEventBusError, messageOf } from '../../kernel/errors';
import { rabbitmqError } from './errors';
import { closed, type Link } from './link';

export interface Publication {
	readonly exchange: string;
	readonly routingKey: string;
	readonly body: Buffer;
	readonly properties: Options.Publish;
}

/** Whether a queue took it. */
export type Published = Outcome<{ readonly routed: boolean }>;

interface Pending {
	readonly label: string;
	isReturned: boolean;
	settle(outcome: Published): void;
}

/** A channel and what it waits for. */
interface Lane {
	readonly channel: ConfirmChannel;
	readonly pending: Set<Pending>;
	/** Why the server closed it. */
	failure: unknown;
}

const DOING = 'publishing';

/** A healthy server confirms within milliseconds. */
const SOON_MS = 5000;

/** What the client throws for what has no room in a frame or a short string. */
const UNFIT: ReadonlySet<unknown> = new Set(['RangeError', 'TypeError']);

export class Publisher {
	private lane: Promise<Lane> | null = null;

	/** @param link opened when it is needed first */
	constructor(private readonly link: () => Promise<Link>) {}

	/** One outcome a message, same order. Waits through an alarm, within the time of the call. @throws EventBusError */
	async publish(publications: readonly Publication[], call: CallOptions): Promise<readonly Published[]> {
		const until = Date.now() + call.timeoutMs;
		const link = await this.link();
		await this.untilAccepted(link, call);
		const lane = await link.within(DOING, call, async () => await (this.lane ??= this.open(link)));
		const waiting = publications.map((one) => this.send(lane, one));
		const late = Promise.withResolvers<void>();
		const giveUp = () => late.resolve();
		const timer = setTimeout(giveUp, Math.max(1, until - Date.now()));
		call.signal.addEventListener('abort', giveUp, { once: true });
		try {
			const outcomes = waiting.map(async ({ outcome }) => {
				return (await Promise.race([outcome, late.promise])) ?? { ok: false as const, error: unconfirmed(link) };
			});
			return await Promise.all(outcomes);
		} finally {
			clearTimeout(timer);
			call.signal.removeEventListener('abort', giveUp);
		}
	}

	/** For what a call cannot go on without: an alarm ends it early, so that it can go another way. @throws EventBusError */
	async publishSoon(publication: Publication, call: CallOptions): Promise<boolean> {
		const timeoutMs = Math.min(call.timeoutMs, SOON_MS);
		const [outcome] = await this.publish([publication], { ...call, timeoutMs });
		if (outcome?.ok) return outcome.routed;
		throw outcome?.error ?? new EventBusError('bug', 'A message has no outcome');
	}

	private async untilAccepted(link: Link, call: CallOptions): Promise<void> {
		const reason = link.blocked;
		if (reason === null) return;
		try {
			await link.within(DOING, call, async () => await link.untilUnblocked());
		} catch (error) {
			throw isEventBusError(error) && error.code === 'timeout' ? alarm(reason) : error;
		}
	}

	private send(lane: Lane, { exchange, routingKey, body, properties }: Publication): { outcome: Promise<Published> } {
		const { promise: outcome, resolve } = Promise.withResolvers<Published>();
		const pending: Pending = {
			label: labelOf(exchange, routingKey, properties.messageId),
			isReturned: false,
			settle: (result) => {
				lane.pending.delete(pending);
				resolve(result);
			},
		};
		lane.pending.add(pending);
		try {
			lane.channel.publish(exchange, routingKey, body, { ...properties, mandatory: true }, (refused: unknown) => {
				if (refused === null) pending.settle({ ok: true, routed: !pending.isReturned });
				else pending.settle({ ok: false, error: this.refusal(lane, refused, exchange) });
			});
		} catch (error) {
			// The client could not write it: too many headers, a key that is too long, or the channel is gone.
			pending.settle({ ok: false, error: unwritable(error) });
		}
		return { outcome };
	}

	private async open(link: Link): Promise<Lane> {
		try {
			const channel = await link.confirmChannel();
			const lane: Lane = { channel, pending: new Set(), failure: null };
			channel.on('return', (message) => markReturned(lane, message));
			channel.on('error', (error) => (lane.failure = error));
			channel.on('close', () => {
				this.lane = null;
				const error = rabbitmqError(lane.failure ?? new Error('channel closed'), DOING);
				for (const pending of lane.pending) pending.settle({ ok: false, error });
			});
			return lane;
		} catch (error) {
			this.lane = null;
			throw error;
		}
	}

	/** The server closes a channel for one message; the others on it are only unlucky. */
	private refusal({ failure }: Lane, refused: unknown, exchange: string): EventBusError {
		if (failure === null) return unreachable('RabbitMQ refused to store the message', refused);
		const error = rabbitmqError(failure, DOING);
		const isMissing = error.code === 'not-found' && !error.message.includes(`'${exchange}'`);
		return isMissing ? unreachable('The channel ended because of another message', failure) : error;
	}

	async close(): Promise<void> {
		const lane = await this.lane?.catch(() => null);
		if (lane) await closed(lane.channel);
	}
}

/** Of two that look alike it does not matter which: one was stored and one was not. */
function markReturned(lane: Lane, { fields, properties }: Message): void {
	const messageId: unknown = properties.messageId;
	const label = labelOf(fields.exchange, fields.routingKey, typeof messageId === 'string' ? messageId : undefined);
	for (const pending of lane.pending) {
		if (pending.isReturned || pending.label !== label) continue;
		pending.isReturned = true;
		return;
	}
}

function labelOf(exchange: string, routingKey: string, messageId: string | undefined): string {
	return JSON.stringify([exchange, routingKey, messageId ?? null]);
}

function unconfirmed({ blocked }: Link): EventBusError {
	return blocked === null
		? new EventBusError('timeout', 'RabbitMQ did not confirm the message in time; it may be stored all the same')
		: alarm(blocked);
}

function alarm(reason: string): EventBusError {
	return new EventBusError('storage', `RabbitMQ takes no messages at the moment: ${reason}`, {
		hint: 'Free memory or disk space on the server; it takes messages again by itself',
		retryable: true,
	});
}

function unreachable(message: string, cause: unknown): EventBusError {
	return new EventBusError('unreachable', message, { cause });
}

function unwritable(cause: unknown): EventBusError {
	// By name: in a sandbox, errors of Node's own are of other classes.
	if (typeof cause === 'object' && cause !== null && 'name' in cause && UNFIT.has(cause.name)) {
		return new EventBusError('too-large', `The headers of the message do not fit: ${messageOf(cause)}`, {
			cause,
			hint: 'RabbitMQ takes 64 KB of headers: put large content into the payload',
		});
	}
	return rabbitmqError(cause, DOING);
}

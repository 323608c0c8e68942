/**
 * One producer a topic, opened when it is needed first and closed when it was idle for a while. Sends are pipelined;
 * each is told apart by its context.
 */
import { tooLargeMessage } from '../../broker/messageSize';
import type { CallOptions, Outcome, WireMessage } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';
import { sendError } from './errors';
import { cursorOf, readMessageId } from './messageId';
import { fullName, pathOf, type Topic } from './names';
import { asNumber, asObject, asText, parseJson } from './replies';
import { DEFAULT_FRAME_BYTES, type PulsarSettings } from './settings';
import { Socket, type SocketSettings } from './socket';
import { toFrame } from './wire';

export type Sent = Outcome<{ readonly cursor: string | null }>;

export interface Sending {
	readonly message: WireMessage;
	/** Milliseconds. */
	readonly delayMs?: number;
}

interface Pending {
	/** Of the frame, bytes. */
	readonly bytes: number;
	readonly settle: (outcome: Sent) => void;
}

interface Producer {
	readonly socket: Socket;
	/** By context. */
	readonly pending: Map<string, Pending>;
	lastUsedAt: number;
}

/** An unused producer keeps a topic alive on the server, which would make it again once it is removed. */
const IDLE_MS = 30_000;
/** A server that has not stored it by then says so, milliseconds. */
const SEND_MS = 10_000;

export class Producers {
	private readonly open = new Map<string, Promise<Producer>>();
	private readonly sweeping: NodeJS.Timeout;
	private sent = 0;

	constructor(private readonly settings: SocketSettings & Pick<PulsarSettings, 'maxFrameBytes'>) {
		this.sweeping = setInterval(() => void this.closeIdle(), IDLE_MS / 3);
		this.sweeping.unref();
	}

	/** Whether the topic is known to be there. */
	has(topic: Topic): boolean {
		return this.open.has(fullName(topic));
	}

	/** One outcome a sending, same order. @throws EventBusError when nothing was attempted */
	async send(topic: Topic, sendings: readonly Sending[], options: CallOptions): Promise<readonly Sent[]> {
		const doing = `publishing to ${fullName(topic)}`;
		const startedAt = Date.now();
		const producer = await this.producer(topic, { ...options, doing });
		producer.lastUsedAt = Date.now();
		const late = Promise.withResolvers<undefined>();
		const giveUp = () => late.resolve(undefined);
		const timer = setTimeout(giveUp, Math.max(1, options.timeoutMs - (Date.now() - startedAt)));
		options.signal.addEventListener('abort', giveUp, { once: true });
		try {
			const waiting = sendings.map(async (sending) => await this.sendOne(producer, sending));
			const outcomes = waiting.map(async (one) => {
				return (await Promise.race([one, late.promise])) ?? { ok: false as const, error: unconfirmed(doing) };
			});
			return await Promise.all(outcomes);
		} finally {
			clearTimeout(timer);
			options.signal.removeEventListener('abort', giveUp);
		}
	}

	/** Before a topic is removed. */
	async closeOf(topic: Topic): Promise<void> {
		const opening = this.open.get(fullName(topic));
		this.open.delete(fullName(topic));
		await closed(opening);
	}

	async close(): Promise<void> {
		clearInterval(this.sweeping);
		const all = [...this.open.values()];
		this.open.clear();
		await Promise.all(all.map(closed));
	}

	private async sendOne({ socket, pending }: Producer, { message, delayMs = 0 }: Sending): Promise<Sent> {
		this.sent += 1;
		const context = String(this.sent);
		const frame = toFrame(message, { context, delayMs, now: Date.now() });
		const { maxFrameBytes } = this.settings;
		const bytes = Buffer.byteLength(frame);
		// The service ends the connection of everybody who sends more.
		if (bytes > maxFrameBytes) return { ok: false, error: tooLarge(message, maxFrameBytes) };
		const { promise, resolve } = Promise.withResolvers<Sent>();
		const settle = (outcome: Sent) => {
			pending.delete(context);
			resolve(outcome);
		};
		pending.set(context, { bytes, settle });
		try {
			socket.send(frame);
		} catch {
			settle({ ok: false, error: notStored(socket, bytes) });
		}
		return await promise;
	}

	private async producer(topic: Topic, call: CallOptions & { readonly doing: string }): Promise<Producer> {
		const name = fullName(topic);
		const known = this.open.get(name);
		if (known) return await known;
		const opening = this.openOne(topic, call);
		this.open.set(name, opening);
		const forget = () => {
			if (this.open.get(name) === opening) this.open.delete(name);
		};
		try {
			const producer = await opening;
			producer.socket.lost.addEventListener('abort', forget, { once: true });
			if (producer.socket.lost.aborted) forget();
			return producer;
		} catch (error) {
			forget();
			throw error;
		}
	}

	private async openOne(topic: Topic, call: CallOptions & { readonly doing: string }): Promise<Producer> {
		const pending: Producer['pending'] = new Map();
		const path = `producer/${pathOf(topic)}?sendTimeoutMillis=${SEND_MS}`;
		const socket = await Socket.open(this.settings, path, (text) => settle(pending, text, call.doing), call);
		socket.lost.addEventListener('abort', () => failAll(pending, socket), { once: true });
		return { socket, pending, lastUsedAt: Date.now() };
	}

	private async closeIdle(): Promise<void> {
		const before = Date.now() - IDLE_MS;
		for (const [name, opening] of this.open) {
			const producer = await opening.catch(() => null);
			if (!producer || producer.pending.size > 0 || producer.lastUsedAt > before) continue;
			if (this.open.get(name) === opening) this.open.delete(name);
			void producer.socket.close();
		}
	}
}

function settle(pending: Producer['pending'], text: string, doing: string): void {
	const { result, messageId, context, errorMsg, errorCode } = asObject(parseJson(text));
	const answered = pending.get(asText(context));
	if (result === 'ok') {
		const id = readMessageId(asText(messageId));
		answered?.settle({ ok: true, cursor: id && cursorOf(id) });
		return;
	}
	const reason = asText(errorMsg) === '' ? `code ${asNumber(errorCode)}` : asText(errorMsg);
	answered?.settle({ ok: false, error: sendError(reason, doing) });
}

async function closed(opening: Promise<Producer> | undefined): Promise<void> {
	const producer = await opening?.catch(() => null);
	await producer?.socket.close();
}

/** A frame that is too large ends the connection: that is the fault of the largest, and the others are only unlucky. */
function failAll(pending: Producer['pending'], socket: Socket): void {
	const reason = socket.lost.reason as EventBusError;
	const largest = Math.max(...[...pending.values()].map(({ bytes }) => bytes));
	for (const { bytes, settle: answer } of [...pending.values()]) {
		const isToBlame = reason.code === 'too-large' && bytes === largest;
		answer({ ok: false, error: isToBlame ? reason : notStored(socket, bytes) });
	}
}

/** It can be sent again. The service may close on a large frame before it has said why. */
function notStored({ lost }: Socket, bytes: number): EventBusError {
	const { message } = lost.reason as EventBusError;
	const hint = bytes > DEFAULT_FRAME_BYTES ? { hint: LARGE_FRAME } : {};
	return new EventBusError('unreachable', message, { cause: lost.reason, ...hint });
}

const LARGE_FRAME =
	'If this goes on, the server takes smaller frames than Largest Frame in the credential says (webSocketMaxTextFrameSize)';

function tooLarge(message: WireMessage, maxFrameBytes: number): EventBusError {
	const { message: what } = tooLargeMessage(message, maxFrameBytes);
	return new EventBusError('too-large', `${what} as a frame of the WebSocket service, in base64 and with its headers`, {
		hint: 'Store large content elsewhere and publish a reference to it, or raise webSocketMaxTextFrameSize of the server, and Largest Frame in the credential',
	});
}

function unconfirmed(doing: string): EventBusError {
	return new EventBusError('timeout', `Pulsar did not confirm in time while ${doing}; it may be stored all the same`);
}

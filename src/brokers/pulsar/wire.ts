/**
 * A message as the WebSocket service carries it, JSON with the body in base64, and back.
 */
import { packHeaders, unpackMessage } from '../../broker/packedMessage';
import type { WireMessage } from '../../broker/types';
import { cursorOf, readMessageId, type MessageId } from './messageId';
import { asObject, asText, asTexts, parseJson } from './replies';

/** When a copy is to be handed out, milliseconds since the epoch: Pulsar may deliver a second early. */
const DUE = 'eb-due';

export interface Received {
	/** As the service wrote it: what settles it. */
	readonly token: string;
	readonly id: MessageId;
	readonly message: WireMessage;
	/** Milliseconds since the epoch; 0: at once. */
	readonly dueAt: number;
	readonly publishedAt: number;
	/** Of the frame, bytes. */
	readonly bytes: number;
}

export interface FrameOptions {
	/** Told again with the outcome. */
	readonly context: string;
	/** Not to be handed out earlier, milliseconds from now. */
	readonly delayMs?: number;
	readonly now: number;
}

export function toFrame(message: WireMessage, { context, delayMs = 0, now }: FrameOptions): string {
	const { orderingKey, body } = message;
	const properties = packHeaders(message);
	return JSON.stringify({
		payload: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64'),
		properties: delayMs > 0 ? { ...properties, [DUE]: String(now + delayMs) } : properties,
		context,
		...(orderingKey === undefined ? {} : { key: orderingKey }),
		...(delayMs > 0 && { deliverAfterMs: Math.ceil(delayMs) }),
	});
}

/** @returns null for what is no message: the answer to a question */
export function fromFrame(frame: string): Received | null {
	const { messageId, payload, properties, publishTime, key } = asObject(parseJson(frame));
	const token = asText(messageId);
	const id = token === '' ? null : readMessageId(token);
	if (id === null) return null;
	const { [DUE]: due, ...headers } = asTexts(properties);
	const orderingKey = asText(key);
	return {
		token,
		id,
		message: unpackMessage(Buffer.from(asText(payload), 'base64'), headers, {
			id: cursorOf(id),
			...(orderingKey === '' ? {} : { orderingKey }),
		}),
		dueAt: due === undefined ? 0 : Number(due) || 0,
		publishedAt: Date.parse(asText(publishTime)) || 0,
		bytes: frame.length,
	};
}

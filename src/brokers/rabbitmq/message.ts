/**
 * Messages as AMQP carries them: properties for what has one, headers for the rest, the routing key for the type.
 */
import type { MessageFields, MessageProperties, Options } from 'amqplib';
import { unpackMessage } from '../../broker/packedMessage';
import type { WireMessage } from '../../broker/types';
import { DEAD_LETTER_HEADER } from '../../event/headers';

export interface ReceivedMessage {
	readonly content: Buffer;
	readonly fields: Pick<MessageFields, 'exchange' | 'routingKey' | 'redelivered'>;
	readonly properties: Partial<MessageProperties>;
}

const TYPE = 'eb-type';
const KEY = 'eb-key';
const EXPIRES_AT = 'eb-expires-at';

/** Properties that travel as headers of the same meaning with us, so that a retry copy has them as well. */
const PROPERTIES = {
	'content-type': 'contentType',
	'content-encoding': 'contentEncoding',
	'correlation-id': 'correlationId',
	'reply-to': 'replyTo',
	'app-id': 'appId',
} as const;
const PRIORITY = 'priority';
const TIMESTAMP = 'timestamp';

/** What the server itself writes about deliveries that are over. */
const OF_THE_SERVER = /^x-(death$|(first|last)-death-|delivery-count$|acquired-count$)/;

const ID = 'eb-id';
/** Of messages in a queue that is looked through: it gives them back in another order. */
const ORDER = 'eb-order';
/** With CC and BCC the server would send a copy to others as well. */
const NOT_CARRIED: ReadonlySet<string> = new Set(['CC', 'BCC', ORDER]);
/** A property is a short string, bytes. What is longer stays a header. */
const SHORT_BYTES = 255;

/**
 * @param direct whether the routing key is the name of a queue, so that the type has to travel otherwise
 */
export function toProperties(message: WireMessage, direct: boolean): Options.Publish {
	const properties: Options.Publish = { deliveryMode: 2 };
	const headers: Record<string, string> = {};
	if (isShort(message.id)) properties.messageId = message.id;
	else headers[ID] = message.id;
	for (const [name, value] of Object.entries(message.headers)) {
		if (name in PROPERTIES && isShort(value)) properties[PROPERTIES[name as keyof typeof PROPERTIES]] = value;
		else if (name === PRIORITY && isByte(Number(value))) properties.priority = Number(value);
		else if (name === TIMESTAMP && Number.isFinite(Date.parse(value))) {
			properties.timestamp = Math.floor(Date.parse(value) / 1000);
		} else headers[name] = value;
	}
	if (direct) {
		headers[TYPE] = message.type;
		headers[ORDER] = nextOrder();
	}
	if (message.orderingKey !== undefined) headers[KEY] = message.orderingKey;
	if (message.expiresAt !== undefined) headers[EXPIRES_AT] = String(message.expiresAt);
	return { ...properties, headers };
}

/** A message of ours as it was sent, or one of somebody else: its routing key is the type. */
export function fromDelivery({ content, fields, properties }: ReceivedMessage): WireMessage {
	const headers: Record<string, string> = {};
	const native = properties.headers ?? {};
	for (const [name, value] of Object.entries(native)) {
		if (!OF_THE_SERVER.test(name) && !NOT_CARRIED.has(name)) headers[name] = asText(value);
	}
	for (const [name, property] of Object.entries(PROPERTIES)) {
		const value: unknown = properties[property];
		if (typeof value === 'string') headers[name] = value;
	}
	if (typeof properties.priority === 'number') headers[PRIORITY] = String(properties.priority);
	if (typeof properties.timestamp === 'number') headers[TIMESTAMP] = timeText(properties.timestamp);
	const message = unpackMessage(content, headers, {
		id: typeof properties.messageId === 'string' ? properties.messageId : '',
		// Sent straight to a queue, the routing key is the name of the queue.
		type: fields.exchange === '' ? '' : fields.routingKey,
	});
	return TYPE in headers ? { ...message, type: headers[TYPE] ?? '' } : message;
}

/** When it was sent to a queue, microseconds since the epoch, each once in a process; null: by somebody else. */
export function orderOf({ properties }: ReceivedMessage): number | null {
	const order: unknown = properties.headers?.[ORDER];
	return typeof order === 'string' ? Number(order) : null;
}

/** How often the server delivered it, this time included. */
export function receivesOf({ fields, properties }: ReceivedMessage): number {
	const count: unknown = properties.headers?.['x-delivery-count'];
	return typeof count === 'number' ? count + 1 : fields.redelivered ? 2 : 1;
}

/**
 * A message that the server itself gave up, with the reason in the headers of a dead letter; others as they are.
 */
export function withReason(message: WireMessage, { properties, fields }: ReceivedMessage): WireMessage {
	const [death] = properties.headers?.['x-death'] ?? [];
	if (death === undefined || DEAD_LETTER_HEADER.reason in message.headers) return message;
	const { reason, queue, time } = death;
	const why = reason === 'expired' ? 'Nobody read it within the retention' : `RabbitMQ gave it up (${reason})`;
	return {
		...message,
		headers: {
			...message.headers,
			[DEAD_LETTER_HEADER.reason]: reason === 'expired' ? 'expired' : 'broker',
			[DEAD_LETTER_HEADER.error]: `${why}, in the queue ${queue}`,
			[DEAD_LETTER_HEADER.at]: String(time.value * 1000),
			// The key with which it was routed to the dead letters.
			[DEAD_LETTER_HEADER.group]: fields.routingKey,
		},
	};
}

let lastOrder = 0;

/** Later than any before in this process. */
function nextOrder(): string {
	lastOrder = Math.max(lastOrder + 1, Date.now() * 1000);
	return String(lastOrder);
}

/** Of a value of any type that AMQP has. */
function asText(value: unknown): string {
	if (typeof value === 'string') return value;
	if (value === null || value === undefined) return '';
	if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
	if (Buffer.isBuffer(value)) return bytesText(value);
	if (isTyped(value, 'timestamp') && typeof value.value === 'number') return timeText(value.value);
	if (isTyped(value, 'decimal')) return decimalText(value.value);
	return JSON.stringify(value, (_key, inner: unknown) => (isTyped(inner, 'timestamp') ? asText(inner) : inner));
}

/** A value that the client marks with its type: `{ '!': 'timestamp', value: 0 }`. */
function isTyped(value: unknown, type: string): value is { readonly value: unknown } {
	return typeof value === 'object' && value !== null && '!' in value && value['!'] === type && 'value' in value;
}

function bytesText(bytes: Buffer): string {
	const text = bytes.toString('utf8');
	return Buffer.from(text).equals(bytes) ? text : bytes.toString('base64');
}

/** @param seconds since the epoch, or milliseconds, as some clients write */
function timeText(seconds: number): string {
	const time = new Date(seconds < 1e11 ? seconds * 1000 : seconds);
	return Number.isNaN(time.getTime()) ? String(seconds) : time.toISOString();
}

function decimalText(value: unknown): string {
	if (typeof value !== 'object' || value === null || !('digits' in value) || !('places' in value)) return '';
	return String(Number(value.digits) / 10 ** Number(value.places));
}

function isShort(text: string): boolean {
	return Buffer.byteLength(text) <= SHORT_BYTES;
}

function isByte(value: number): boolean {
	return Number.isInteger(value) && value >= 0 && value <= 255;
}

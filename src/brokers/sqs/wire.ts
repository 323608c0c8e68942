/**
 * A message as SQS and SNS carry it, and back.
 *
 * A body is text there, without most control characters and never empty; a message has ten attributes, each with a
 * value. What does not fit is written otherwise and says so: `eb-encoding` on the body, `eb-headers` for the rest of
 * the headers.
 */
import { createHash } from 'node:crypto';
import { packHeaders, unpackMessage } from '../../broker/packedMessage';
import type { WireMessage } from '../../broker/types';

const ENCODING = 'eb-encoding';
const HEADERS = 'eb-headers';
/** Only in dead letters that are shown to listeners. */
export const LISTENERS_GROUP = 'eb-group';
/** What SNS filters by. */
export const TYPE = 'eb-type';

/** Of SQS, and of SNS with raw delivery, which drops a message with more. */
const MAX_ATTRIBUTES = 10;

/** Text that SQS takes: tab, line ends, and everything printable. */
const TEXT = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]+$/u;
const ATTRIBUTE_NAME = /^(?!aws\.|amazon\.)(?!.*\.\.)[a-z0-9_-](?:[a-z0-9_.-]{0,254}[a-z0-9_-])?$/i;
/** Group ids of a FIFO queue: printable ASCII without blanks. */
const GROUP_ID = /^(?!sha256:)[\x21-\x7e]{1,128}$/;

export interface Attribute {
	readonly DataType: string;
	readonly StringValue: string;
}

export interface NativeMessage {
	readonly body: string;
	readonly attributes: Readonly<Record<string, Attribute>>;
	/** As AWS counts them. */
	readonly bytes: number;
	/** Messages of one group are handed out in order, one member at a time. FIFO only. */
	readonly groupId: string;
	/** An equal one within five minutes is dropped. FIFO only. */
	readonly deduplicationId: string;
}

/** What is received, as the client gives it. */
export interface ReceivedMessage {
	readonly MessageId?: string | undefined;
	readonly Body?: string | undefined;
	readonly Attributes?: Readonly<Record<string, string | undefined>> | undefined;
	readonly MessageAttributes?: Readonly<Record<string, ReceivedAttribute>> | undefined;
}

interface ReceivedAttribute {
	readonly StringValue?: string | undefined;
	readonly BinaryValue?: Uint8Array | undefined;
}

export interface NativeOptions {
	/** The group whose dead letter it is, where others listen for it. */
	readonly listenersGroup?: string;
	/** In no order with others of its key: in a FIFO queue they could not be looked at while it is. */
	readonly isAlone?: boolean;
}

export function toNative(message: WireMessage, { listenersGroup, isAlone = false }: NativeOptions = {}): NativeMessage {
	const { body, encoding } = encodeBody(message.body);
	const headers = {
		...packHeaders(message),
		...(encoding === null ? {} : { [ENCODING]: encoding }),
		...(listenersGroup === undefined ? {} : { [LISTENERS_GROUP]: listenersGroup }),
	};
	const attributes = toAttributes(headers);
	const bytes = Object.entries(attributes).reduce(
		(sum, [name, { DataType, StringValue }]) => sum + Buffer.byteLength(name + DataType + StringValue),
		Buffer.byteLength(body),
	);
	return {
		body,
		attributes,
		bytes,
		groupId: groupIdOf(isAlone ? message.id : (message.orderingKey ?? message.id)),
		// The same event again is dropped, another one with the same id is not.
		deduplicationId: digest([message.id, listenersGroup ?? '', body]),
	};
}

/** @param mayBeNotification somebody may have subscribed the queue to a topic without raw delivery */
export function fromNative(received: ReceivedMessage, mayBeNotification: boolean): WireMessage {
	const { MessageId = '', Body = '', MessageAttributes = {}, Attributes = {} } = received;
	const notification = mayBeNotification ? readNotification(Body) : null;
	const given = notification?.headers ?? textsOf(MessageAttributes);
	const { [ENCODING]: encoding, [HEADERS]: packed, [LISTENERS_GROUP]: _group, ...headers } = given;
	const all = { ...readPacked(packed), ...headers };
	const body = decodeBody(notification?.body ?? Body, all[ENCODING] ?? encoding);
	delete all[ENCODING];
	const message = unpackMessage(body, all, { id: MessageId });
	const isForeign = message.id === MessageId;
	const groupId = Attributes['MessageGroupId'];
	return isForeign && groupId !== undefined && message.orderingKey === undefined
		? { ...message, orderingKey: groupId }
		: message;
}

function encodeBody(bytes: Uint8Array): { readonly body: string; readonly encoding: string | null } {
	if (bytes.byteLength === 0) return { body: '-', encoding: 'empty' };
	const text = utf8(bytes);
	if (text !== null && TEXT.test(text)) return { body: text, encoding: null };
	return { body: Buffer.from(bytes).toString('base64'), encoding: 'base64' };
}

function decodeBody(body: string, encoding: string | undefined): Uint8Array {
	if (encoding === 'empty') return new Uint8Array();
	return Buffer.from(body, encoding === 'base64' ? 'base64' : 'utf8');
}

function toAttributes(headers: Readonly<Record<string, string>>): Record<string, Attribute> {
	const entries = Object.entries(headers);
	const fitting = entries.filter(([name, value]) => ATTRIBUTE_NAME.test(name) && TEXT.test(value));
	if (fitting.length === entries.length && entries.length <= MAX_ATTRIBUTES) return asAttributes(entries);
	const own = new Set(fitting.toSorted(([a], [b]) => rank(a) - rank(b)).slice(0, MAX_ATTRIBUTES - 1));
	const rest = Object.fromEntries(entries.filter((entry) => !own.has(entry)));
	return asAttributes([...own, [HEADERS, asciiJson(rest)]]);
}

function asAttributes(entries: readonly (readonly [string, string])[]): Record<string, Attribute> {
	return Object.fromEntries(entries.map(([name, value]) => [name, { DataType: 'String', StringValue: value }]));
}

/** The lower, the more it matters to others that an attribute is one: to SNS, to readers of CloudEvents, to services. */
function rank(name: string): number {
	if (name === TYPE || name === LISTENERS_GROUP || name === ENCODING || name === 'content-type') return 0;
	if (['ce-specversion', 'ce-id', 'ce-type', 'ce-source'].includes(name)) return 1;
	if (['ce-time', 'ce-subject', 'ce-partitionkey', 'ce-correlationid'].includes(name)) return 2;
	if (name.startsWith('ce-')) return 3;
	return name.startsWith('eb-') ? 5 : 4;
}

/** Whatever characters the values have, SQS takes it. */
function asciiJson(values: Readonly<Record<string, string>>): string {
	return JSON.stringify(values).replaceAll(/[^\x20-\x7e]/g, (character) => {
		return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
	});
}

function readPacked(packed: string | undefined): Record<string, string> {
	if (packed === undefined) return {};
	try {
		const values: unknown = JSON.parse(packed);
		if (typeof values !== 'object' || values === null) return { [HEADERS]: packed };
		const texts = Object.entries(values).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
		return Object.fromEntries(texts);
	} catch {
		return { [HEADERS]: packed };
	}
}

function textsOf(attributes: Readonly<Record<string, ReceivedAttribute>>): Record<string, string> {
	return Object.fromEntries(
		Object.entries(attributes).map(([name, { StringValue, BinaryValue }]) => {
			return [name, StringValue ?? Buffer.from(BinaryValue ?? []).toString('base64')];
		}),
	);
}

/** What SNS makes of a message without raw delivery: JSON around the text. */
function readNotification(body: string): { readonly body: string; readonly headers: Record<string, string> } | null {
	if (!body.startsWith('{') || !body.includes('"Notification"')) return null;
	try {
		const read = JSON.parse(body) as Readonly<Record<string, unknown>>;
		const { Type, TopicArn, Message, MessageAttributes } = read;
		if (Type !== 'Notification' || typeof TopicArn !== 'string' || typeof Message !== 'string') return null;
		const attributes = typeof MessageAttributes === 'object' && MessageAttributes !== null ? MessageAttributes : {};
		const headers = Object.entries(attributes).flatMap(([name, attribute]: [string, unknown]) => {
			const value: unknown = typeof attribute === 'object' && attribute ? Reflect.get(attribute, 'Value') : null;
			return typeof value === 'string' ? [[name, value] as const] : [];
		});
		return { body: Message, headers: Object.fromEntries(headers) };
	} catch {
		return null;
	}
}

function groupIdOf(key: string): string {
	return GROUP_ID.test(key) ? key : `sha256:${digest([key])}`;
}

function digest(parts: readonly string[]): string {
	return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function utf8(bytes: Uint8Array): string | null {
	try {
		return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
	} catch {
		return null;
	}
}

/**
 * Every parameter of the Event Bus node, read, defaulted and narrowed here and nowhere else.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { checkName } from '../../src/broker/names';
import type { Provision, Source } from '../../src/broker/types';
import type { DeadLetterFilter, DeadLettersOf } from '../../src/consumer/deadLetters';
import type { WireFormat } from '../../src/event/codec';
import type { Json } from '../../src/event/envelope';
import type { PayloadCheck } from '../../src/event/payloadSchema';
import { checkEventType, checkTypePatterns } from '../../src/event/typePattern';
import { EventBusError, messageOf } from '../../src/kernel/errors';
import { channelName, DEFAULT_CHANNEL } from '../shared/channelLocator';
import { eventOf, isObject } from '../shared/items';
import { choice, collection, list, number, requiredText, text, time } from '../shared/parameters';
import { payloadCheckOf } from '../shared/payloadCheck';

export type SettingsContext = Pick<IExecuteFunctions, 'getNodeParameter' | 'getTimezone'>;

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;

/** How an event is sent. Items with the same go out together. */
export interface Sending {
	readonly to: Source;
	/** Only to what somebody else owns; '': the event type. */
	readonly routingKey: string;
	readonly format: WireFormat;
	readonly provision: Provision;
	readonly notBefore: number | undefined;
	readonly headers: Readonly<Record<string, string>>;
	readonly ifNobodyListens: 'continue' | 'error';
}

/** What the user gave of an event; what is absent follows from the cause or is new. */
export interface EventSettings {
	readonly type: string;
	readonly payload: Json;
	/** null: the payload may be anything. */
	readonly payloadCheck: PayloadCheck | null;
	readonly version?: string;
	readonly source?: string;
	readonly subject?: string;
	readonly orderingKey?: string;
	readonly eventId?: string;
	readonly correlationId?: string;
	readonly dataSchema?: string;
	/** Milliseconds since the epoch. */
	readonly occurredAt?: number;
	/** Milliseconds since the epoch. */
	readonly expiresAt?: number;
}

/** @throws EventBusError `settings` */
export function readSending(context: SettingsContext, itemIndex: number, now: number): Sending {
	const to = readSource(context, itemIndex);
	const options = optionsOf(context, itemIndex);
	const delay = number('Delay', options.delay) ?? 0;
	return {
		to,
		routingKey: to.kind === 'existing' ? text(reader(context, itemIndex)('routingKey', '')) : '',
		format: choice('Format', options.format ?? 'event-bus', ['event-bus', 'cloudevents', 'cloudevents-binary', 'raw']),
		provision: choice('Provision', options.provision ?? (to.kind === 'channel' ? 'create' : 'verify'), [
			'create',
			'verify',
			'off',
		]),
		notBefore: delay > 0 ? now + delay * SECOND_MS : undefined,
		headers: headersOf(options.headers),
		ifNobodyListens: choice('If Nobody Listens', options.ifNobodyListens ?? 'continue', ['continue', 'error']),
	};
}

/** The channel, or what somebody else owns. */
export function readSource(context: SettingsContext, itemIndex: number): Source {
	const read = reader(context, itemIndex);
	if (read('sendTo', 'channel') === 'existing')
		return { kind: 'existing', name: requiredText('Name', read('existing', '')) };
	return { kind: 'channel', channel: readChannel(context, itemIndex) };
}

export function readChannel(context: SettingsContext, itemIndex: number): string {
	return checkName('channel', channelName(context.getNodeParameter('channel', itemIndex, DEFAULT_CHANNEL)));
}

/** @param defaultType for a reply, whose type may be left open */
export function readEvent(
	context: SettingsContext,
	item: INodeExecutionData,
	itemIndex: number,
	now: number,
	defaultType = '',
): EventSettings {
	const read = reader(context, itemIndex);
	const options = optionsOf(context, itemIndex);
	const expiresAfter = number('Expires After', options.expiresAfter) ?? 0;
	return {
		type: eventTypeOf(read('eventType', '') || defaultType),
		payload: payloadOf(read('payloadSource', 'inputItem'), () => read('payload', '{}'), item),
		payloadCheck: payloadCheckOf('Payload Schema', options, 'payloadSchema'),
		...present('version', text(options.eventVersion)),
		...present('source', text(options.source)),
		...present('subject', text(options.subject)),
		...present('orderingKey', text(options.orderingKey)),
		...present('eventId', text(options.eventId)),
		...present('correlationId', text(options.correlationId)),
		...present('dataSchema', text(options.dataSchema)),
		...present('occurredAt', time('Occurred At', options.occurredAt, context.getTimezone())),
		...present('expiresAt', expiresAfter > 0 ? now + expiresAfter * SECOND_MS : undefined),
	};
}

export function readReplyTimeoutMs(context: SettingsContext, itemIndex: number): number {
	const seconds = number('Timeout', context.getNodeParameter('replyTimeout', itemIndex, 30)) ?? 30;
	if (seconds > 0) return seconds * SECOND_MS;
	throw new EventBusError('settings', `The timeout is ${seconds} seconds`, { hint: 'Use more than 0 seconds' });
}

export interface VerdictSettings {
	/** Absent: the trigger's backoff. */
	readonly delayMs: number | undefined;
	readonly reason: string;
}

export function readVerdict(context: SettingsContext, itemIndex: number): VerdictSettings {
	const seconds = number('Delay', context.getNodeParameter('retryDelay', itemIndex, 0)) ?? 0;
	if (seconds < 0) throw new EventBusError('settings', `The delay is ${seconds} seconds`, { hint: 'Use 0 or more' });
	return {
		delayMs: seconds === 0 ? undefined : seconds * SECOND_MS,
		reason: text(context.getNodeParameter('reason', itemIndex, '')),
	};
}

export interface DeadLetterSettings {
	readonly of: DeadLettersOf;
	readonly filter: DeadLetterFilter;
	readonly previewOnly: boolean;
}

export function readDeadLetters(context: SettingsContext, itemIndex: number, now: number): DeadLetterSettings {
	const read = reader(context, itemIndex);
	const filters = collection(read('filters', {}));
	const group = text(read('group', ''));
	const ids = list(filters.ids);
	const types = list(filters.eventTypes);
	const olderThan = number('Older Than', filters.olderThan) ?? 0;
	return {
		of: { source: readSource(context, itemIndex), group: group === '' ? null : checkName('consumer group', group) },
		previewOnly: read('previewOnly', false) === true,
		filter: {
			limit: Math.max(1, number('Limit', read('limit', 50)) ?? 50),
			...(ids.length > 0 ? { ids } : {}),
			...(types.length > 0 ? { types: checkTypePatterns(types) } : {}),
			...present('reason', text(filters.reason)),
			...(olderThan > 0 ? { before: now - olderThan * MINUTE_MS } : {}),
		},
	};
}

export interface GroupSettings {
	readonly of: Source;
	readonly group: string;
	readonly evenIfInUse: boolean;
}

export function readGroup(context: SettingsContext, itemIndex: number): GroupSettings {
	const read = reader(context, itemIndex);
	return {
		of: readSource(context, itemIndex),
		group: checkName('consumer group', requiredText('Consumer Group', read('group', ''))),
		evenIfInUse: read('evenIfInUse', false) === true,
	};
}

/** null: all channels. */
export function readStatusOf(context: SettingsContext, itemIndex: number): Source | null {
	return context.getNodeParameter('sendTo', itemIndex, 'channel') === 'all' ? null : readSource(context, itemIndex);
}

function reader(
	context: SettingsContext,
	itemIndex: number,
): (name: string, otherwise: string | boolean | number | object) => unknown {
	return (name, otherwise) => context.getNodeParameter(name, itemIndex, otherwise);
}

function optionsOf(context: SettingsContext, itemIndex: number): Readonly<Record<string, unknown>> {
	return collection(context.getNodeParameter('options', itemIndex, {}));
}

/** What an expression that found nothing leaves in a text. */
const MISSED = /(^|\.)(undefined|null|NaN|\[object Object\])(\.|$)/;

function eventTypeOf(value: unknown): string {
	const type = requiredText('Event Type', value);
	if (MISSED.test(type)) {
		throw new EventBusError('settings', `The event type came out as "${type}"`, {
			hint: 'An expression in Event Type found nothing in this item: check the names of the fields it uses',
		});
	}
	return checkEventType(type);
}

/** Of an item that is an event only its payload goes on, never its envelope or delivery. */
function payloadOf(source: unknown, readJson: () => unknown, item: INodeExecutionData): Json {
	if (choice('Payload', source, ['inputItem', 'json']) === 'json') return parsedJson(readJson());
	return eventOf(item.json)?.payload ?? (item.json as Json);
}

/** An expression may give JSON as text, or the value itself. */
function parsedJson(value: unknown): Json {
	if (value === undefined) {
		throw new EventBusError('settings', 'The payload is empty', {
			hint: 'The expression in Payload JSON found nothing in this item',
		});
	}
	if (typeof value !== 'string') return value as Json;
	const { parsed, problem } = tryJson(value);
	if (problem === null) return parsed;
	throw new EventBusError('settings', `The payload is not JSON: ${problem}`, {
		hint: 'Write JSON such as { "order_id": "ord_1" }, or an expression that gives an object',
	});
}

function tryJson(text: string): { readonly parsed: Json; readonly problem: string | null } {
	try {
		return { parsed: JSON.parse(text) as Json, problem: null };
	} catch (error) {
		return { parsed: null, problem: messageOf(error) };
	}
}

function headersOf(value: unknown): Readonly<Record<string, string>> {
	const rows = isObject(value) && Array.isArray(value.header) ? value.header : [];
	const named = rows.filter(isObject).map(({ name, value: content }) => [text(name), text(content)] as const);
	return Object.fromEntries(named.filter(([name]) => name !== ''));
}

/** The field, or nothing: an absent option must not overwrite a default with undefined. */
function present<K extends string, V>(name: K, value: V | '' | undefined): { readonly [name in K]?: V } {
	return value === undefined || value === '' ? {} : ({ [name]: value } as { readonly [name in K]?: V });
}

/**
 * Every parameter of the Event Bus node, read, defaulted and narrowed here and nowhere else; those of a new event are in
 * shared/eventSettings.ts.
 */
import { checkName } from '../../src/broker/names';
import type { Provision, Source } from '../../src/broker/types';
import type { DeadLettersOf } from '../../src/consumer/deadLetters';
import type { WireFormat } from '../../src/event/codec';
import { EventBusError } from '../../src/kernel/errors';
import { DEFAULT_CHANNEL } from '../shared/channelLocator';
import { locatedName } from '../shared/locator';
import type { EventSettingsContext } from '../shared/eventSettings';
import { isObject } from '../shared/items';
import { choice, collection, number, requiredText, text } from '../shared/parameters';

export type SettingsContext = EventSettingsContext;

const SECOND_MS = 1000;

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
	return checkName('channel', locatedName(context.getNodeParameter('channel', itemIndex, DEFAULT_CHANNEL)));
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

export function readDeadLettersOf(context: SettingsContext, itemIndex: number): DeadLettersOf {
	const group = text(context.getNodeParameter('group', itemIndex, ''));
	return {
		source: readSource(context, itemIndex),
		group: group === '' ? null : checkName('consumer group', group),
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

function headersOf(value: unknown): Readonly<Record<string, string>> {
	const rows = isObject(value) && Array.isArray(value.header) ? value.header : [];
	const named = rows.filter(isObject).map(({ name, value: content }) => [text(name), text(content)] as const);
	return Object.fromEntries(named.filter(([name]) => name !== ''));
}

/**
 * Every parameter of the trigger, read, defaulted and narrowed once.
 */
import type { ITriggerFunctions } from 'n8n-workflow';
import type { Source, StartPosition } from '../../src/broker/types';
import { checkName } from '../../src/broker/names';
import { defaultConsumerSettings as defaults } from '../../src/consumer/settings';
import type { ConsumerSettings } from '../../src/consumer/types';
import { checkTypePatterns } from '../../src/event/typePattern';
import { EventBusError } from '../../src/kernel/errors';
import type { Backoff } from '../../src/kernel/backoff';
import { DEFAULT_CHANNEL } from '../shared/channelLocator';
import { locatedName } from '../shared/locator';
import { defaultGroup } from '../shared/defaultGroup';
import { choice, collection, list, number, text, time } from '../shared/parameters';
import { payloadCheckOf } from '../shared/payloadCheck';

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

export interface TriggerSettings {
	readonly connection: 'default' | 'credential';
	readonly acknowledge: 'success' | 'end' | 'receipt';
	readonly whenRunWaits: 'acknowledge' | 'deadLetter';
	readonly output: 'event' | 'payload';
	readonly testWith: 'newest' | 'next';
	readonly consumer: ConsumerSettings;
}

export type SettingsContext = Pick<ITriggerFunctions, 'getNodeParameter' | 'getNode' | 'getWorkflow' | 'getTimezone'>;

type Options = Readonly<Record<string, unknown>>;

/** @throws EventBusError `settings` */
export function readTriggerSettings(context: SettingsContext): TriggerSettings {
	const read = (name: string, otherwise: string): unknown => context.getNodeParameter(name, otherwise);
	const options = collection(context.getNodeParameter('options', {}));
	const listenTo = choice('Listen To', read('listenTo', 'events'), ['events', 'deadLetters']);
	const listensToDeadLetters = listenTo === 'deadLetters';
	const source = sourceOf(context, options);
	return {
		connection: choice('Connection', read('connection', 'default'), ['default', 'credential']),
		acknowledge: choice('Acknowledge', read('acknowledge', 'success'), ['success', 'end', 'receipt']),
		whenRunWaits: choice('When a Run Waits', options.whenRunWaits ?? 'acknowledge', ['acknowledge', 'deadLetter']),
		output: choice('Output', options.output ?? 'event', ['event', 'payload']),
		testWith: choice('Test With', options.testWith ?? 'newest', ['newest', 'next']),
		consumer: {
			...defaults,
			...consumerOptions(options, context.getTimezone()),
			from: listensToDeadLetters
				? { kind: 'dead-letters', of: source, group: text(read('deadLettersOf', '')) || null }
				: source,
			types: typesOf(read('eventTypes', ''), listensToDeadLetters),
			group: groupOf(context, listensToDeadLetters),
		},
	};
}

function sourceOf(context: SettingsContext, options: Options): Source {
	const existing = text(options.existing);
	if (existing !== '') return { kind: 'existing', name: existing };
	const channel = locatedName(context.getNodeParameter('channel', DEFAULT_CHANNEL));
	return { kind: 'channel', channel: checkName('channel', channel) };
}

function typesOf(value: unknown, listensToDeadLetters: boolean): readonly string[] {
	const given = list(value);
	if (given.length > 0) return checkTypePatterns(given);
	if (listensToDeadLetters) return ['#'];
	throw new EventBusError('settings', 'Event Types is empty', {
		hint: 'Name the event types that shall start this workflow, such as order.created, or # for all of them',
	});
}

function groupOf(context: SettingsContext, listensToDeadLetters: boolean): string {
	const own = defaultGroup(context.getWorkflow().id, context.getNode().id);
	if (listensToDeadLetters) return own;
	const given = text(context.getNodeParameter('group', ''));
	return given === '' ? own : checkName('consumer group', given);
}

function consumerOptions(options: Options, timeZone: string): Omit<ConsumerSettings, 'from' | 'types' | 'group'> {
	const maxAttempts = number('Max Attempts', options.maxAttempts) ?? defaults.retry.maxAttempts;
	return {
		...defaults,
		start: startOf(options, timeZone),
		maxInFlight: number('Max In Flight', options.maxInFlight) ?? defaults.maxInFlight,
		order: choice('Order', options.order ?? defaults.order, ['none', 'key']),
		afterDeadLetter: afterDeadLetterOf(options),
		batch: batchOf(options),
		retry: { maxAttempts, backoff: backoffOf(collection(collection(options.backoff).delays)) },
		deadLetter: options.deadLetter === undefined ? defaults.deadLetter : options.deadLetter === true,
		deduplicateMs: scaled('De-Duplicate', options.deduplicateDays, DAY_MS) ?? defaults.deduplicateMs,
		maxProcessingMs: scaled('Max Processing Time', options.maxProcessingMinutes, MINUTE_MS) || defaults.maxProcessingMs,
		hopLimit: number('Hop Limit', options.hopLimit) ?? defaults.hopLimit,
		payloadCheck: payloadCheckOf('Schema', options, 'payloadSchema'),
		badPayload: choice('Bad Payload', options.badPayload ?? defaults.badPayload, ['dead-letter', 'discard']),
		provision: choice('Provision', options.provision ?? defaults.provision, ['create', 'verify', 'off']),
	};
}

function startOf(options: Options, timeZone: string): StartPosition {
	switch (choice('Start From', options.startFrom ?? 'new', ['new', 'all', 'time'])) {
		case 'new':
			return { at: 'committed', otherwise: { at: 'latest' } };
		case 'all':
			return { at: 'committed', otherwise: { at: 'earliest' } };
		case 'time': {
			const at = time('Start Time', options.startTime, timeZone);
			if (at !== undefined) return { at: 'committed', otherwise: { at: 'time', time: at } };
			throw new EventBusError('settings', 'Start From is a point in time, and Start Time is empty', {
				hint: 'Add the option Start Time',
			});
		}
	}
}

/** The panel hides the option without order by key but keeps its value, so it counts only with it. */
function afterDeadLetterOf(options: Options): ConsumerSettings['afterDeadLetter'] {
	if (options.order !== 'key') return 'continue';
	return choice('After a Dead Letter', options.afterDeadLetter ?? defaults.afterDeadLetter, ['continue', 'hold']);
}

function batchOf(options: Options): ConsumerSettings['batch'] {
	const size = number('Batch Size', options.batchSize) ?? 1;
	return size > 1 ? { size, waitMs: number('Batch Wait', options.batchWait) ?? DEFAULT_BATCH_WAIT_MS } : null;
}

/** Short enough that nobody waits for a run, long enough for a burst to become one. The panel shows the same. */
export const DEFAULT_BATCH_WAIT_MS = 500;

function backoffOf(delays: Options): Backoff {
	const { backoff } = defaults.retry;
	return {
		initialMs: scaled('First Delay', delays.initialSeconds, SECOND_MS) ?? backoff.initialMs,
		factor: number('Growth', delays.factor) ?? backoff.factor,
		maxMs: scaled('Longest Delay', delays.maxMinutes, MINUTE_MS) ?? backoff.maxMs,
		jitter: scaled('Jitter', delays.jitterPercent, 0.01) ?? backoff.jitter,
	};
}

function scaled(label: string, value: unknown, unit: number): number | undefined {
	const given = number(label, value);
	return given === undefined ? undefined : given * unit;
}

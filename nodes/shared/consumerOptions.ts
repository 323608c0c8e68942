/**
 * The options that every trigger has, as settings of the consumer.
 */
import type { StartPosition } from '../../src/broker/types';
import { defaultConsumerSettings as defaults } from '../../src/consumer/settings';
import type { ConsumerSettings } from '../../src/consumer/types';
import type { Backoff } from '../../src/kernel/backoff';
import { EventBusError } from '../../src/kernel/errors';
import { choice, collection, number, time } from './parameters';
import { payloadCheckOf } from './payloadCheck';
import type { RunSettings } from './runSettings';

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

type Options = Readonly<Record<string, unknown>>;

/** @throws EventBusError `settings` */
export function runOptions(acknowledge: unknown, options: Options): Omit<RunSettings, 'consumer'> {
	return {
		acknowledge: choice('Acknowledge', acknowledge, ['success', 'end', 'receipt']),
		whenRunWaits: choice('When a Run Waits', options.whenRunWaits ?? 'acknowledge', ['acknowledge', 'deadLetter']),
		output: choice('Output', options.output ?? 'event', ['event', 'payload']),
		testWith: choice('Test With', options.testWith ?? 'newest', ['newest', 'next']),
	};
}

export type StartFrom = 'new' | 'all' | 'time';

/**
 * @param startFrom where a group begins that never existed, when nothing is chosen
 * @throws EventBusError `settings`
 */
export function consumerOptions(
	options: Options,
	timeZone: string,
	startFrom: StartFrom = 'new',
): Omit<ConsumerSettings, 'from' | 'types' | 'group'> {
	const maxAttempts = number('Max Attempts', options.maxAttempts) ?? defaults.retry.maxAttempts;
	return {
		...defaults,
		start: startOf(options, timeZone, startFrom),
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

function startOf(options: Options, timeZone: string, startFrom: StartFrom): StartPosition {
	switch (choice('Start From', options.startFrom ?? startFrom, ['new', 'all', 'time'])) {
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

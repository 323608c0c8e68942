/**
 * The defaults of a consumer and the check of what a caller gave.
 */
import { checkName } from '../broker/names';
import { checkTypePatterns } from '../event/typePattern';
import { EventBusError } from '../kernel/errors';
import type { BrokerCapabilities } from '../broker/types';
import type { ConsumerHost, ConsumerSettings } from './types';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Every default of a consumer; the caller adds where from, which types and as which group. */
export const defaultConsumerSettings: Omit<ConsumerSettings, 'from' | 'types' | 'group'> = {
	lifetime: 'durable',
	start: { at: 'committed', otherwise: { at: 'latest' } },
	maxInFlight: 10,
	order: 'none',
	afterDeadLetter: 'continue',
	batch: null,
	retry: { maxAttempts: 5, backoff: { initialMs: 1000, factor: 4, maxMs: 15 * MINUTE_MS, jitter: 0.2 } },
	deadLetter: true,
	deduplicateMs: 7 * DAY_MS,
	maxProcessingMs: null,
	hopLimit: 16,
	payloadCheck: null,
	badPayload: 'dead-letter',
	provision: 'create',
	retentionMs: 14 * DAY_MS,
	leaseMs: 30_000,
	circuit: { failures: 10, probeMs: 5000 },
};

/** Lowest and highest value that makes sense, both included. */
const RANGES: readonly (readonly [string, (settings: ConsumerSettings) => number, number, number])[] = [
	['Max In Flight', (settings) => settings.maxInFlight, 1, 1000],
	['Batch Size', (settings) => settings.batch?.size ?? 1, 1, 1000],
	['Batch Wait (ms)', (settings) => settings.batch?.waitMs ?? 0, 0, 10 * MINUTE_MS],
	['Max Attempts', (settings) => settings.retry.maxAttempts, 1, 1000],
	['De-duplicate (ms)', (settings) => settings.deduplicateMs, 0, 366 * DAY_MS],
	['Max Processing Time (ms)', (settings) => settings.maxProcessingMs ?? DAY_MS, 10, 366 * DAY_MS],
	['Hop Limit', (settings) => settings.hopLimit, 1, 1000],
	['Retention (ms)', (settings) => settings.retentionMs, 1000, 366 * DAY_MS],
	['Lease (ms)', (settings) => settings.leaseMs, 100, 12 * 60 * MINUTE_MS],
];

/**
 * The settings with types and group in canonical form.
 *
 * @throws EventBusError `settings`, naming the field as the trigger shows it
 */
export function checkConsumerSettings(settings: ConsumerSettings): ConsumerSettings {
	for (const [label, read, min, max] of RANGES) {
		const value = read(settings);
		if (!Number.isFinite(value) || value < min || value > max) {
			throw new EventBusError('settings', `${label} is ${value}`, { hint: `Use a number from ${min} to ${max}` });
		}
	}
	if (settings.afterDeadLetter === 'hold' && settings.order !== 'key') {
		throw new EventBusError('settings', 'Hold the Key needs order by key', {
			hint: 'Set Order to By Key, or After a Dead Letter to Continue',
		});
	}
	return {
		...settings,
		types: checkTypePatterns(settings.types),
		group: checkName('consumer group', settings.group),
	};
}

const START_LABELS = {
	earliest: 'all events',
	latest: 'new events',
	time: 'a point in time',
	cursor: 'a position',
} as const;

/**
 * Before anything is made on the broker: a group at the wrong start would stay and collect events. Dead letters are kept
 * until somebody removes them, so every broker can show them from the first.
 *
 * @throws EventBusError `unsupported`
 */
export function checkStart(
	{ start, from }: Pick<ConsumerSettings, 'start' | 'from'>,
	{ capabilities, broker }: Pick<ConsumerHost, 'capabilities' | 'broker'>,
): void {
	const { at } = start.at === 'committed' ? start.otherwise : start;
	if (capabilities.start.has(at) || (from.kind === 'dead-letters' && at === 'earliest')) return;
	throw new EventBusError('unsupported', `A group of ${broker} cannot start from ${START_LABELS[at]}`, {
		hint: capabilities.start.has('earliest')
			? 'Start from all events, or from new ones'
			: 'This broker keeps nothing for a group that does not exist yet: start from new events',
	});
}

/** @throws EventBusError `unsupported` */
export function checkOrder(order: ConsumerSettings['order'], effective: Pick<BrokerCapabilities, 'ordering'>): void {
	if (order === 'none' || effective.ordering !== 'none') return;
	throw new EventBusError('unsupported', 'This source keeps no order, so Order by key cannot work', {
		hint: 'Set Order to None, or use a source that keeps order, such as a FIFO channel',
	});
}

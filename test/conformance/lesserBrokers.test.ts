/**
 * The same promises on brokers that can do less: the core makes up for what is missing.
 */
import { runCase } from './case';
import { cases } from './cases';
import type { MemoryLimits } from './memory/memoryBroker';
import { memoryUnderTest } from './memory/memoryUnderTest';
import { MemoryServer } from './memory/memoryServer';

const lesser: readonly (readonly [string, MemoryLimits])[] = [
	['keeps a delay of 300 ms at most', { delayedRetryMaxMs: 300 }],
	['keeps no delay at all', { delayedRetryMaxMs: 0, delayedPublishMaxMs: 0 }],
	['delays no publish', { delayedPublishMaxMs: 0 }],
	['hosts no inbox', { hostsInbox: false }],
	['takes seven messages a call', { maxBatch: 7 }],
];

const names = [
	'publish_subscribe',
	'bulk_partial_failure',
	'delay_and_expiry',
	'redeliver_on_failure',
	'attempts_travel_with_the_message',
	'retry_backoff_schedule',
	'outcomes',
	'dead_letter_after_max',
	'redrive',
	'dedup_by_source_and_id',
	'busy_is_deferred',
	'stuck_run_released',
	'order_kept_under_retry',
	'held_key_waits_for_redrive',
	'close_drains',
];

describe.each(lesser)('on a broker that %s', (_what, limits) => {
	it.concurrent.each(names)(
		'%s',
		async (name) => {
			const one = cases.find((each) => each.name === name);
			if (!one) throw new Error(`There is no case ${name}`);
			const outcome = await runCase(one, memoryUnderTest(new MemoryServer(), limits));
			if (outcome.result === 'failed') throw outcome.error;
			expect(outcome.result).toBe('passed');
		},
		60_000,
	);
});

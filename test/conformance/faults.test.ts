/**
 * The suite catches what it is for: each fault of the memory broker makes the case fail that is named for it, and for the
 * reason that is the fault's.
 */
import { runCase } from './case';
import { cases } from './cases';
import { faults, type FaultName } from './memory/faults';
import { memoryUnderTest } from './memory/memoryUnderTest';

const caughtBy: Readonly<Record<FaultName, { readonly name: string; readonly saying: RegExp }>> = {
	'loses one in 50': { name: 'publish_subscribe', saying: /did not happen .* all 100 are received/ },
	'acks on delivery': { name: 'lost_link_gives_back', saying: /did not happen .* gets all five/ },
	'reorders within a key': { name: 'order_per_key', saying: /^key \d/ },
	'leaks slots': { name: 'cancelled_run_released', saying: /did not happen .* all five are done/ },
	'counts attempts wrong': { name: 'attempts_travel_with_the_message', saying: /deep-equal/ },
	'delivers to two consumers of a group': { name: 'member_without_inbox_gets_no_double', saying: /deep-equal/ },
	'retries too early': { name: 'retry_backoff_schedule', saying: /before its 500 ms/ },
	'drops the ordering lease': { name: 'order_across_consumers', saying: /^key \d|overlap/ },
	'loses what a closed consumer held': { name: 'lost_link_gives_back', saying: /did not happen .* gets all five/ },
	'shows a redrive to other groups': { name: 'redrive_is_private', saying: /9 !== 3/ },
	'forgets groups nobody reads': { name: 'idle_group_keeps_position', saying: /did not happen .* 20 are received/ },
};

describe('a broker that', () => {
	// Each has a server of its own, and most of the time is spent on waiting for what does not come.
	it.concurrent.each(faults)(
		'$name is caught',
		async ({ name, server }) => {
			const catcher = cases.find((one) => one.name === caughtBy[name].name);
			if (!catcher) throw new Error(`There is no case ${caughtBy[name].name}`);
			const right = await runCase(catcher, memoryUnderTest());
			expect(right.result).toBe('passed');
			const wrong = await runCase(catcher, memoryUnderTest(server()));
			expect(wrong.result === 'failed' ? wrong.error.message : wrong.result).toMatch(caughtBy[name].saying);
		},
		60_000,
	);
});

import { consumption, orderFlows, publication } from '../../test/trail/flows';
import { consumersOf } from './consumers';
import { flowMapOf } from './flowMap';
import { deadLettersOf, EVENT_STORE, existing } from './places';
import { problemsOf } from './problems';
import type { Causation, Consumption, Flows, Publication } from './types';

function flows(
	publications: readonly Publication[],
	consumptions: readonly Consumption[] = [],
	causations: readonly Causation[] = [],
): Flows {
	return { publications, consumptions, causations };
}

function causation(service: string, cause: string, effect: string): Causation {
	return { service, cause, effect, count: 0 };
}

/** 'order.created → billing' */
function consumed(given: Flows): readonly string[] {
	const map = flowMapOf(given);
	return map.consuming.map(({ type, service }) => `${map.types[type]?.eventType} → ${map.services[service]}`);
}

describe('the map of a day of orders', () => {
	const map = flowMapOf(orderFlows());

	it('finds what is wrong', () => {
		expect(problemsOf(map)).toEqual([
			'Cycle: inventory.low → inventory.replenished → inventory.low (through purchasing, inventory-manager)',
			'Nobody consumes shipping.label.printed of fulfillment-coordinator (channel events)',
			'legacy-crm waits for customer.changed, and nobody publishes that (channel events, group legacy-crm)',
		]);
	});

	it('counts', () => {
		expect(map).toMatchObject({ retries: 43, deadLetters: 3 });
		expect(map.types.filter(({ inCycle }) => inCycle)).toHaveLength(2);
	});
});

describe('who consumes what', () => {
	it.each<[string, Flows, readonly string[]]>([
		['a type', flows([publication('a', 'x.y')], [consumption('b', 'x.y')]), ['x.y → b']],
		[
			'a pattern',
			flows([publication('a', 'x.y'), publication('a', 'x.z')], [consumption('b', 'x.*')]),
			['x.y → b', 'x.z → b'],
		],
		['a version of a type', flows([publication('a', 'x.y')], [consumption('b', 'x.y@1.*')]), ['x.y → b']],
		[
			'everything, also what is not known',
			flows([publication('a', '={{ $json.t }}')], [consumption('b', '#')]),
			['={{ $json.t }} → b'],
		],
		['a type that nobody publishes', flows([], [consumption('b', 'x.y')]), ['x.y → b']],
		['another channel', flows([publication('a', 'x.y', { channel: 'other' })], [consumption('b', 'x.y')]), ['x.y → b']],
		['a pattern that no trigger takes', flows([publication('a', 'x.y')], [consumption('b', 'x..y')]), ['x..y → b']],
	])('%s', (_name, given, expected) => expect(consumed(given)).toEqual(expected));

	it('counts a group with overlapping patterns once, and groups of a service together', () => {
		const given = flows(
			[publication('a', 'x.y')],
			[consumption('b', 'x.*'), consumption('b', 'x.y'), consumption('b', '#', { group: 'second', count: 3 })],
		);
		const map = flowMapOf(given);
		expect(map.consuming.map(({ group }) => group)).toEqual(['b', 'second']);
		expect(consumersOf(map)).toMatchObject([{ groups: ['b', 'second'], count: 3 }]);
	});
});

describe('problems', () => {
	it.each<[string, Flows, readonly string[]]>([
		['are none where everything fits', flows([publication('a', 'x')], [consumption('b', '#')]), []],
		['are none of an event that is stored', flows([publication('a', 'x', { channel: EVENT_STORE })]), []],
		['are none of a queue that others read', flows([publication('a', 'x', { channel: existing('legacy') })]), []],
		['are none of a type that is not known', flows([publication('a', '={{ 1 }}')]), []],
		[
			'are none of a trigger on dead letters',
			flows([], [consumption('b', '#', { channel: deadLettersOf('events') })]),
			[],
		],
		['are none of a queue that others fill', flows([], [consumption('b', 'x', { channel: existing('legacy') })]), []],
		[
			'are none where a type that is not known may come',
			flows([publication('a', '={{ 1 }}')], [consumption('b', 'x')]),
			[],
		],
		[
			'are none of a type that is consumed and not published here',
			flows([], [consumption('b', 'x', { count: 5 })]),
			[],
		],
		[
			'are a consumer whose event goes to another channel',
			flows([publication('a', 'x', { channel: 'other' })], [consumption('b', 'x')]),
			['Nobody consumes x of a (channel other)', 'b waits for x, and nobody publishes that (channel events, group b)'],
		],
		[
			'are a group that got nothing while others did',
			flows([publication('a', 'x', { count: 1 })], [consumption('b', 'x', { count: 1 }), consumption('c', 'x')]),
			['c waits for x, and nobody publishes that (channel events, group c)'],
		],
	])('%s', (_name, given, expected) => expect(problemsOf(flowMapOf(given))).toEqual(expected));
});

describe('cycles', () => {
	const cyclesIn = (given: Flows): readonly string[] => flowMapOf(given).cycles.map(({ name }) => name);

	it.each<[string, Flows, readonly string[]]>([
		[
			'go through a pattern',
			flows([publication('a', 'x.y')], [consumption('a', 'x.*')], [causation('a', 'x.*', 'x.y')]),
			['x.y → x.y'],
		],
		[
			'are none where a type is copied to another channel',
			flows(
				[publication('s', 'x'), publication('a', 'x', { channel: 'other' })],
				[consumption('a', 'x')],
				[causation('a', 'x', 'x')],
			),
			[],
		],
		[
			'are two channels that copy each other',
			flows(
				[publication('a', 'x', { channel: 'other' }), publication('b', 'x')],
				[consumption('a', 'x'), consumption('b', 'x', { channel: 'other' })],
				[causation('a', 'x', 'x'), causation('b', 'x', 'x')],
			),
			['x → x → x'],
		],
		[
			'are found where what consumes and what publishes have two names',
			flows([publication('billing', 'x')], [consumption('n8n/Billing', 'x')], [causation('n8n/Billing', 'x', 'x')]),
			['x → x'],
		],
	])('%s', (_name, given, expected) => expect(cyclesIn(given)).toEqual(expected));
});

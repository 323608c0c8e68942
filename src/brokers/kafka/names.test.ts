/**
 * Names on Kafka, and reading them back.
 */
import type { Address } from '../../broker/types';
import { groupOf, groupOfDeadLetters, isChannel, readingOf, tierOf, topicOf } from './names';

const orders = { kind: 'channel', channel: 'orders' } as const;
const legacy = { kind: 'existing', name: 'legacy' } as const;

it.each<[Address, string]>([
	[orders, 'orders'],
	[legacy, 'legacy'],
	[{ kind: 'group', of: orders, group: 'billing' }, 'orders..billing..retry.0'],
	[{ kind: 'dead-letters', of: legacy, group: 'billing' }, 'legacy..billing..dlq'],
])('%j', (address, topic) => {
	expect(topicOf(address)).toBe(topic);
});

it('has no topic for the dead letters of every group', () => {
	expect(() => topicOf({ kind: 'dead-letters', of: orders, group: null })).toThrow(
		expect.objectContaining({ code: 'unsupported' }),
	);
});

it('refuses what is longer than Kafka allows', () => {
	const long = { kind: 'channel', channel: 'x'.repeat(200) } as const;
	expect(() => topicOf({ kind: 'group', of: long, group: 'y'.repeat(60) })).toThrow(
		expect.objectContaining({ code: 'settings' }),
	);
});

it.each<[string, Parameters<typeof readingOf>[0], ReturnType<typeof readingOf>]>([
	[
		'a channel',
		orders,
		{ topics: ['orders'], channelTopic: 'orders', groupId: 'orders..billing', isDeadLetters: false },
	],
	[
		'dead letters of one group',
		{ kind: 'dead-letters', of: orders, group: 'shop' },
		{
			topics: ['orders..shop..dlq'],
			channelTopic: 'orders',
			groupId: 'orders..shop..dlq..billing',
			isDeadLetters: true,
		},
	],
	[
		'dead letters of all groups',
		{ kind: 'dead-letters', of: orders, group: null },
		{ topics: null, channelTopic: 'orders', groupId: 'orders.._all..dlq..billing', isDeadLetters: true },
	],
])('reads %s', (_says, from, reading) => {
	expect(readingOf(from, 'billing')).toEqual(reading);
});

it('reads names back, and only those of ours', () => {
	expect(tierOf('orders..billing', 'orders..billing..retry.500')).toBe(500);
	expect(tierOf('orders..billing', 'orders..billing..retry.7')).toBeNull();
	expect(tierOf('orders..billing', 'orders')).toBeNull();
	expect(groupOf('orders', 'orders..billing')).toBe('billing');
	expect(groupOf('orders', 'orders..billing..dlq..alerts')).toBeNull();
	expect(groupOf('order', 'orders..billing')).toBeNull();
	expect(groupOfDeadLetters('orders', 'orders..billing..dlq')).toBe('billing');
	expect(groupOfDeadLetters('orders', 'orders..billing..retry.0')).toBeNull();
	expect(['orders', 'orders..billing..dlq', '__consumer_offsets'].map(isChannel)).toEqual([true, false, false]);
});

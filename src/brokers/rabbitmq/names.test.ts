import { deadLetterExchange, deadLetterQueue, groupNames, recordsQueue, tierName, turnsQueue } from './names';

const events = { kind: 'channel', channel: 'events' } as const;
const legacy = { kind: 'existing', name: 'legacy:q/1' } as const;

it.each([
	['a group', groupNames(events, 'billing', false).queue, 'events:billing'],
	['a group in order', groupNames(events, 'billing', true).queue, 'events:billing:ordered'],
	['its way back, in order or not', groupNames(events, 'billing', true).key, 'events:billing'],
	['its dead letters', deadLetterQueue(events, 'billing'), 'events:billing:dead'],
	['the exchange of all dead letters', deadLetterExchange(events), 'events::dead'],
	[
		'who listens to all',
		groupNames({ kind: 'dead-letters', of: events, group: null }, 'a', false).queue,
		'events::dead:a',
	],
	[
		'who listens to one group',
		groupNames({ kind: 'dead-letters', of: events, group: 'billing' }, 'a', false).queue,
		'events:billing:dead:a',
	],
	['records', recordsQueue(events), 'events::groups'],
	['turns', turnsQueue(events), 'events::turns'],
	['an existing queue', groupNames(legacy, 'billing', false).queue, 'legacy:q/1'],
	['its way back', groupNames(legacy, 'billing', false).key, 'legacy:q/1/billing'],
	['its dead letters', deadLetterQueue(legacy, 'billing'), 'legacy:q/1/billing:dead'],
	['its records', recordsQueue(legacy), 'legacy:q/1/:groups'],
	['a delay', tierName(500), 'event-bus.delay.500'],
])('%s', (_what, name, expected) => {
	expect(name).toBe(expected);
});

it('refuses what RabbitMQ would not take', () => {
	const long = { kind: 'existing', name: 'ä'.repeat(125) } as const;
	expect(() => deadLetterQueue(long, 'billing')).toThrow(/too long/);
});

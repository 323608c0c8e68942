import { channelOf, isPattern, listeningTo } from './names';

it.each([
	['orders', false],
	['orders.*', true],
	['order?', true],
	['order[12]', true],
	['orders.\\*', false],
	['\\\\*', true],
])('%s as a pattern: %s', (name, expected) => {
	expect(isPattern(name)).toBe(expected);
});

it('only an existing channel may be a pattern', () => {
	expect(listeningTo({ kind: 'existing', name: 'orders.*' })).toEqual({ to: 'pattern', name: 'orders.*' });
	expect(listeningTo({ kind: 'existing', name: 'orders' })).toEqual({ to: 'channel', name: 'orders' });
	expect(listeningTo({ kind: 'channel', channel: 'orders' })).toEqual({ to: 'channel', name: 'orders' });
	expect(() => channelOf({ kind: 'existing', name: 'orders.*' })).toThrow('is a pattern');
});

it('nothing is kept for a group', () => {
	const of = { kind: 'channel', channel: 'orders' } as const;
	expect(() => listeningTo({ kind: 'dead-letters', of, group: null })).toThrow('keeps no events');
	expect(() => channelOf({ kind: 'group', of, group: 'g' })).toThrow('keeps no events');
});

import { slotOf } from '../slot';
import { channelKeys, deadLettersKey, groupKeys, groupsKey, homeOf } from './names';

it.each(['events', 'legacy:orders', '{shop}:orders', 'a{b}c'])('all keys beside %s lie in its slot', (stream) => {
	const keys = channelKeys(stream, true);
	const all = [
		...Object.values(groupKeys(keys.home, 'group')),
		groupsKey(keys.home),
		keys.channel,
		keys.deadLetterGroups,
		keys.listeners,
		deadLettersKey(keys, 'group'),
	];
	expect(new Set(all.map(slotOf))).toEqual(new Set([slotOf(stream)]));
	expect(new Set(all).size).toBe(all.length);
});

it('two streams never share a key', () => {
	expect(channelKeys('a', true).home).not.toBe(channelKeys('{a}', true).home);
});

it('a name that no hash tag can hold is refused in a Cluster only', () => {
	expect(() => channelKeys('a}b', true)).toThrow('In a Cluster');
	expect(channelKeys('a}b', false).stream).toBe('a}b');
});

it('those who listen to dead letters have a home of their own', () => {
	const of = { kind: 'channel', channel: 'events' } as const;
	const homes = [
		homeOf(of, true),
		homeOf({ kind: 'dead-letters', of, group: null }, true),
		homeOf({ kind: 'dead-letters', of, group: 'a' }, true),
	];
	expect(new Set(homes).size).toBe(3);
});

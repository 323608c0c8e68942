/**
 * Who reads which partition: everything is read by exactly one, evenly, and stays where it is as far as that goes.
 */
import fc from 'fast-check';
import { keyOf, shareOut, type MemberClaim } from './assignment';
import type { TopicPartition } from './protocol';

const partitionsOf = (topic: string, count: number): TopicPartition[] =>
	Array.from({ length: count }, (_unused, partition) => ({ topic, partition }));

const member = (memberId: string, owned: readonly TopicPartition[] = [], since = 0, types = ['#']): MemberClaim => ({
	memberId,
	owned,
	since,
	types,
	isDraining: false,
});

const ownedBy = (shares: ReturnType<typeof shareOut>, memberId: string) =>
	(shares.get(memberId)?.partitions ?? []).map(keyOf);

describe('sharing out partitions', () => {
	it('gives each partition to one member, evenly, whatever they had', () => {
		const claims = fc.array(fc.array(fc.nat(20), { maxLength: 20 }), { minLength: 1, maxLength: 6 });
		fc.assert(
			fc.property(claims, fc.nat(20), (owned, count) => {
				const members = owned.map((numbers, index) =>
					member(
						`m${index}`,
						[...new Set(numbers)].map((partition) => ({ topic: 'orders', partition })),
					),
				);
				const partitions = partitionsOf('orders', count);
				const shares = [...shareOut(members, [partitions]).values()].map((share) => share.partitions);
				expect(shares.flat().map(keyOf).sort()).toEqual(partitions.map(keyOf).sort());
				const sizes = shares.map((share) => share.length);
				expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
			}),
		);
	});

	it('moves nothing when nobody comes or goes', () => {
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 6 }), fc.nat(20), (size, count) => {
				const partitions = partitionsOf('orders', count);
				const names = Array.from({ length: size }, (_unused, index) => `m${index}`);
				const before = shareOut(
					names.map((name) => member(name)),
					[partitions],
				);
				const again = shareOut(
					names.map((name) => member(name, before.get(name)?.partitions)),
					[partitions],
				);
				for (const name of names) expect(ownedBy(again, name).sort()).toEqual(ownedBy(before, name).sort());
			}),
		);
	});

	it('takes from the others only the share of one that comes', () => {
		const six = partitionsOf('orders', 6);
		const shares = shareOut([member('a', six.slice(0, 3)), member('b', six.slice(3)), member('c', [], 1)], [six]);
		expect(ownedBy(shares, 'a')).toEqual(['orders/0', 'orders/1']);
		expect(ownedBy(shares, 'b')).toEqual(['orders/3', 'orders/4']);
		expect(ownedBy(shares, 'c').sort()).toEqual(['orders/2', 'orders/5']);
	});

	it('leaves a member that is about to go what it still works on, and nothing else', () => {
		const six = partitionsOf('orders', 6);
		const going = { ...member('going', six.slice(0, 1)), isDraining: true };
		const shares = shareOut([going, member('a'), member('b', six.slice(4), 1)], [six]);
		expect(ownedBy(shares, 'going')).toEqual(['orders/0']);
		expect(shares.get('a')?.partitions.length).toBeGreaterThanOrEqual(2);
		expect(ownedBy(shares, 'b')).toEqual(expect.arrayContaining(['orders/4', 'orders/5']));
		expect([...shares.values()].flatMap((share) => share.partitions)).toHaveLength(6);
	});

	it('gives nothing to a member with other types than the oldest', () => {
		const shares = shareOut(
			[
				member('new', [], 2, ['payment.*']),
				member('old', [], 1, ['order.*', 'a']),
				member('same', [], 3, ['a', 'order.*']),
			],
			[partitionsOf('orders', 4)],
		);
		expect(shares.get('new')).toEqual({ partitions: [], refusedFor: ['order.*', 'a'] });
		expect(shares.get('old')?.partitions).toHaveLength(2);
		expect(shares.get('same')?.partitions).toHaveLength(2);
	});
});

import { consumerName, factsOf, isOurConsumer, rivalOf, withFacts } from './groups';

const facts = { types: ['order.*', '#'], generation: 3, retentionMs: 1000, readAt: 5 };

it('what is written into properties is read again, beside those of others', () => {
	const properties = withFacts({ owner: 'shop' }, facts);
	expect(properties['owner']).toBe('shop');
	expect(factsOf({ properties })).toEqual(facts);
});

it('a subscription of somebody else has none', () => {
	expect(factsOf({ properties: { owner: 'shop' } })).toBeNull();
});

describe('readers with other types', () => {
	const name = (types: string[], consumer: string) => consumerName({ types, consumer });
	const first = { name: name(['a'], 'one'), since: 1 };
	const second = { name: name(['b'], 'two'), since: 2 };

	it('are seen by who came later', () => {
		expect(rivalOf(second, [first, second])).toBe(first);
		expect(rivalOf(first, [first, second])).toBeNull();
	});

	it('of two at the same time, one goes on', () => {
		const same = [first, { ...second, since: 1 }];
		expect(same.filter((me) => rivalOf(me, same) === null)).toHaveLength(1);
	});

	it('are none if they want the same, or are not ours', () => {
		const twin = { name: name(['b'], 'three'), since: 0 };
		const stranger = { name: 'java-client', since: 0 };
		expect(rivalOf(second, [twin, stranger, second])).toBeNull();
		expect(isOurConsumer(stranger)).toBe(false);
	});
});

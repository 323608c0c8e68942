import {
	factLabels,
	memberId,
	readFacts,
	readMembers,
	saysOtherTypes,
	withMember,
	withoutFacts,
	withoutMember,
} from './labels';

const LABEL = /^[a-z0-9_-]{1,63}$/;
const facts = {
	source: 'channel Shop.Orders',
	group: 'Billing-2',
	types: ['order.*', 'payment.#'],
	lifetime: 'durable',
	generation: 3,
} as const;
const member = (consumer: string, until: number) => ({ id: memberId(consumer), types: 'abc', joinedAt: 1, until });

it('facts come back from labels that Google takes', () => {
	const labels = factLabels(facts);
	for (const text of Object.entries(labels).flat()) expect(text).toMatch(LABEL);
	expect(readFacts(labels)).toEqual(facts);
	expect(readFacts({ ...labels, ...factLabels({ ...facts, lifetime: 'ephemeral' }) })?.lifetime).toBe('ephemeral');
});

it('a text of any length and alphabet is kept in pieces', () => {
	for (const group of ['a', 'x'.repeat(64), 'ünï'.repeat(20)])
		expect(readFacts(factLabels({ ...facts, group }))?.group).toBe(group);
});

it('more types than labels can hold are still told apart', () => {
	const types = Array.from({ length: 50 }, (_unused, n) => `a.long.name.of.an.event.type.with.many.words.number.${n}`);
	const labels = factLabels({ ...facts, types });
	expect(Object.keys(labels).length).toBeLessThan(64);
	expect(readFacts(labels)?.types).toEqual([]);
	expect(saysOtherTypes(labels, types)).toBe(false);
	expect(saysOtherTypes(labels, types.slice(1))).toBe(true);
});

it('a subscription of others is none of ours, and its labels stay', () => {
	expect(readFacts({ team: 'shop' })).toBeNull();
	expect(withoutFacts({ team: 'shop', ...factLabels(facts) })).toEqual({ team: 'shop' });
});

it('members come, are renewed, and go, and those that were not heard of with them', () => {
	const one = withMember({ team: 'shop' }, member('one', 100), 0);
	const two = withMember(one, member('two', 200), 50);
	for (const text of Object.entries(two).flat()) expect(text).toMatch(LABEL);
	expect(readMembers(two)).toEqual([member('one', 100), member('two', 200)]);
	expect(readMembers(withMember(two, member('two', 300), 150))).toEqual([member('two', 300)]);
	expect(withoutMember(one, memberId('one'), 0)).toEqual({ team: 'shop' });
});

it('a full set of labels takes no further member, and keeps those it has', () => {
	const full = Object.fromEntries(Array.from({ length: 64 }, (_unused, n) => [`label-${n}`, 'x']));
	expect(withMember(full, member('one', 100), 0)).toEqual(full);
});

import { codeOf, factTags, memberId, memberTag, readFacts, readMembers, saysOtherTypes } from './tags';

const facts = {
	source: 'channel orders',
	group: 'billing',
	types: ['order.*', 'payment.#@1.*'],
	lifetime: 'durable',
	topic: 'arn:aws:sns:eu-west-1:123456789012:orders',
} as const;

describe('what a queue says about itself', () => {
	it('can be read back, in characters that AWS takes', () => {
		const tags = factTags(facts);
		for (const value of Object.values(tags)) expect(value).toMatch(/^[\p{L}\p{N} _.:/=+\-@]*$/u);
		expect(readFacts(tags)).toEqual(facts);
		expect(readFacts({ team: 'shop' })).toBeNull();
	});

	it('tells types apart, however many there are', () => {
		const many = Array.from({ length: 50 }, (_unused, n) => `order.type-number-${n}`);
		const tags = factTags({ ...facts, types: many });
		expect(tags['event-bus:types']?.length).toBeLessThanOrEqual(256);
		expect(readFacts(tags)?.types).toEqual([]);
		expect(saysOtherTypes(tags, many)).toBe(false);
		expect(saysOtherTypes(tags, many.slice(1))).toBe(true);
	});

	it('names its members', () => {
		const member = { id: 'a-1', types: codeOf(['#']), joinedAt: 1, until: 2 };
		expect(readMembers({ ...factTags(facts), ...memberTag(member) })).toEqual([member]);
		expect(memberId('a-1')).toBe('a-1');
		expect(memberId('a b/ü')).toMatch(/^[0-9a-f]{16}$/);
	});
});

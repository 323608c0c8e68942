import { hashTagOf, slotOf } from './slot';

it.each([
	// As CLUSTER KEYSLOT answers.
	['123456789', 12739],
	['foo', 12182],
	['{user1000}.following', 3443],
	['{user1000}.followers', 3443],
	['foo{}{bar}', 8363],
	['foo{{bar}}zap', 4015],
])('%s is in slot %i', (key, slot) => {
	expect(slotOf(key)).toBe(slot);
});

it.each([
	['orders', null],
	['{orders}:x', 'orders'],
	['a{b}c{d}', 'b'],
	['{}x', null],
	['x}y', null],
])('the hash tag of %s', (key, tag) => {
	expect(hashTagOf(key)).toBe(tag);
});

import fc from 'fast-check';
import { derivedEventId, newCorrelationId, newEventId, timeOfEventId } from './ids';

const NOW = Date.parse('2026-02-27T10:30:00.000Z');
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const parts = fc.array(fc.string({ unit: 'binary' }));

it('makes prefixed UUIDs of version 7', () => {
	expect(newEventId(NOW).replace(/^evt_/, '')).toMatch(UUID_V7);
	expect(newCorrelationId(NOW).replace(/^corr_/, '')).toMatch(UUID_V7);
});

it('makes ids that are unique and sort in the order they were made, within one millisecond and across', () => {
	const ids = Array.from({ length: 20_000 }, (_, index) => newEventId(NOW + Math.floor(index / 5_000)));
	expect(new Set(ids).size).toBe(ids.length);
	expect([...ids].sort()).toEqual(ids);
});

it('keeps event ids and correlation ids of one millisecond apart', () => {
	expect(newEventId(NOW).slice(4)).not.toBe(newCorrelationId(NOW).slice(5));
});

it('says the time of the clock, even of one that was set back', () => {
	fc.assert(fc.property(time, (now) => expect(timeOfEventId(newEventId(now))).toBe(now)));
});

it.each([NaN, Infinity, -1, 0.5])('takes a time of %p for the epoch', (now) => {
	expect(timeOfEventId(newEventId(now))).toBe(0);
});

it('sorts later ids after earlier ones', () => {
	fc.assert(
		fc.property(time, time, (one, other) => {
			fc.pre(one < other);
			expect(newEventId(one) < newEventId(other)).toBe(true);
		}),
	);
});

it('derives the same id from the same input, and its time is the one given', () => {
	fc.assert(
		fc.property(time, parts, (at, of) => {
			const id = derivedEventId(at, of);
			expect(id).toBe(derivedEventId(at, [...of]));
			expect(id.slice(4)).toMatch(UUID_V7);
			expect(timeOfEventId(id)).toBe(at);
		}),
	);
});

/** By hand: SHA-256 of `4:shop13:order.created`, its first 74 bits after the time. */
const KNOWN_DERIVED_ID = 'evt_019c9ea5-ec40-70d3-af59-7db4e6f154aa';

it('derives the same id today as in every earlier version of this package', () => {
	expect(derivedEventId(NOW, ['shop', 'order.created'])).toBe(KNOWN_DERIVED_ID);
});

it.each([
	[
		['ab', 'c'],
		['a', 'bc'],
	],
	[['a', ''], ['a']],
	[
		['', 'a'],
		['a', ''],
	],
	[['1:a'], ['a']],
	[[], ['']],
])('derives different ids from %j and %j', (one, other) => {
	expect(derivedEventId(NOW, one)).not.toBe(derivedEventId(NOW, other));
});

it.each(['evt_123456789', 'A234-1234-1234', '', `evt_${'0'.repeat(36)}`, 'evt_018f0000-0000-4000-8000-000000000000'])(
	'finds no time in the id %p',
	(id) => expect(timeOfEventId(id)).toBeNull(),
);

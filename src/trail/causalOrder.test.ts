import { entry, published, trailEvent } from '../../test/trail/entries';
import { inCausalOrder } from './causalOrder';

/** 'a@5<b': event a, reported at 5, caused by b. */
function ordered(events: string): string {
	const entries = events.split(' ').map((text) => {
		const [, id = '', at = '', cause] = /^(\w+)@(-?\d+)(?:<(\w+))?$/.exec(text) ?? [];
		return entry(trailEvent(id, { causationId: cause ?? null }), published(Number(at)));
	});
	return inCausalOrder(entries)
		.map(({ event }) => event.eventId)
		.join(' ');
}

describe('the order of a trail', () => {
	it.each([
		['by time', 'c@3<b b@2<a a@1', 'a b c'],
		['two branches side by side', 'a@1 b@2<a c@4<b d@3<a', 'a b d c'],
		['a clock that is late', 'a@10 b@2<a c@12<b', 'a b c'],
		['two clocks that are late', 'c@1<b b@2<a a@10 d@5', 'd a b c'],
		['a cause that is not known', 'b@2<x a@1', 'a b'],
		['causes in a circle', 'a@2<b b@1<a', 'b a'],
		['an event that causes itself', 'a@2<a b@1', 'b a'],
	])('%s', (_what, events, expected) => {
		expect(ordered(events)).toBe(expected);
	});

	it('takes long chains', () => {
		const chain = Array.from({ length: 20_000 }, (_none, n) => `e${n}@${20_000 - n}${n === 0 ? '' : `<e${n - 1}`}`);
		expect(ordered(chain.toReversed().join(' ')).split(' ')[0]).toBe('e0');
	});
});

import { cyclesOf } from './cycles';

function found(text: string): readonly string[] {
	const edges = text
		.split(' ')
		.filter(Boolean)
		.map(([from = '', to = '']) => ({ from: Number(from), to: Number(to) }));
	return cyclesOf(10, edges).map(({ nodes }) => nodes.join(''));
}

describe('cycles', () => {
	it.each([
		['', []],
		['01 12 23', []],
		['01 10', ['01']],
		['00', ['0']],
		['01 12 20 34', ['012']],
		['20 01 12', ['012']],
		['01 10 23 32', ['01', '23']],
		['01 12 20 10', ['01', '012']],
		['01 12 21 30', ['12']],
		['01 02 13 23', []],
	])('of %j are %j', (edges, expected) => expect(found(edges)).toEqual(expected));

	it('are found in a graph that is densely linked, in a moment', () => {
		const edges = Array.from({ length: 100 * 100 }, (_, index) => ({ from: Math.floor(index / 100), to: index % 100 }));
		expect(cyclesOf(100, edges)).toHaveLength(100);
	});

	it('name each edge they go along', () => {
		const edges = [
			{ from: 1, to: 0, by: 'b' },
			{ from: 0, to: 1, by: 'a' },
		];
		expect(cyclesOf(2, edges)[0]?.edges.map(({ by }) => by)).toEqual(['a', 'b']);
	});
});

import { inBatches, inTens } from './batches';

describe('batches', () => {
	it('hold ten entries and no more bytes than allowed, in order', () => {
		const sizes = [3, 3, 5, 20, 1, 1];
		expect(inBatches(sizes, 10, (size) => size)).toEqual([[3, 3], [5], [20], [1, 1]]);
		expect(inTens(Array.from({ length: 21 }, (_unused, n) => n)).map(({ length }) => length)).toEqual([10, 10, 1]);
		expect(inTens([])).toEqual([]);
	});
});

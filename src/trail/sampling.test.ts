import * as fc from 'fast-check';
import { newCorrelationId } from '../event/ids';
import { isInSample, sampleAt } from './sampling';

describe('the sample of stories', () => {
	it.each([
		[0, 1],
		[0.5, 1],
		[0.51, 2],
		[0.65, 4],
		[0.75, 8],
		[0.95, 32],
		[1, 32],
	])('of a queue that is full to %d is one of %d', (fill, oneOf) => {
		expect(sampleAt(fill)).toBe(oneOf);
	});

	it('holds each story that a smaller sample holds', () => {
		fc.assert(
			fc.property(fc.string(), fc.integer({ min: 0, max: 5 }), (id, k) => {
				expect(isInSample(id, 2 ** k) || !isInSample(id, 2 ** (k + 1))).toBe(true);
			}),
		);
	});

	it.each([2, 8, 32])('is about one of %d, of ids made one after the other', (oneOf) => {
		const ids = Array.from({ length: 32_000 }, (_, n) => newCorrelationId(1_700_000_000_000 + Math.floor(n / 7)));
		const share = ids.filter((id) => isInSample(id, oneOf)).length / ids.length;
		expect(share * oneOf).toBeGreaterThan(0.8);
		expect(share * oneOf).toBeLessThan(1.25);
	});
});

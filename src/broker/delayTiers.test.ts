import { delayTier, DELAY_TIERS_MS } from './delayTiers';

describe('the tier of a delay', () => {
	it.each([
		[0, 500],
		[499, 500],
		[500, 500],
		[999, 500],
		[1000, 1000],
		[14_999, 5000],
		[3_600_000, 3_600_000],
		[86_400_000, 3_600_000],
	])('of %d ms is %d ms', (delayMs, expected) => {
		expect(delayTier(delayMs)).toBe(expected);
	});

	it('leaves less than one more tier of the same size, so that a delay is chained a few times only', () => {
		for (const tierMs of DELAY_TIERS_MS) expect(delayTier(tierMs * 2 - 1)).toBeGreaterThanOrEqual(tierMs);
	});
});

import fc from 'fast-check';
import { backoffDelay, type Backoff } from './backoff';

const backoff: Backoff = { initialMs: 1000, factor: 4, maxMs: 60_000, jitter: 0.2 };

describe('backoffDelay', () => {
	it.each([
		['the first failure waits the initial delay', 1, 0, 1000],
		['each failure multiplies it', 3, 0, 16_000],
		['the cap ends the growth', 9, 0, 60_000],
		['jitter adds up to its share', 1, 0.5, 1100],
		['a failure count below one is the first', 0, 0, 1000],
	])('%s', (_name, failures, random, expected) => {
		expect(backoffDelay(backoff, failures, random)).toBe(expected);
	});

	it('needs no waiting, however often it failed', () => {
		expect(backoffDelay({ ...backoff, initialMs: 0 }, 1000, 0)).toBe(0);
	});

	it('is never earlier than the exponential value and never later than that plus jitter', () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 1, max: 1000 }),
				fc.double({ min: 0, max: 0.999, noNaN: true }),
				(failures, random) => {
					const least = backoffDelay(backoff, failures, 0);
					const delay = backoffDelay(backoff, failures, random);
					return delay >= least && delay <= least * (1 + backoff.jitter) + 1 && Number.isInteger(delay);
				},
			),
		);
	});

	it.each([['initialMs'], ['factor'], ['maxMs'], ['jitter']])('refuses a %s that is negative or no number', (field) => {
		for (const value of [-1, NaN, Infinity]) {
			expect(() => backoffDelay({ ...backoff, [field]: value }, 1, 0)).toThrow(
				expect.objectContaining({ code: 'settings' }),
			);
		}
	});
});

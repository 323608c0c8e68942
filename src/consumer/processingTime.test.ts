import { processingBound } from './processingTime';
import { defaultConsumerSettings } from './settings';

const MINUTE_MS = 60_000;
const { retry } = defaultConsumerSettings;
const patient = { ...retry, maxAttempts: 20 };

describe('the time a run may take', () => {
	it.each([
		['is 30 minutes when nobody says anything', null, 'none', null, 1, 30],
		['is what the user says', 90, 'none', null, 1, 90],
		['leaves a margin where the broker takes events back', null, 'none', 30, 1, 25],
		['is what the user says, if the broker allows it', 20, 'none', 30, 1, 20],
		['also leaves the retries that wait in memory to keep order', null, 'key', 30, 1, 23.3],
		['also leaves the retries that wait in memory because the broker keeps none', null, 'none', 30, 0, 23.3],
	] as const)('%s', (_name, wanted, order, lease, delayedRetryMaxMs, expected) => {
		const maxProcessingMs = wanted === null ? null : wanted * MINUTE_MS;
		const maxLeaseMs = lease === null ? null : lease * MINUTE_MS;
		const bound = processingBound({ maxProcessingMs, order, retry }, { maxLeaseMs, delayedRetryMaxMs });
		expect(bound / MINUTE_MS).toBeCloseTo(expected, 1);
	});

	it.each([
		['is longer than the broker holds an event', 26, 'none', retry, 'at most 25 minutes'],
		['leaves no time for the retries', 24, 'key', retry, 'at most 23 minutes'],
		['cannot fit because the retries alone take too long', null, 'key', patient, 'fewer attempts'],
	] as const)('is refused when it %s', (_name, wanted, order, policy, hint) => {
		const maxProcessingMs = wanted === null ? null : wanted * MINUTE_MS;
		const effective = { maxLeaseMs: 30 * MINUTE_MS, delayedRetryMaxMs: 1000 };
		expect(() => processingBound({ maxProcessingMs, order, retry: policy }, effective)).toThrow(
			expect.objectContaining({ code: 'settings', hint: expect.stringContaining(hint) }),
		);
	});
});

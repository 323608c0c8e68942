import { Gatherer } from './gatherer';

describe('a gatherer', () => {
	it('makes one request of what comes about the same time, and gives everybody the own result', async () => {
		const requests: (readonly number[])[] = [];
		const gatherer = new Gatherer<number, string>(10, async (items) => {
			requests.push(items);
			return items.map((item) => `done ${item}`);
		});
		const results = await Promise.all([1, 2, 3].map(async (item) => await gatherer.add(item)));
		expect(results).toEqual(['done 1', 'done 2', 'done 3']);
		expect(requests).toEqual([[1, 2, 3]]);
	});

	it('does not wait when ten are there, and tells everybody of a failure', async () => {
		const gatherer = new Gatherer<number, string>(10, async (items) => {
			throw new Error(`refused ${items.length}`);
		});
		const results = await Promise.allSettled(Array.from({ length: 12 }, async (_unused, n) => await gatherer.add(n)));
		const reasons = results.map((result) => (result.status === 'rejected' ? String(result.reason) : 'done'));
		expect(new Set(reasons)).toEqual(new Set(['Error: refused 10', 'Error: refused 2']));
	});
});

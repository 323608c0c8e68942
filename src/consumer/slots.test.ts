import { Slots } from './slots';

const never = new AbortController().signal;

describe('slots', () => {
	it('are given in order of arrival', async () => {
		const slots = new Slots(1);
		const taken: number[] = [];
		await slots.take(never);
		const waiting = [1, 2].map(async (n) => {
			await slots.take(never);
			taken.push(n);
		});
		slots.give();
		await waiting[0];
		expect(taken).toEqual([1]);
		slots.give();
		await waiting[1];
		expect(taken).toEqual([1, 2]);
	});

	it('are not kept for somebody who stopped waiting', async () => {
		const slots = new Slots(1);
		await slots.take(never);
		const stopping = new AbortController();
		const gaveUp = slots.take(stopping.signal);
		const next = slots.take(never);
		stopping.abort(new Error('closed'));
		await expect(gaveUp).rejects.toThrow('closed');
		slots.give();
		await next;
		await expect(slots.take(stopping.signal)).rejects.toThrow('closed');
	});
});

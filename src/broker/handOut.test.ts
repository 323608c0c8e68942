import { systemClock } from '../kernel/clock';
import { EventBusError } from '../kernel/errors';
import { HandOut } from './handOut';
import type { Delivery } from './types';

function delivery(id: string): Delivery {
	return {
		message: { id, type: 'a', body: new Uint8Array(), headers: {} },
		receives: 1,
		lane: '',
		cursor: id,
		leaseUntil: null,
	};
}

function handOut(options: { maxInFlight?: number; size?: number; waitMs?: number } = {}) {
	const { maxInFlight = 3, size = 2, waitMs = 0 } = options;
	return new HandOut<string>({ maxInFlight, batch: { size, waitMs }, clock: systemClock });
}

const [a, b, c] = [delivery('a'), delivery('b'), delivery('c')] as [Delivery, Delivery, Delivery];
const ok = async (held: readonly unknown[]) => held.map(() => ({ ok: true }) as const);

describe('a hand-out', () => {
	it('gives what waits in batches, in order', async () => {
		const out = handOut();
		for (const each of [a, b, c]) out.offer(each, each.cursor);
		const batches = out.batches();
		expect((await batches.next()).value).toEqual([a, b]);
		expect((await batches.next()).value).toEqual([c]);
	});

	it('has room for what is neither waiting nor in flight, and none while paused', async () => {
		const out = handOut();
		expect(out.room).toBe(3);
		out.offer(a, 'tag');
		await out.batches().next();
		out.offer(b, 'tag');
		expect(out.room).toBe(1);
		out.pause();
		expect(out.room).toBe(0);
		out.resume();
		await out.settle([{ delivery: a, as: 'ack' }], ok);
		expect(out.room).toBe(2);
	});

	it('wakes who waits for room when a delivery is settled, and says no when it ends', async () => {
		const out = handOut({ maxInFlight: 1 });
		out.offer(a, 'tag');
		const room = out.untilRoom();
		await out.settle([{ delivery: a, as: 'ack' }], ok);
		await expect(room).resolves.toBe(true);
		out.offer(b, 'tag');
		const never = out.untilRoom();
		out.end();
		await expect(never).resolves.toBe(false);
	});

	it('waits for a batch to fill, and no longer than it may', async () => {
		const out = handOut({ maxInFlight: 10, size: 2, waitMs: 50 });
		const batches = out.batches();
		const startedAt = Date.now();
		out.offer(a, 'tag');
		expect((await batches.next()).value).toEqual([a]);
		expect(Date.now() - startedAt).toBeGreaterThanOrEqual(49);
		const full = batches.next();
		out.offer(b, 'tag');
		out.offer(c, 'tag');
		expect((await full).value).toEqual([b, c]);
	});

	it('does not wait for a batch that cannot fill', async () => {
		const out = handOut({ maxInFlight: 1, size: 2, waitMs: 60_000 });
		out.offer(a, 'tag');
		expect((await out.batches().next()).value).toEqual([a]);
	});

	it('hands out nothing while paused', async () => {
		const out = handOut();
		out.pause();
		out.offer(a, 'tag');
		const next = out.batches().next();
		const early = await Promise.race([next, new Promise((resolve) => setTimeout(resolve, 20, 'nothing'))]);
		expect(early).toBe('nothing');
		out.resume();
		expect((await next).value).toEqual([a]);
	});

	it('settles what it holds with what the adapter kept, and calls the rest lost', async () => {
		const out = handOut();
		out.offer(a, 'tag of a');
		const seen: string[] = [];
		const outcomes = await out.settle(
			[a, b].map((each) => ({ delivery: each, as: 'ack' })),
			async (held) => {
				seen.push(...held.map(({ native }) => native));
				return await ok(held);
			},
		);
		expect(seen).toEqual(['tag of a']);
		expect(outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.error.code))).toEqual(['ok', 'lease-lost']);
		expect(out.held()).toEqual([]);
	});

	it('keeps a delivery whose settling failed, so that it can be tried again', async () => {
		const out = handOut();
		out.offer(a, 'tag');
		const error = new EventBusError('unreachable', 'gone');
		await out.settle([{ delivery: a, as: 'ack' }], async () => [{ ok: false, error }]);
		expect(out.nativeOf(a)).toBe('tag');
	});

	it('ends its batches and returns what nobody was given', async () => {
		const out = handOut();
		out.offer(a, 'tag');
		const batches = out.batches();
		await batches.next();
		out.offer(b, 'tag');
		expect(out.end()).toEqual([b]);
		expect((await batches.next()).done).toBe(true);
		expect(out.held().map((each) => each.delivery)).toEqual([a, b]);
	});

	it('throws the failure that ended it', async () => {
		const out = handOut();
		const next = out.batches().next();
		out.fail(new EventBusError('unreachable', 'The server is gone'));
		await expect(next).rejects.toThrow('The server is gone');
	});
});

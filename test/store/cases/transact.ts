/**
 * Several changes in one commit.
 */
import { errorOf } from '../../brokers/errorOf';
import { event, events } from '../../conformance/events';
import type { StoreCase } from '../case';
import { idsIn, readAll } from '../reading';

const PUBLISH = { target: 'broker', channel: 'orders' } as const;

export const transactCases: readonly StoreCase[] = [
	{
		name: 'transact_all',
		says: 'carries out all of it in one commit, and answers each',
		async run({ engine, store, call }) {
			const [one] = events(1);
			const place = { model: 'orders', id: '1', expect: null, change: null } as const;
			const results = await engine.write(
				'transact',
				{
					changes: [
						{ do: 'append', args: { stream: 'order-1', events: [one ?? event()], expect: 'no-stream', publish: null } },
						{ do: 'putDocument', args: { ...place, data: { status: 'new' } } },
						{ do: 'patchDocument', args: { ...place, patch: { merge: { status: 'paid' }, increment: {} } } },
					],
				},
				call(),
			);
			expect(results).toMatchObject([{ version: 1 }, { applied: true }, { document: { version: 2 } }]);
			expect((await store.get('orders', '1', call()))?.data).toEqual({ status: 'paid' });
		},
	},
	{
		name: 'transact_none',
		says: 'undoes everything when a later change is refused, and leaves no hole in the log',
		async run({ engine, store, call }) {
			await store.put({ model: 'orders', id: '1', expect: null, change: null }, { status: 'new' }, call());
			const error = await errorOf(
				engine.write(
					'transact',
					{
						changes: [
							{ do: 'append', args: { stream: 'order-1', events: events(3), expect: 'any', publish: PUBLISH } },
							{
								do: 'putDocument',
								args: { model: 'orders', id: '2', expect: null, change: 'c', data: { status: 'x' } },
							},
							{
								do: 'putDocument',
								args: { model: 'orders', id: '1', expect: 7, change: null, data: { status: 'y' } },
							},
						],
					},
					call(),
				),
			);
			expect(error.code).toBe('version-conflict');
			expect(await idsIn(store, 'order-1', call())).toEqual([]);
			expect(await store.get('orders', '2', call())).toBeNull();
			expect(await engine.read('outboxBacklog', {}, call())).toEqual([]);
			expect((await store.append('order-2', events(1), call())).places[0]?.position).toBe(1);
			// The change that was undone is not remembered either.
			const again = await store.put({ model: 'orders', id: '2', expect: null, change: 'c' }, { a: 1 }, call());
			expect(again.applied).toBe(true);
		},
	},
	{
		name: 'transact_two_streams',
		says: 'lets a conflict on one of two streams undo both',
		async run({ engine, store, call }) {
			await store.append('order-2', events(2), call());
			const append = (stream: string, expect_: number) =>
				({ do: 'append', args: { stream, events: events(1), expect: expect_, publish: null } }) as const;
			const changes = [append('order-1', 0), append('order-2', 1)];
			expect((await errorOf(engine.write('transact', { changes }, call()))).code).toBe('version-conflict');
			expect(await idsIn(store, 'order-1', call())).toEqual([]);
		},
	},
	{
		name: 'outbox_in_the_same_commit',
		says: 'keeps what is to be published with the events, in order, until it is removed',
		async run({ engine, store, clock, call }) {
			const list = events(3);
			await store.append('order-1', list, { ...call(), publish: PUBLISH });
			await store.append('order-1', list, { ...call(), publish: PUBLISH });
			await store.append('order-2', events(1), { ...call(), publish: { target: 'other', channel: 'x' } });
			const rows = await engine.read('readOutbox', { target: 'broker', limit: 10 }, call());
			expect(rows.map(({ position, channel }) => [position, channel])).toEqual([1, 2, 3].map((n) => [n, 'orders']));
			expect(rows.map(({ event: stored }) => stored)).toEqual(list);
			const backlog = await engine.read('outboxBacklog', {}, call());
			expect(backlog).toMatchObject([
				{ target: 'broker', waiting: 3 },
				{ target: 'other', waiting: 1 },
			]);
			expect(Math.abs((backlog[0]?.oldestAt ?? 0) - clock.now())).toBeLessThan(60_000);
			await engine.write('removeFromOutbox', { target: 'broker', positions: [1, 3] }, call());
			const still = await engine.read('stillInOutbox', { target: 'broker', positions: [1, 2, 3] }, call());
			expect(still).toEqual([2]);
			expect(await readAll(store.read('order-1', call()))).toHaveLength(3);
		},
	},
];

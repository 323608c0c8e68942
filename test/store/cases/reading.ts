/**
 * Reading streams and the log.
 */
import { event, events, idsOf } from '../../conformance/events';
import { times } from '../../conformance/waiting';
import type { StoreCase } from '../case';
import { idsIn, readAll } from '../reading';

export const readingCases: readonly StoreCase[] = [
	{
		name: 'read_stream',
		says: 'reads forwards and backwards, from a version, up to a limit',
		async run({ store, call }) {
			const list = events(1200);
			const ids = idsOf(list);
			await store.append('order-1', list, call());
			const read = async (options: object) =>
				(await readAll(store.read('order-1', { ...call(), ...options }))).map(({ event: { event_id } }) => event_id);
			expect(await read({})).toEqual(ids);
			expect(await read({ backwards: true })).toEqual(ids.toReversed());
			expect(await read({ from: 1199 })).toEqual(ids.slice(1198));
			expect(await read({ from: 700, limit: 501 })).toEqual(ids.slice(699, 1200));
			expect(await read({ from: 3, backwards: true })).toEqual(ids.slice(0, 3).toReversed());
			expect(await read({ backwards: true, limit: 2 })).toEqual(ids.slice(1198).toReversed());
			expect(await read({ from: 1201 })).toEqual([]);
			expect(await read({ limit: 0 })).toEqual([]);
			expect(await idsIn(store, 'order-2', call())).toEqual([]);
		},
	},
	{
		name: 'read_large_pages',
		says: 'reads 20 MB of large events in pages, each once and in order',
		async run({ store, engine, call }) {
			const list = times(21, (n) => event({ payload: { n, text: 'x'.repeat(1_000_000) } }));
			for (const one of list) await store.append('order-1', [one], call());
			expect(await idsIn(store, 'order-1', call())).toEqual(idsOf(list));
			const found = await readAll(store.readLog(call()));
			expect(found.map(({ event: { event_id } }) => event_id)).toEqual(idsOf(list));
			const page = await engine.read('readLog', { after: 0, limit: 500, filter: {} }, call());
			expect(page.events.length).toBeLessThan(10);
			expect(page).toMatchObject({ isEnd: false, scannedTo: page.events.length });
		},
	},
	{
		name: 'read_log',
		says: 'gives the events of all streams in the order in which they were stored',
		async run({ store, call }) {
			const list = events(600);
			for (const [n, one] of list.entries()) {
				if (n % 100 === 0) await store.append(`order-${n}`, list.slice(n, n + 100), call());
				expect(one).toBeDefined();
			}
			const found = await readAll(store.readLog(call()));
			expect(found.map(({ position }) => position)).toEqual(times(600, (n) => n + 1));
			expect(found.map(({ event: { event_id } }) => event_id)).toEqual(idsOf(list));
			const rest = await readAll(store.readLog({ ...call(), after: 598 }));
			expect(rest.map(({ position }) => position)).toEqual([599, 600]);
			expect(await readAll(store.readLog({ ...call(), limit: 7 }))).toHaveLength(7);
			expect(await readAll(store.readLog({ ...call(), after: 600 }))).toEqual([]);
		},
	},
	{
		name: 'read_log_filtered',
		says: 'filters by type with wildcards and versions, category, stream and correlation',
		async run({ store, engine, call }) {
			const of = (type: string, version: string, correlation: string) => ({
				...event({ type, metadata: { correlation_id: correlation } }),
				event_version: version,
			});
			await store.append('order-1', [of('order.created', '1.0', 'a'), of('order.paid', '2.0', 'a')], call());
			await store.append('order-2', [of('order.created', '2.0', 'b')], call());
			await store.append('stock-1', [of('stock.item.taken', '1.0', 'a')], call());
			const positions = async (filter: object) =>
				(await readAll(store.readLog({ ...call(), filter }))).map(({ position }) => position);
			expect(await positions({ types: ['order.created'] })).toEqual([1, 3]);
			expect(await positions({ types: ['order.paid', 'stock.item.taken'] })).toEqual([2, 4]);
			expect(await positions({ types: ['order.*'] })).toEqual([1, 2, 3]);
			expect(await positions({ types: ['#.taken'] })).toEqual([4]);
			expect(await positions({ types: ['order.created@2.*'] })).toEqual([3]);
			expect(await positions({ types: ['#@1.0'] })).toEqual([1, 4]);
			expect(await positions({ category: 'order' })).toEqual([1, 2, 3]);
			expect(await positions({ category: 'ord' })).toEqual([]);
			expect(await positions({ stream: 'order-1' })).toEqual([1, 2]);
			expect(await positions({ correlationId: 'a' })).toEqual([1, 2, 4]);
			expect(await positions({ correlationId: 'a', category: 'order', types: ['#.paid'] })).toEqual([2]);
			expect(await positions({ correlationId: "a' OR '1'='1", category: 'a\u0000' })).toEqual([]);
			const page = await engine.read('readLog', { after: 0, limit: 2, filter: { types: ['stock.#'] } }, call());
			expect(page).toMatchObject({ events: [], scannedTo: 2, isEnd: false });
		},
	},
	{
		name: 'log_places',
		says: 'tells the head, and the last position before a time',
		async run({ store, engine, clock, call }) {
			expect(await engine.read('headOf', {}, call())).toBe(0);
			expect(await engine.read('positionAt', { time: clock.now() }, call())).toBe(0);
			await store.append('order-1', events(2), call());
			clock.advance(10_000);
			const time = clock.now();
			await store.append('order-1', events(1), call());
			expect(await engine.read('headOf', {}, call())).toBe(3);
			expect(await engine.read('positionAt', { time }, call())).toBe(2);
		},
	},
	{
		name: 'list_streams',
		says: 'lists streams by name, by prefix and in pages, in the order of their bytes',
		async run({ store, call }) {
			const names = ['a', 'B', 'order-10', 'order-2', 'order_3', 'ä', '🛒'];
			for (const name of names) await store.append(name, events(1), call());
			await store.append('B', events(1), call());
			const listed = await store.streams({ limit: 100 }, call());
			expect(listed.map(({ stream }) => stream)).toEqual(['B', 'a', 'order-10', 'order-2', 'order_3', 'ä', '🛒']);
			expect(listed[0]).toMatchObject({ category: 'B', version: 2 });
			expect(listed[2]).toMatchObject({ category: 'order', version: 1 });
			const page = await store.streams({ prefix: 'order-', after: 'order-10', limit: 100 }, call());
			expect(page.map(({ stream }) => stream)).toEqual(['order-2']);
			expect(await store.streams({ prefix: '🛒', limit: 1 }, call())).toHaveLength(1);
		},
	},
];

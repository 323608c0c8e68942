/**
 * Appending: what a version promises, and what a repeated append does.
 */
import { errorOf } from '../../brokers/errorOf';
import { event, events, idsOf } from '../../conformance/events';
import { times } from '../../conformance/waiting';
import type { StoreCase } from '../case';
import { idsIn, readAll } from '../reading';

export const appendCases: readonly StoreCase[] = [
	{
		name: 'append_without_expected_version',
		says: 'appends whatever the version is, and tells where each event stands',
		async run({ store, call }) {
			expect(await store.append('order-1', events(2), call())).toEqual({
				version: 2,
				places: [
					{ version: 1, position: 1, isNew: true },
					{ version: 2, position: 2, isNew: true },
				],
			});
			await store.append('order-2', events(1), call());
			expect(await store.append('order-1', events(1), call())).toEqual({
				version: 3,
				places: [{ version: 3, position: 4, isNew: true }],
			});
		},
	},
	{
		name: 'append_expected_version',
		says: 'appends when the stream is at the version that was read, and 0 is that of none',
		async run({ store, call }) {
			const first = await store.append('order-1', events(3), { ...call(), expect: 0 });
			expect(first.version).toBe(3);
			expect((await store.append('order-1', events(1), { ...call(), expect: 3 })).version).toBe(4);
		},
	},
	{
		name: 'append_version_conflict',
		says: 'refuses a version too high, too low or of none, names the actual one, and writes nothing',
		async run({ store, call }) {
			await store.append('order-1', events(3), call());
			for (const [stream, expect_, message, actualVersion = 3] of [
				['order-1', 4, 'Stream order-1 is at version 3, and version 4 was expected'],
				['order-1', 2, 'Stream order-1 is at version 3, and version 2 was expected'],
				['order-1', 'no-stream', 'Stream order-1 is at version 3, and it was expected not to exist'],
				['order-2', 1, 'Stream order-2 does not exist, and version 1 was expected', 0],
				['order-2', 'exists', 'Stream order-2 does not exist, and it was expected to exist', 0],
			] as const) {
				const error = await errorOf(store.append(stream, events(2), { ...call(), expect: expect_ }));
				expect(error).toMatchObject({ code: 'version-conflict', message, retryable: true, actualVersion });
			}
			expect(await idsIn(store, 'order-1', call())).toHaveLength(3);
			expect(await readAll(store.readLog(call()))).toHaveLength(3);
			expect(await store.streams({ limit: 10 }, call())).toHaveLength(1);
			// A refused append leaves no hole in the log either.
			expect((await store.append('order-2', events(1), call())).places[0]?.position).toBe(4);
		},
	},
	{
		name: 'append_none_and_exists',
		says: 'appends to a stream that has to be new, or has to be there',
		async run({ store, call }) {
			await store.append('order-1', events(1), { ...call(), expect: 'no-stream' });
			expect((await store.append('order-1', events(1), { ...call(), expect: 'exists' })).version).toBe(2);
		},
	},
	{
		name: 'append_nothing',
		says: 'checks the version and makes no stream',
		async run({ store, call }) {
			expect(await store.append('order-1', [], call())).toEqual({ version: 0, places: [] });
			expect(await store.streams({ limit: 10 }, call())).toEqual([]);
			expect((await errorOf(store.append('order-1', [], { ...call(), expect: 3 }))).code).toBe('version-conflict');
		},
	},
	{
		name: 'append_again',
		says: 'changes nothing when all of it is there, whatever version was expected',
		async run({ store, call }) {
			const list = events(3);
			const first = await store.append('order-1', list, { ...call(), expect: 0 });
			await store.append('order-1', events(2), call());
			const again = await store.append('order-1', list, { ...call(), expect: 0 });
			expect(again).toEqual({ version: 5, places: first.places.map((place) => ({ ...place, isNew: false })) });
			expect(await idsIn(store, 'order-1', call())).toHaveLength(5);
		},
	},
	{
		name: 'append_partly_again',
		says: 'stores only what is new, in the order given',
		async run({ store, call }) {
			const list = events(5);
			await store.append('order-1', list.slice(1, 3), call());
			const result = await store.append('order-1', list, { ...call(), expect: 2 });
			expect(result.places.map(({ version, isNew }) => [version, isNew])).toEqual([
				[3, true],
				[1, false],
				[2, false],
				[4, true],
				[5, true],
			]);
			// In another stream the same id is another event.
			expect((await store.append('order-2', list.slice(0, 1), call())).places[0]?.isNew).toBe(true);
		},
	},
	{
		name: 'append_twice_in_one',
		says: 'stores an id once that occurs twice in one append',
		async run({ store, call }) {
			const [one, two] = [event(), event()];
			const result = await store.append('order-1', [one, two, one], call());
			expect(result.places.map(({ version, isNew }) => [version, isNew])).toEqual([
				[1, true],
				[2, true],
				[1, false],
			]);
			expect(await idsIn(store, 'order-1', call())).toEqual(idsOf([one, two]));
		},
	},
	{
		name: 'append_many',
		says: 'stores 2,500 events in one append, all or none, and knows them all again',
		async run({ store, call }) {
			const list = events(2500);
			expect((await store.append('order-1', list, call())).version).toBe(2500);
			const again = await store.append('order-1', [...list, event()], call());
			expect(again.places.filter(({ isNew }) => isNew)).toHaveLength(1);
			expect(await idsIn(store, 'order-1', call())).toHaveLength(2501);
		},
	},
	{
		name: 'append_keeps_the_event',
		says: 'gives an event back as it was stored, with NUL, emoji, deep and odd data',
		async run({ store, call }) {
			const payload = {
				nul: 'a\u0000b',
				emoji: '🛒 ünïcödé',
				deep: { a: [{ b: [null, true, 0, 1.5, 1e300, ''] }] },
				'with.dot': { "it's": '"; DROP TABLE event; --' },
				big: '9007199254740993',
			};
			const one = { ...event({ payload }), unknown_field: { kept: true } };
			await store.append('order-1', [one], call());
			const [stored] = await readAll(store.read('order-1', call()));
			expect(stored?.event).toEqual(one);
			expect(stored).toMatchObject({ stream: 'order-1', version: 1, position: 1 });
			expect(Math.abs((stored?.recordedAt ?? 0) - Date.now())).toBeLessThan(60_000);
		},
	},
	{
		name: 'append_hostile_names',
		says: 'takes names with SQL, wildcards and brackets as names, and refuses what cannot be one',
		async run({ store, call }) {
			const names = [
				"order-'; DROP TABLE event; --",
				'order-%',
				'order-_',
				'order-$1 ? :a @b',
				'__proto__',
				'订单-🛒',
				'"quoted"',
				'C:\\path',
				'x'.repeat(400),
			];
			for (const name of names) await store.append(name, [event({ payload: { name } })], call());
			for (const name of names) {
				const found = await readAll(store.read(name, call()));
				expect(found.map(({ event: { payload } }) => payload)).toEqual([{ name }]);
			}
			const listed = await store.streams({ limit: 100 }, call());
			expect(listed.map(({ stream }) => stream).toSorted()).toEqual(names.toSorted());
			expect(await store.streams({ prefix: 'order-%', limit: 100 }, call())).toHaveLength(1);
			for (const name of ['', ' order-1', 'a\nb', 'a\u0000b', '\ud800', 'x'.repeat(401)]) {
				expect((await errorOf(store.append(name, events(1), call()))).code).toBe('settings');
			}
		},
	},
	{
		name: 'append_large',
		says: 'takes an event of nearly 1 MiB, and refuses one of 5 MB clearly, with nothing written',
		async run({ store, call }) {
			await store.append('order-1', [event({ payload: { text: 'x'.repeat(1_000_000) } })], call());
			const large = event({ payload: { text: 'x'.repeat(5_000_000) } });
			const error = await errorOf(store.append('order-1', [event(), large], call()));
			expect(error).toMatchObject({ code: 'too-large', message: expect.stringContaining('1048576') });
			expect(await idsIn(store, 'order-1', call())).toHaveLength(1);
		},
	},
	{
		name: 'append_cancelled',
		says: 'ends with the reason of the signal, and the store goes on',
		async run({ store, call }) {
			const stop = new AbortController();
			const reason = new Error('stopped');
			const appends = times(
				20,
				async (n) =>
					await store
						.append(`order-${n}`, events(1), { ...call(), signal: stop.signal })
						.catch((error: unknown) => error),
			);
			stop.abort(reason);
			for (const outcome of await Promise.all(appends)) {
				if (outcome instanceof Error) expect(outcome).toBe(reason);
			}
			expect((await store.append('order-x', events(1), call())).version).toBe(1);
		},
	},
];

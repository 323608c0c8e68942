/**
 * Many at once.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { CallOptions } from '../../../src/broker/types';
import { isEventBusError } from '../../../src/kernel/errors';
import type { EventStore } from '../../../src/store/store';
import { errorOf } from '../../brokers/errorOf';
import { event, events, idsOf } from '../../conformance/events';
import { pause, times, until } from '../../conformance/waiting';
import type { StoreCase } from '../case';
import type { StoreRig } from '../rig';
import { idsIn, readAll } from '../reading';

export const concurrencyCases: readonly StoreCase[] = [
	{
		name: 'concurrent_exact_versions',
		says: 'lets exactly one of 8 writers in two instances win each version, and loses none',
		limitMs: 60_000,
		async run(rig) {
			const stores = [rig.store, await rig.another()];
			const PER_WRITER = 15;
			let conflicts = 0;
			const won: number[] = [];
			const write = async (store: EventStore, writer: number) => {
				for (let n = 0; n < PER_WRITER;) {
					const version = (await idsIn(store, 'order-1', rig.call())).length;
					const one = event({ id: `w${writer}-${n}` });
					const result = await store.append('order-1', [one], { ...rig.call(), expect: version }).catch(refusal);
					if (result === 'version-conflict') {
						conflicts += 1;
						continue;
					}
					won.push(result.version);
					n += 1;
				}
			};
			await Promise.all(times(8, async (writer) => await write(stores[writer % 2] ?? rig.store, writer)));
			expect(won.toSorted((a, b) => a - b)).toEqual(times(8 * PER_WRITER, (n) => n + 1));
			const ids = await idsIn(rig.store, 'order-1', rig.call());
			expect(new Set(ids).size).toBe(8 * PER_WRITER);
			expect(conflicts).toBeGreaterThan(0);
		},
	},
	{
		name: 'concurrent_processes',
		says: 'lets exactly one of 8 writers in two processes win each version, and loses none',
		limitMs: 60_000,
		async run({ store, place, call }) {
			const won = (
				await Promise.all(['a', 'b'].map(async (name) => await writeElsewhere(place.url, name, 4, 10)))
			).flat();
			expect(won.toSorted((a, b) => a - b)).toEqual(times(80, (n) => n + 1));
			expect(new Set(await idsIn(store, 'order-1', call())).size).toBe(80);
		},
	},
	{
		name: 'no_gap_for_readers',
		says: 'lets a reader who keeps his position see every event once and in order while many append',
		limitMs: 60_000,
		async run(rig) {
			const other = await rig.another();
			const WRITERS = 8;
			const PER_WRITER = 40;
			const total = WRITERS * PER_WRITER;
			const readers = [rig.store, await rig.another()].map(async (store) => await follow(store, total, rig.call()));
			await Promise.all(
				times(WRITERS, async (writer) => {
					for (let n = 0; n < PER_WRITER; n += 1) {
						await appendSlowly(rig, writer % 2 === 0 ? rig.store : other, `s${writer}-${n % 3}`, `w${writer}-${n}`);
					}
				}),
			);
			for (const seen of await Promise.all(readers)) {
				expect(seen.map(({ position }) => position)).toEqual(times(total, (n) => n + 1));
				expect(new Set(seen.map(({ id }) => id)).size).toBe(total);
			}
		},
	},
	{
		name: 'concurrent_repeats',
		says: 'stores an event once that is appended by several at the same time',
		async run(rig) {
			const other = await rig.another();
			const list = events(5);
			const results = await Promise.all(
				times(12, async (n) => await (n % 2 === 0 ? rig.store : other).append('order-1', list, rig.call())),
			);
			expect(await idsIn(rig.store, 'order-1', rig.call())).toEqual(idsOf(list));
			expect(results.filter(({ places }) => places[0]?.isNew)).toHaveLength(1);
		},
	},
	{
		name: 'concurrent_patches',
		says: 'loses none of 60 increments of two instances, and counts a repeated change once',
		limitMs: 60_000,
		async run(rig) {
			const other = await rig.another();
			const patch = { merge: {}, increment: { count: 1 } };
			await Promise.all(
				times(60, async (n) => {
					const store = n % 2 === 0 ? rig.store : other;
					const change = `c${n % 40}`;
					await store.patch({ model: 'totals', id: 'all', expect: null, change }, patch, rig.call());
				}),
			);
			const document = await rig.store.get('totals', 'all', rig.call());
			expect(document).toMatchObject({ version: 40, data: { count: 40 } });
		},
	},
	{
		name: 'concurrent_transactions',
		says: 'finishes transactions that take the same things in opposite order',
		limitMs: 60_000,
		async run(rig) {
			const other = await rig.another();
			const put = (id: string) =>
				({
					do: 'patchDocument',
					args: { model: 'm', id, expect: null, change: null, patch: { merge: {}, increment: { n: 1 } } },
				}) as const;
			await Promise.all(
				times(16, async (n) => {
					const append = {
						do: 'append',
						args: { stream: 'order-1', events: events(1), expect: 'any', publish: null },
					} as const;
					const changes = n % 2 === 0 ? [put('a'), append, put('b')] : [put('b'), put('a'), append];
					const { engine } = n % 4 < 2 ? rig.store : other;
					await engine.write('transact', { changes }, rig.call());
				}),
			);
			for (const id of ['a', 'b']) expect((await rig.store.get('m', id, rig.call()))?.data).toEqual({ n: 16 });
			expect(await idsIn(rig.store, 'order-1', rig.call())).toHaveLength(16);
		},
	},
	{
		name: 'told_of_commits',
		says: 'wakes a listener of another instance soon after a commit, and not after it has stopped',
		async run(rig) {
			const other = await rig.another();
			let woken = 0;
			const stop = rig.engine.onCommit(() => (woken += 1));
			// Long enough to be connected, and to tell a notice from the slow look.
			await pause(500);
			for (let n = 0; n < 3; n += 1) {
				const before = woken;
				await other.append('order-1', events(1), rig.call());
				await until('the listener is woken', () => woken > before, 1500);
			}
			stop();
			const before = woken;
			await other.append('order-1', events(1), rig.call());
			await pause(300);
			expect(woken).toBe(before);
		},
	},
	{
		name: 'opened_by_several',
		says: 'makes its tables once when several open an empty store at the same time',
		unopened: true,
		limitMs: 60_000,
		async run(rig) {
			const stores = await Promise.all(times(6, async () => await rig.another()));
			await Promise.all(stores.map(async (store, n) => await store.append(`order-${n}`, events(1), rig.call())));
			expect(await readAll(rig.store.readLog(rig.call()))).toHaveLength(6);
		},
	},
	{
		name: 'newer_schema_refused',
		says: 'refuses a store that a newer package wrote, and says so',
		unopened: true,
		async run(rig) {
			const store = await rig.another();
			await store.append('order-1', events(1), rig.call());
			await store.engine[Symbol.asyncDispose]();
			await rig.place.pretendNewer();
			const error = await errorOf(rig.another());
			expect(error).toMatchObject({ code: 'storage', message: expect.stringContaining('newer n8n-nodes-event-bus') });
		},
	},
];

/** In a process of its own. @returns the versions its writers won */
async function writeElsewhere(url: string, name: string, writers: number, count: number): Promise<readonly number[]> {
	const script = join(__dirname, '..', 'writerProcess.js');
	const child = fork(script, [url, name, String(writers), String(count)], {
		stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
	});
	const [[versions]] = (await Promise.all([once(child, 'message'), once(child, 'exit')])) as [[number[]], unknown];
	return versions;
}

function refusal(error: unknown): 'version-conflict' {
	if (isEventBusError(error) && error.code === 'version-conflict') return error.code;
	throw error;
}

/** An append whose transaction stays open for different times: large ones overtake small ones if they can. */
async function appendSlowly({ call }: StoreRig, store: EventStore, stream: string, id: string): Promise<void> {
	const text = 'x'.repeat(id.length % 2 === 0 ? 10 : 100_000);
	await store.append(stream, [event({ id, payload: { text } })], call());
}

async function follow(
	store: EventStore,
	total: number,
	call: CallOptions,
): Promise<readonly { readonly position: number; readonly id: string }[]> {
	const seen: { position: number; id: string }[] = [];
	for (let after = 0; seen.length < total;) {
		const page = await store.engine.read('readLog', { after, limit: 50, filter: {} }, call);
		seen.push(...page.events.map(({ position, event: { event_id } }) => ({ position, id: event_id })));
		after = page.scannedTo;
		if (page.isEnd) await pause(1);
	}
	return seen;
}

/**
 * The inbox: which events have been processed.
 */
import { times } from '../../conformance/waiting';
import type { StoreCase } from '../case';
import type { StoreRig } from '../rig';

const LEASE_MS = 30_000;
const KEEP_MS = 60_000;
const FRESH = { state: 'new', failures: 0, firstFailureAt: null, lastError: null, notBefore: null };

export const inboxCases: readonly StoreCase[] = [
	{
		name: 'inbox_one_run_at_a_time',
		says: 'gives a key to one run at a time, also of the same owner, and among many who ask at once',
		async run(rig) {
			const { engine, call } = rig;
			const other = await rig.another();
			const asked = await Promise.all(
				times(10, async (n) => {
					const { inbox } = n % 2 === 0 ? engine : other.engine;
					return await inbox.begin(['k', 'l', 'm'], `o${n}`, LEASE_MS, call());
				}),
			);
			for (const key of [0, 1, 2]) expect(asked.filter((entries) => entries[key]?.state === 'new')).toHaveLength(1);
			expect(await begin(rig)).toMatchObject({ state: 'busy', until: expect.any(Number) });
		},
	},
	{
		name: 'inbox_remembers',
		says: 'remembers a processed event for as long as asked',
		async run(rig) {
			const { engine, clock, call } = rig;
			expect(await begin(rig)).toEqual(FRESH);
			expect(await engine.inbox.finish(['k'], 'me', KEEP_MS, call())).toEqual([true]);
			expect(await begin(rig)).toEqual({ state: 'done' });
			clock.advance(KEEP_MS + 1);
			expect(await begin(rig)).toEqual(FRESH);
		},
	},
	{
		name: 'inbox_counts_failures',
		says: 'counts failed runs and keeps the first time and the last error, with NUL in it',
		async run(rig) {
			const { engine, call } = rig;
			for (const at of [1000, 2000]) {
				await begin(rig);
				const failure = { key: 'k', at, error: `error\u0000 at ${at}`, notBefore: at + 5 };
				expect(await engine.inbox.fail([failure], 'me', KEEP_MS, call())).toEqual([true]);
			}
			const entry = await begin(rig);
			expect(entry).toMatchObject({ state: 'new', failures: 2, firstFailureAt: 1000, notBefore: 2005 });
			expect(entry).toMatchObject({ lastError: expect.stringMatching(/^error. at 2000$/s) });
		},
	},
	{
		name: 'inbox_lease_ends',
		says: 'frees a key when its lease ends, and tells the old owner that it lost it',
		async run(rig) {
			const { engine, clock, call } = rig;
			await begin(rig);
			clock.advance(LEASE_MS + 1);
			expect(await begin(rig, 'other')).toEqual(FRESH);
			expect(await engine.inbox.finish(['k'], 'me', KEEP_MS, call())).toEqual([false]);
			const failure = { key: 'k', at: 1, error: 'x', notBefore: 1 };
			expect(await engine.inbox.fail([failure], 'me', KEEP_MS, call())).toEqual([false]);
			expect(await engine.inbox.finish(['k'], 'other', KEEP_MS, call())).toEqual([true]);
		},
	},
	{
		name: 'inbox_lease_extended',
		says: 'keeps a key while its owner extends the lease',
		async run(rig) {
			const { engine, clock, call } = rig;
			await begin(rig);
			clock.advance(LEASE_MS - 1000);
			await engine.inbox.extend(['k'], 'me', LEASE_MS, call());
			await engine.inbox.extend(['k'], 'other', 10 * LEASE_MS, call());
			clock.advance(LEASE_MS - 1000);
			expect(await begin(rig, 'other')).toMatchObject({ state: 'busy' });
			clock.advance(2000);
			expect(await begin(rig, 'other')).toMatchObject({ state: 'new' });
		},
	},
	{
		name: 'inbox_released',
		says: 'gives a key back without a count, and keeps earlier counts',
		async run(rig) {
			const { engine, call } = rig;
			await begin(rig);
			await engine.inbox.release(['k'], 'other', call());
			expect(await begin(rig, 'other')).toMatchObject({ state: 'busy' });
			await engine.inbox.release(['k'], 'me', call());
			await begin(rig);
			await engine.inbox.fail([{ key: 'k', at: 1, error: 'x', notBefore: 1 }], 'me', KEEP_MS, call());
			await begin(rig);
			await engine.inbox.release(['k'], 'me', call());
			expect(await begin(rig, 'other')).toMatchObject({ state: 'new', failures: 1 });
		},
	},
	{
		name: 'inbox_many_keys',
		says: 'answers many keys in one call, each for itself',
		async run(rig) {
			const { engine, call } = rig;
			await begin(rig, 'other', 'b');
			const entries = await engine.inbox.begin(['a', 'b', 'c'], 'me', LEASE_MS, call());
			expect(entries.map(({ state }) => state)).toEqual(['new', 'busy', 'new']);
			expect(await engine.inbox.begin([], 'me', LEASE_MS, call())).toEqual([]);
			expect(await engine.inbox.finish(['c', 'b'], 'me', KEEP_MS, call())).toEqual([true, false]);
		},
	},
];

async function begin({ engine, call }: StoreRig, owner = 'me', key = 'k') {
	const [entry] = await engine.inbox.begin([key], owner, LEASE_MS, call());
	return entry;
}

/**
 * Leases, the positions of subscriptions, and what they could not process.
 */
import { errorOf } from '../../brokers/errorOf';
import { times } from '../../conformance/waiting';
import type { StoreCase } from '../case';
import type { StoreRig } from '../rig';

const LEASE_MS = 30_000;

export const coordinationCases: readonly StoreCase[] = [
	{
		name: 'lease_of_one',
		says: 'gives a lease to one at a time, prolongs it, and frees it when it ends or is given back',
		async run({ engine, clock, call }) {
			const take = async (owner: string) =>
				await engine.write('takeLease', { name: 'relay', owner, leaseMs: LEASE_MS }, call());
			const taken = await Promise.all(times(8, async (n) => await take(`o${n}`)));
			expect(taken.filter(Boolean)).toHaveLength(1);
			const owner = `o${taken.indexOf(true)}`;
			clock.advance(LEASE_MS - 1000);
			expect(await take(owner)).toBe(true);
			clock.advance(LEASE_MS - 1000);
			expect(await take('other')).toBe(false);
			clock.advance(2000);
			expect(await take('other')).toBe(true);
			await engine.write('giveLease', { name: 'relay', owner }, call());
			expect(await take('third')).toBe(false);
			await engine.write('giveLease', { name: 'relay', owner: 'other' }, call());
			expect(await take('third')).toBe(true);
		},
	},
	{
		name: 'subscription_one_reader',
		says: 'has one reader, who alone moves the position, and hands over when he is gone',
		async run(rig) {
			const { engine, clock, call } = rig;
			const joined = await Promise.all(times(4, async (n) => await join(rig, `o${n}`)));
			expect(joined.filter(({ isReader }) => isReader)).toHaveLength(1);
			const owner = joined.find(({ isReader }) => isReader)?.state.owner ?? '';
			expect(joined[0]?.state).toMatchObject({ position: 5, settled: [], generation: 0, paused: false });
			const ahead = (position: number) => [{ first: position + 2, last: position + 3 }];
			const advance = async (by: string, position: number, generation = 0) =>
				await engine
					.write(
						'advanceSubscription',
						{ name: 'projector', owner: by, generation, position, settled: ahead(position) },
						call(),
					)
					.then(
						() => true,
						(error: unknown) => {
							expect(error).toMatchObject({ code: 'lease-lost' });
							return false;
						},
					);
			expect(await advance(owner, 7)).toBe(true);
			expect(await advance('stranger', 9)).toBe(false);
			clock.advance(LEASE_MS + 1);
			expect(await advance(owner, 9)).toBe(false);
			const next = await join(rig, 'next');
			expect(next).toMatchObject({ isReader: true, state: { position: 7, settled: ahead(7), owner: 'next' } });
			expect(await advance('next', 12, 5)).toBe(false);
			expect(await advance('next', 12)).toBe(true);
			const listed = await engine.read('listSubscriptions', {}, call());
			expect(listed).toMatchObject([{ name: 'projector', position: 12, settled: ahead(12), owner: 'next' }]);
		},
	},
	{
		name: 'subscription_filter_kept',
		says: 'refuses another filter while somebody reads it, and takes it from the reader',
		async run(rig) {
			expect((await join(rig, 'a')).isReader).toBe(true);
			const error = await errorOf(join(rig, 'b', { filter: { types: ['x'] } }));
			expect(error.code).toBe('conflict');
			expect((await join(rig, 'a', { filter: { types: ['x'] } })).state.filter).toEqual({ types: ['x'] });
		},
	},
	{
		name: 'subscription_reset_pause_delete',
		says: 'begins again in a new generation, is paused, and goes with what it could not process',
		async run(rig) {
			const { engine, call } = rig;
			expect(await engine.write('resetSubscription', { name: 'projector', position: 0 }, call())).toBe(false);
			expect(await engine.write('pauseSubscription', { name: 'projector', paused: true }, call())).toBe(false);
			expect(await engine.write('deleteSubscription', { name: 'projector' }, call())).toBe(false);
			await join(rig, 'a');
			expect(await engine.write('resetSubscription', { name: 'projector', position: 2 }, call())).toBe(true);
			expect(await engine.write('pauseSubscription', { name: 'projector', paused: true }, call())).toBe(true);
			const state = await engine.read('readSubscription', { name: 'projector' }, call());
			expect(state).toMatchObject({ position: 2, generation: 1, paused: true, owner: 'a' });
			expect((await join(rig, 'a', { reset: true })).state).toMatchObject({ position: 5, generation: 2 });
			await park(rig, 'dead', 1);
			expect(await engine.write('deleteSubscription', { name: 'projector' }, call())).toBe(true);
			expect(await engine.read('readSubscription', { name: 'projector' }, call())).toBeNull();
			expect(await engine.read('countParked', {}, call())).toEqual([]);
		},
	},
	{
		name: 'parked_until_due',
		says: 'keeps what could not be processed, in order, and hands out what is due',
		async run(rig) {
			const { engine, clock, call } = rig;
			await park(rig, 'dead', 3);
			await park(rig, 'due', 2);
			const read = async (state: 'dead' | 'due', subscription: string | null = 'projector', after = 0, limit = 10) =>
				await engine.read('readParked', { subscription, state, after, limit }, call());
			const dead = await read('dead');
			expect(dead.map(({ message }) => message)).toEqual(['m0', 'm1', 'm2']);
			expect(await read('dead', null)).toEqual(dead);
			expect(await read('dead', 'other')).toEqual([]);
			expect((await read('dead', null, dead[0]?.id, 1)).map(({ message }) => message)).toEqual(['m1']);
			expect(await read('due')).toEqual([]);
			const at = await engine.read('nextParkedAt', { subscription: 'projector' }, call());
			expect(at).toBeGreaterThan(clock.now());
			expect(await engine.read('nextParkedAt', { subscription: 'other' }, call())).toBeNull();
			clock.advance(60_001);
			const [first, second] = await read('due');
			await engine.write('repark', { id: first?.id ?? 0, message: 'again', dueAt: clock.now() + 1000 }, call());
			expect(await read('due')).toEqual([second]);
			clock.advance(1001);
			expect((await read('due')).map(({ message }) => message)).toEqual(['again', 'm1']);
			expect(await engine.read('countParked', {}, call())).toEqual([{ subscription: 'projector', dead: 3 }]);
			const ids = dead.map(({ id }) => id);
			expect(await engine.write('removeParked', { ids: [...ids, 999_999] }, call())).toBe(3);
			expect(await engine.write('removeParked', { ids: [] }, call())).toBe(0);
		},
	},
];

async function join({ engine, call }: StoreRig, owner: string, more: object = {}) {
	const args = {
		name: 'projector',
		filter: { types: ['order.#'] },
		owner,
		leaseMs: LEASE_MS,
		position: 5,
		reset: false,
		ephemeral: false,
	};
	return await engine.write('joinSubscription', { ...args, ...more }, call());
}

/** Due in a minute. */
async function park({ engine, clock, call }: StoreRig, state: 'dead' | 'due', count: number): Promise<void> {
	const dueAt = state === 'dead' ? 0 : clock.now() + 60_000;
	const entries = times(count, (n) => ({ lane: `l${n}`, message: `m${n}`, dueAt }));
	await engine.write('park', { subscription: 'projector', state, entries }, call());
}

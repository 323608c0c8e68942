/**
 * What a person sees and decides of subscriptions.
 */
import { errorOf } from '../../brokers/errorOf';
import { events } from '../../conformance/events';
import {
	deleteSubscription,
	pauseSubscription,
	reportSubscriptions,
	restartSubscription,
} from '../../../src/store/subscriptionCare';
import type { StoreCase } from '../case';
import type { StoreRig } from '../rig';

const LEASE_MS = 30_000;

export const careCases: readonly StoreCase[] = [
	{
		name: 'care_report',
		says: 'tells how far a subscription is behind the log, who reads it and what it could not process',
		async run(rig) {
			const { store, engine, call } = rig;
			expect(await reportSubscriptions(engine, call())).toEqual([]);
			await store.append('order-1', events(5), call());
			await join(rig, 'me', 2);
			const entries = [{ lane: '', message: 'm', dueAt: 0 }];
			await engine.write('park', { subscription: 'projector', state: 'dead', entries }, call());
			expect(await reportSubscriptions(engine, call())).toMatchObject([
				{ name: 'projector', position: 2, behind: 3, deadLetters: 1, owner: 'me', paused: false },
			]);
		},
	},
	{
		name: 'care_restart',
		says: 'begins again at the beginning, a position or a time, and empties its read models in the same commit',
		async run(rig) {
			const { store, engine, clock, call } = rig;
			const restart = restartSubscription;
			const missing = restart(engine, 'projector', { at: 'beginning' }, ['orders'], call());
			const place = { model: 'orders', id: '1', expect: null, change: 'c' };
			await store.put(place, { n: 1 }, call());
			expect((await errorOf(missing)).code).toBe('not-found');
			await store.append('order-1', events(2), call());
			clock.advance(1000);
			const between = clock.now();
			await store.append('order-1', events(2), call());
			await join(rig, 'me', 4);
			expect(await restart(engine, 'projector', { at: 'time', time: between }, [], call())).toBe(2);
			expect(await restart(engine, 'projector', { at: 'position', position: 3 }, [], call())).toBe(3);
			expect(await store.get('orders', '1', call())).not.toBeNull();
			expect(await restart(engine, 'projector', { at: 'beginning' }, ['orders'], call())).toBe(0);
			expect(await reportSubscriptions(engine, call())).toMatchObject([{ position: 0, behind: 4, generation: 3 }]);
			expect(await store.get('orders', '1', call())).toBeNull();
			// What was changed before is changed again.
			expect((await store.put(place, { n: 1 }, call())).applied).toBe(true);
		},
	},
	{
		name: 'care_pause_delete',
		says: 'pauses and resumes what there is, and deletes what nobody reads',
		async run(rig) {
			const { engine, clock, call } = rig;
			expect((await errorOf(pauseSubscription(engine, 'projector', true, call()))).code).toBe('not-found');
			expect((await errorOf(deleteSubscription(engine, 'projector', call()))).code).toBe('not-found');
			await join(rig, 'me', 0);
			await pauseSubscription(engine, 'projector', true, call());
			expect(await reportSubscriptions(engine, call())).toMatchObject([{ paused: true }]);
			await pauseSubscription(engine, 'projector', false, call());
			expect(await reportSubscriptions(engine, call())).toMatchObject([{ paused: false }]);
			expect((await errorOf(deleteSubscription(engine, 'projector', call()))).code).toBe('conflict');
			clock.advance(LEASE_MS + 1);
			await deleteSubscription(engine, 'projector', call());
			expect(await reportSubscriptions(engine, call())).toEqual([]);
		},
	},
];

async function join({ engine, call }: StoreRig, owner: string, position: number): Promise<void> {
	const args = { name: 'projector', filter: {}, owner, leaseMs: LEASE_MS, position, reset: false, ephemeral: false };
	await engine.write('joinSubscription', args, call());
}

/**
 * States folded from events, and the snapshots that shorten the way.
 */
import { compileRules, type FoldSettings } from '../../../src/store/fold/rules';
import { event } from '../../conformance/events';
import { times } from '../../conformance/waiting';
import type { StoreCase } from '../case';

const ROW = { mergePayload: false, set: {}, increment: {}, remove: [] };
const SETTINGS: FoldSettings = {
	rows: [
		{ ...ROW, on: ['order.created'], mergePayload: true, set: { status: 'new', last: '$.event_id' } },
		{ ...ROW, on: ['order.item.*'], increment: { count: '$.payload.quantity' }, set: { last: '$.event_id' } },
		{ ...ROW, on: ['order.paid'], set: { status: 'paid' }, remove: ['cart'] },
	],
	initial: { count: 0 },
	keepHistory: false,
};
const RULES = compileRules(SETTINGS);
const OTHERS = compileRules({ ...SETTINGS, initial: { count: 1000 } });

export const foldingCases: readonly StoreCase[] = [
	{
		name: 'state_of_a_stream',
		says: 'folds the events of a stream by rules, now, as of a version, and as of a time',
		async run({ store, call }) {
			const at = (second: number) => ({ occurred_at: new Date(1_700_000_000_000 + second * 1000).toISOString() });
			await store.append(
				'order-1',
				[
					{ ...event({ type: 'order.created', payload: { customer: 'Ada', cart: 7 }, id: 'a' }), ...at(0) },
					{ ...event({ type: 'order.item.added', payload: { quantity: 3 }, id: 'b' }), ...at(10) },
					{ ...event({ type: 'order.paid', id: 'c' }), ...at(20) },
				],
				call(),
			);
			const state = async (asOf: object) => await store.state('order-1', RULES, asOf, call());
			const whole = { customer: 'Ada', count: 3, status: 'paid', last: 'b' };
			expect(await state({})).toMatchObject({ exists: true, version: 3, state: whole });
			expect(await state({ version: 1 })).toMatchObject({
				version: 1,
				state: { count: 0, customer: 'Ada', cart: 7, status: 'new', last: 'a' },
			});
			expect((await state({ time: 1_700_000_010_000 })).state).toMatchObject({ count: 3, status: 'new' });
			expect(await state({ time: 1_600_000_000_000 })).toMatchObject({
				exists: false,
				version: 0,
				state: { count: 0 },
			});
			expect(await store.state('order-2', RULES, {}, call())).toMatchObject({ exists: false, state: { count: 0 } });
		},
	},
	{
		name: 'snapshots_are_never_wrong',
		says: 'gives the same state with a snapshot as without, as of any version, and by other rules',
		async run({ store, engine, call }) {
			const added = times(350, (n) => ({
				...event({ type: 'order.item.added', payload: { quantity: 1 } }),
				occurred_at: new Date(1_700_000_000_000 + n * 1000).toISOString(),
			}));
			await store.append('order-1', added.slice(0, 250), call());
			const state = async (asOf: object, rules = RULES) => await store.state('order-1', rules, asOf, call());
			expect(await state({})).toMatchObject({ version: 250, state: { count: 250 }, eventsRead: 250 });
			expect(await state({})).toMatchObject({ version: 250, state: { count: 250 }, eventsRead: 0 });
			await store.append('order-1', added.slice(250), call());
			expect(await state({})).toMatchObject({ version: 350, state: { count: 350 }, eventsRead: 100 });
			// Older than the snapshot, and at a time within it: what came later must not be in it.
			expect(await state({ version: 249 })).toMatchObject({ version: 249, state: { count: 249 } });
			expect(await state({ version: 350 })).toMatchObject({ state: { count: 350 }, eventsRead: 0 });
			expect((await state({ time: 1_700_000_000_000 + 99_000 })).state).toMatchObject({ count: 100 });
			expect((await state({}, OTHERS)).state).toMatchObject({ count: 1350 });
			// An older snapshot never replaces a newer one.
			const old = { stream: 'order-1', rules: RULES.id, version: 10, latestAt: 0, state: { count: -1 }, history: [] };
			await engine.write('writeSnapshot', old, call());
			expect((await state({})).state).toMatchObject({ count: 350 });
		},
	},
];

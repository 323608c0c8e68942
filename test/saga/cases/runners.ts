/**
 * Several that look after one saga, and one that is stopped.
 */
import assert from 'node:assert/strict';
import { statusOf } from '../../../src/saga/state';
import type { StoreEngine } from '../../../src/store/engine';
import { assertSame } from '../../conformance/same';
import { pause, times, until } from '../../conformance/waiting';
import type { SagaCase } from '../case';
import { chain, saga, step } from '../definitions';
import { checkFacts } from '../ledger';
import { call } from '../rig';
import { noConnection, refusal } from '../services';

const ab = chain(step('a'), step('b'));

export const runners: readonly SagaCase[] = [
	{
		name: 'two_runners',
		says: 'one runs the saga and the others follow: everything is sent once, and all are told the end',
		run: async (rig) => {
			const processes = [await rig.process(), await rig.process(), await rig.process()];
			const definition = chain(step('a'), step('b'), step('c'));
			rig.services.on('c', () => refusal());
			await processes[0]?.start('s', definition);
			const states = await Promise.all(processes.map(async (one) => await one.run('s')));
			assertSame(states.map(statusOf), ['compensated', 'compensated', 'compensated']);
			assertSame(rig.services.calls, ['a', 'b', 'c', 'undo b', 'undo a']);
		},
	},
	{
		name: 'follower_takes_over',
		says: 'a runner that stops in the middle is followed by one that waits',
		run: async (rig) => {
			const [one, other] = [await rig.process(), await rig.process()];
			const stop = new AbortController();
			rig.services.on('a', async (_call, apply) => {
				await pause(300);
				return apply();
			});
			await one.start('s', ab);
			const first = one.run('s', { signal: stop.signal });
			await rig.services.called('a');
			const second = other.run('s');
			stop.abort(new Error('n8n stops'));
			assert.equal(statusOf(await first), 'running');
			assert.equal(statusOf(await second), 'completed');
			assertSame(rig.services.calls, ['a', 'b']);
		},
	},
	{
		name: 'lease_lost',
		says: 'a runner that seemed dead is overtaken: the effect is applied once, and both are told the end',
		run: async (rig) => {
			let isFrozen = false;
			const slow = await rig.process((engine) => withoutLeases(engine, () => isFrozen));
			const other = await rig.process();
			rig.services.on('a', async ({ attempt }, apply) => {
				const outcome = apply();
				if (attempt === 1) await pause(2500);
				return outcome;
			});
			await slow.start('s', ab);
			const first = slow.run('s', { leaseMs: 600 });
			await rig.services.called('a');
			isFrozen = true;
			const second = other.run('s', { leaseMs: 600 });
			await rig.services.called('a', 2);
			isFrozen = false;
			assertSame([await first, await second].map(statusOf), ['completed', 'completed']);
			assertSame(rig.services.effects, ['a', 'b']);
			assertSame(rig.services.calls, ['a', 'a 2', 'b']);
			checkFacts(ab, await other.facts('s'));
		},
	},
	{
		name: 'left_by_a_runner_without_lease',
		says: 'what a runner still sent when it had lost the saga does not hold up the one that has it',
		run: async (rig) => {
			const one = await rig.process();
			rig.services.on('b', ({ attempt }, apply) => (attempt === 1 ? noConnection() : apply()));
			const retry = { maxAttempts: 3, backoff: { initialMs: 60_000, factor: 1, maxMs: 60_000, jitter: 0 } };
			await one.start('s', saga(step('a'), step('b', { retry })));
			const running = one.run('s');
			await until('it waits', async () => {
				const { a, b } = Object.fromEntries((await one.load('s')).steps);
				return a?.undoCommand != null && b?.do.status === 'retry';
			});
			const sent = { kind: 'sent', step: 'b', direction: 'do', attempt: 2, command: null } as const;
			await one.journal.record(await one.load('s'), [sent], call());
			assert.equal(statusOf(await running), 'completed');
			assertSame(rig.services.effects, ['a', 'b']);
			checkFacts((await one.load('s')).definition, await one.facts('s'));
		},
	},
	{
		name: 'time_is_over',
		says: 'a run that waits no longer records what came of its attempt, begins nothing, and leaves the saga due',
		run: async (rig) => {
			const one = await rig.process();
			rig.services.on('a', async (_call, apply) => {
				await pause(1500);
				return apply();
			});
			await one.start('s', ab);
			const state = await one.run('s', { waitMs: 1000 });
			assertSame([statusOf(state), state.steps.get('a')?.do.status], ['running', 'succeeded']);
			assertSame(await one.due(), ['s']);
			assert.equal(await one.isFree('s'), true);
			assert.equal(statusOf(await one.run('s')), 'completed');
			assertSame(rig.services.calls, ['a', 'b']);
		},
	},
	{
		name: 'time_is_over_while_recording',
		says: 'of two attempts that end together, neither is forgotten by a run whose time is over',
		run: async (rig) => {
			const one = await rig.process();
			const names = times(6, (n) => `s${n}`);
			for (const name of names) {
				rig.services.on(name, async (_call, apply) => {
					await pause(1500);
					return apply();
				});
			}
			await one.start('s', saga(...names.map((name) => step(name)), step('z', { after: names })));
			const state = await one.run('s', { waitMs: 1000 });
			assertSame(
				names.map((name) => state.steps.get(name)?.do.status),
				names.map(() => 'succeeded'),
			);
		},
	},
	{
		name: 'nobody_waits',
		says: 'a run that waits for nothing sends nothing, and the saga is due',
		run: async (rig) => {
			const one = await rig.process();
			await one.start('s', ab);
			assert.equal(statusOf(await one.run('s', { waitMs: 0 })), 'running');
			assertSame([rig.services.calls, await one.due()], [[], ['s']]);
		},
	},
	{
		name: 'not_due_while_it_is_looked_after',
		says: 'a saga with a runner is not given to another, and one that has ended neither',
		run: async (rig) => {
			const [one, other] = [await rig.process(), await rig.process()];
			rig.services.on('a', async (_call, apply) => {
				await pause(2200);
				return apply();
			});
			await one.start('s', ab);
			const running = one.run('s', { leaseMs: 900 });
			await rig.services.called('a');
			await pause(1600);
			assertSame(await other.due(), []);
			await running;
			assertSame([await other.due(), await other.isFree('s')], [[], true]);
		},
	},
];

/** While it is frozen its leases are not prolonged, as when a process gets no time. */
function withoutLeases(engine: StoreEngine, isFrozen: () => boolean): StoreEngine {
	return Object.assign(Object.create(engine) as StoreEngine, {
		read: engine.read.bind(engine),
		write: async (...args: Parameters<StoreEngine['write']>) => {
			if (args[0] === 'takeLease') await until('it goes on', () => !isFrozen());
			return await engine.write(...args);
		},
	});
}

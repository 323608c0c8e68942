/**
 * Undoing: backwards, once, and visible where it does not work.
 */
import assert from 'node:assert/strict';
import { reportOf } from '../../../src/saga/report';
import { statusOf } from '../../../src/saga/state';
import { assertSame } from '../../conformance/same';
import { pause, times, until } from '../../conformance/waiting';
import type { SagaCase } from '../case';
import { chain, saga, step } from '../definitions';
import { checkFacts } from '../ledger';
import { cancel, resume } from '../play';
import { noConnection, refusal } from '../services';

const five = chain(...['a', 'b', 'c', 'd', 'e'].map((name) => step(name)));
const three = chain(step('a'), step('b'), step('c'));

export const compensation: readonly SagaCase[] = [
	{
		name: 'backwards',
		says: 'the last step is declined: all before it are undone, newest first',
		run: async (rig) => {
			const one = await rig.process();
			rig.services.on('e', () => refusal());
			const report = reportOf(await one.startAndRun('s', five));
			assertSame(rig.services.effects, ['a', 'b', 'c', 'd', 'undo d', 'undo c', 'undo b', 'undo a']);
			assertSame([report.status, report.failed_step, report.compensated], ['compensated', 'e', ['d', 'c', 'b', 'a']]);
		},
	},
	{
		name: 'backwards_after_parallel_steps',
		says: 'steps that ran at once are undone in the order opposite to that in which they ended, after all have ended',
		run: async (rig) => {
			const one = await rig.process();
			const isRecorded = async (name: string) => {
				const { status } = (await one.load('s')).steps.get(name)?.do ?? {};
				return status === 'succeeded' || status === 'failed';
			};
			// d fails first, and then the others end one after the other.
			const before = { b: 'd', a: 'b', c: 'a' };
			for (const [name, earlier] of Object.entries(before)) {
				rig.services.on(name, async (_call, apply) => {
					await until(`${earlier} has ended`, async () => await isRecorded(earlier));
					return apply();
				});
			}
			rig.services.on('d', () => refusal());
			await one.startAndRun('s', saga(step('a'), step('b'), step('c'), step('d'), step('e', { after: ['a'] })));
			assertSame(rig.services.effects, ['b', 'a', 'c', 'undo c', 'undo a', 'undo b']);
		},
	},
	{
		name: 'undo_tried_again',
		says: 'undoing that fails for a moment is tried again, and the saga is compensated',
		run: async (rig) => {
			const one = await rig.process();
			rig.services.on('c', () => refusal());
			rig.services.on('undo b', ({ attempt }, apply) => (attempt === 1 ? noConnection() : apply()));
			assert.equal(statusOf(await one.startAndRun('s', three)), 'compensated');
			assertSame(rig.services.calls.slice(3), ['undo b', 'undo b 2', 'undo a']);
		},
	},
	{
		name: 'stuck_and_resumed',
		says: 'undoing that fails for good leaves the others undone and the saga stuck; resumed, it undoes what is left',
		run: async (rig) => {
			const one = await rig.process();
			rig.services.on('c', () => refusal());
			rig.services.on('undo b', () => refusal('http 500'));
			const stuck = reportOf(await one.startAndRun('s', three));
			assertSame([stuck.status, stuck.error?.code, stuck.compensated], ['stuck', 'http 402', ['a']]);
			assertSame(stuck.not_compensated, [{ step: 'b', error: 'refused: http 500' }]);
			assertSame(await one.due(), []);

			rig.services.repair('undo b');
			await one.apply('s', resume);
			assertSame(await one.due(), ['s']);
			assert.equal(statusOf(await one.run('s')), 'compensated');
			assertSame(rig.services.effects, ['a', 'b', 'undo a', 'undo b']);
			checkFacts(three, await one.facts('s'));
		},
	},
	{
		name: 'resumed_twice',
		says: 'however many resume at once, nothing is undone twice',
		run: async (rig) => {
			const processes = [await rig.process(), await rig.process()];
			const [one] = processes;
			assert.ok(one);
			rig.services.on('c', () => refusal());
			rig.services.on('undo b', () => refusal());
			await one.startAndRun('s', three);
			rig.services.repair('undo b');
			const before = rig.services.calls.length;
			const states = await Promise.all(
				times(6, async (n) => {
					const process = processes[n % 2] ?? one;
					// The slower ones decide on what they knew before.
					await process.apply('s', resume).catch(() => undefined);
					return await process.run('s');
				}),
			);
			assertSame([...new Set(states.map(statusOf))], ['compensated']);
			assertSame(rig.services.calls.slice(before), ['undo b 2']);
			await assert.rejects(one.apply('s', resume), { code: 'conflict' });
			checkFacts(three, await one.facts('s'));
		},
	},
	{
		name: 'resumed_past_no_return',
		says: 'after the point of no return a failed step parks the saga, and resumed it is tried again',
		run: async (rig) => {
			const one = await rig.process();
			rig.services.on('c', () => refusal());
			const definition = chain(step('a'), step('b', { pointOfNoReturn: true }), step('c'));
			assert.equal(statusOf(await one.startAndRun('s', definition)), 'stuck');
			rig.services.repair('c');
			await one.apply('s', resume);
			assert.equal(statusOf(await one.run('s')), 'completed');
			assertSame(rig.services.effects, ['a', 'b', 'c']);
		},
	},
	{
		name: 'cancelled_from_elsewhere',
		says: 'another process cancels while a step is under way: it ends, and all is undone',
		run: async (rig) => {
			const [one, other] = [await rig.process(), await rig.process()];
			rig.services.on('b', async (_call, apply) => {
				await pause(500);
				return apply();
			});
			await one.start('s', three);
			const running = one.run('s');
			await rig.services.called('b');
			await other.apply('s', cancel);
			const report = reportOf(await running);
			assertSame([report.status, report.compensated], ['cancelled', ['b', 'a']]);
			assertSame(rig.services.effects, ['a', 'b', 'undo b', 'undo a']);
		},
	},
	{
		name: 'cancelled_while_nobody_runs',
		says: 'a saga that nobody looks after is due as soon as it is cancelled',
		run: async (rig) => {
			const one = await rig.process();
			rig.services.on('b', () => noConnection());
			const patient = { maxAttempts: 9, backoff: { initialMs: 60_000, factor: 1, maxMs: 60_000, jitter: 0 } };
			const stop = new AbortController();
			await one.start('s', chain(step('a'), step('b', { retry: patient })));
			const running = one.run('s', { signal: stop.signal });
			await until('it waits', async () => (await one.load('s')).steps.get('b')?.do.status === 'retry');
			stop.abort(new Error('n8n stops'));
			await running;
			assertSame(await one.due(), []);
			await one.apply('s', cancel);
			assertSame(await one.due(), ['s']);
			assert.equal(statusOf(await one.run('s')), 'cancelled');
			assertSame(rig.services.effects, ['a', 'undo a']);
		},
	},
];

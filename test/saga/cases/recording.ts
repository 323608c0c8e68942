/**
 * What is recorded, and when: started once, never overwritten, in the middle of a crash, and bounded in size.
 */
import assert from 'node:assert/strict';
import { reportOf } from '../../../src/saga/report';
import { isEnded, type SagaState, statusOf } from '../../../src/saga/state';
import type { StoreEngine } from '../../../src/store/engine';
import { EventBusError } from '../../../src/kernel/errors';
import { assertSame } from '../../conformance/same';
import { times } from '../../conformance/waiting';
import type { SagaCase } from '../case';
import { chain, saga, step } from '../definitions';
import { checkFacts } from '../ledger';
import { send } from '../play';
import { call, PUBLISH, SURROUNDINGS } from '../rig';
import { refusal } from '../services';

const ab = chain(step('a'), step('b'));
/** Of JSON text; a saga keeps 256 KiB. */
const TOO_LARGE = 'x'.repeat(300 * 1024);

export const recording: readonly SagaCase[] = [
	{
		name: 'start_concurrently',
		says: 'of many that start one id, one has started it, and it runs once',
		run: async (rig) => {
			const processes = [await rig.process(), await rig.process()];
			const starts = processes.flatMap((one) => times(5, async () => await one.start('s', ab)));
			assert.equal((await Promise.all(starts)).filter(Boolean).length, 1);
			await Promise.all(processes.map(async (one) => await one.run('s')));
			assertSame(rig.services.calls, ['a', 'b']);
		},
	},
	{
		name: 'id_used_again',
		says: 'an id that has ended is not started again, and running it gives its end',
		run: async (rig) => {
			const one = await rig.process();
			await one.startAndRun('s', ab);
			assert.equal(await one.start('s', saga(step('x'))), false);
			const again = await one.run('s');
			assertSame([statusOf(again), again.definition], ['completed', ab]);
			assertSame(rig.services.calls, ['a', 'b']);
		},
	},
	{
		name: 'replay_is_exact',
		says: 'what is read from the store is the state that its runner had',
		run: async (rig) => {
			const one = await rig.process();
			rig.services.on('c', () => refusal());
			const definition = chain(step('a'), step('b'), step('c'));
			const started = await one.journal.start(
				{ id: 's', definition, input: { n: [1] }, correlationId: 'corr_s', ...SURROUNDINGS },
				call(),
			);
			assertSame(plain(await one.load('s')), plain(started));
			assertSame(plain(await one.run('s')), plain(await one.load('s')));
			checkFacts(definition, await one.facts('s'));
		},
	},
	{
		name: 'stale_update',
		says: 'who decides on an old state is refused, and changes nothing',
		run: async (rig) => {
			const one = await rig.process();
			await one.start('s', saga(step('a'), step('b')));
			const old = await one.load('s');
			const current = await one.apply('s', send('a'));
			const fact = { kind: 'sent', step: 'b', direction: 'do', attempt: 1, command: null } as const;
			await assert.rejects(one.journal.record(old, [fact], call()), { code: 'version-conflict' });
			assertSame(plain(await one.load('s')), plain(current));
			assert.equal(await one.journal.versionOf('s', call()), current.version);
		},
	},
	...(['before', 'after'] as const).map((when): SagaCase => ({
		name: `crash_${when}_record`,
		says: `a runner that is gone ${when} any record leaves nothing undone and nothing twice`,
		run: async (rig) => {
			const other = await rig.process();
			rig.services.on('c', () => refusal());
			const definition = chain(step('a'), step('b'), step('c'));
			let hasEnded = false;
			for (let commits = 1; !hasEnded; commits += 1) {
				const id = `s${commits}`;
				await other.start(id, definition);
				const dying = await rig.process((engine) => dyingEngine(engine, when, commits));
				rig.services.effects.length = 0;
				const end = dying.run(id, { leaseMs: 100 }).catch(() => null);
				hasEnded = isEndedState(await end);
				const state = await other.run(id, { leaseMs: 100 });
				assert.equal(statusOf(state), 'compensated');
				assertSame(rig.services.effects, ['a', 'b', 'undo b', 'undo a']);
				checkFacts(definition, await other.facts(id));
			}
			assertSame(await other.due(), []);
		},
	})),
	{
		name: 'expressions_once',
		says: 'what a step sends is worked out once, from results that are recorded, and sent again as it was',
		run: async (rig) => {
			const definition = chain(step('a'), step('b'), step('c'));
			let evaluations = 0;
			const resolve = (template: unknown, { json }: { readonly json: unknown }) => {
				evaluations += 1;
				return { template, steps: (json as { steps: object }).steps, evaluations } as never;
			};
			const dying = await rig.process((engine) => dyingEngine(engine, 'after', 8));
			await dying.start('s', definition);
			await dying.run('s', { resolve, leaseMs: 100 }).catch(() => null);
			assertSame(rig.services.calls, ['a', 'b']);
			const other = await rig.process();
			await other.run('s', { resolve });
			const { steps } = rig.services.commands.get('c') as { steps: object };
			assertSame(steps, { a: { place: 'a', number: 1 }, b: { place: 'b', number: 2 } });
			const first = (await other.facts('s')).filter(
				(fact) => fact.kind === 'undo-prepared' || (fact.kind === 'sent' && fact.attempt === 1),
			);
			assert.equal(evaluations, first.length);
		},
	},
	{
		name: 'large_answer',
		says: 'an answer that is too large fails its step, which is undone',
		run: async (rig) => {
			const one = await rig.process();
			rig.services.on('b', (_call, apply) => ({ ...apply(), as: 'succeeded', result: TOO_LARGE }));
			const report = reportOf(await one.startAndRun('s', ab));
			assertSame(
				[report.status, report.failed_step, report.error?.code, report.compensated],
				['compensated', 'b', 'too-large', ['b', 'a']],
			);
			assert.match(report.error?.message ?? '', /b: .*bytes/);
			assertSame(rig.services.effects, ['a', 'b', 'undo b', 'undo a']);
		},
	},
	{
		name: 'large_refusal',
		says: 'a refusal with a page of text is a refusal',
		run: async (rig) => {
			const one = await rig.process();
			rig.services.on('b', () => ({
				...refusal(),
				as: 'failed',
				error: { code: 'http 402', message: TOO_LARGE.repeat(5), data: TOO_LARGE.repeat(5) },
				mayRetry: false,
				mayHaveHappened: false,
			}));
			const { error, status } = reportOf(await one.startAndRun('s', ab));
			assertSame([status, error?.code, error?.data], ['compensated', 'http 402', undefined]);
			assert.ok((error?.message.length ?? 0) < 3000);
		},
	},
	{
		name: 'outcome_on_the_bus',
		says: 'how it ended waits to be published as soon as it has ended, once',
		run: async (rig) => {
			const one = await rig.process();
			await one.startAndRun('s', ab);
			await one.run('s');
			const waiting = await one.engine.read('readOutbox', { target: PUBLISH.target, limit: 10 }, call());
			assertSame(
				waiting.map(({ event, channel }) => [event.event_type, event.subject, event.metadata.correlation_id, channel]),
				[['saga.completed', 's', 'corr_s', 'events']],
			);
		},
	},
	{
		name: 'unknown_saga',
		says: 'a saga that does not exist is said not to exist',
		run: async (rig) => {
			const one = await rig.process();
			await assert.rejects(one.run('nobody'), { code: 'not-found' });
			assert.equal(await one.isFree('nobody'), true);
		},
	},
];

/** Steps as a list. */
function plain(state: SagaState | null): object | null {
	return state && { ...state, steps: [...state.steps] };
}

function isEndedState(state: SagaState | null): boolean {
	return state !== null && isEnded(state);
}

/** From its n-th record on nothing reaches the store any more: as after kill -9, also the lease stays. */
function dyingEngine(engine: StoreEngine, when: 'before' | 'after', commits: number): StoreEngine {
	let records = 0;
	let isDead = false;
	const fail = () => {
		throw new EventBusError('closed', 'kill -9');
	};
	return Object.assign(Object.create(engine) as StoreEngine, {
		read: async (...args: Parameters<StoreEngine['read']>) => (isDead ? fail() : await engine.read(...args)),
		write: async (...args: Parameters<StoreEngine['write']>) => {
			if (args[0] === 'transact') records += 1;
			const isLast = args[0] === 'transact' && records === commits;
			isDead ||= isLast && when === 'before';
			if (isDead) return fail();
			const result = await engine.write(...args);
			isDead ||= isLast;
			return isDead ? fail() : result;
		},
	});
}

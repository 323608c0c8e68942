/**
 * Steps that an event answers.
 */
import assert from 'node:assert/strict';
import { commandId } from '../../../src/saga/command';
import { type SagaState, statusOf } from '../../../src/saga/state';
import type { EventEnvelope, Json } from '../../../src/event/envelope';
import { event } from '../../conformance/events';
import { assertSame } from '../../conformance/same';
import { pause, until } from '../../conformance/waiting';
import type { SagaCase } from '../case';
import type { SagaDefinition } from '../../../src/saga/definition';
import type { StoreEngine } from '../../../src/store/engine';
import { chain, command, step } from '../definitions';
import type { SagaProcess, SagaRig } from '../rig';

const PATIENT_MS = 10_000;
const pays = (timeoutMs = PATIENT_MS, maxAttempts = 1) => {
	const { retry } = step('pay');
	const its = { action: command('pay'), undo: command('refund'), timeoutMs, retry: { ...retry, maxAttempts } };
	return chain(step('a'), step('pay', its), step('b'));
};

/** The broker has stored the command. */
function stored(rig: SagaRig): void {
	rig.services.on('pay', () => ({ as: 'published' }));
	rig.services.on('undo pay', () => ({ as: 'published' }));
}

function answer(state: SagaState, type: string, payload: Json = {}): EventEnvelope {
	const isUndo = type.startsWith('refund');
	const causation = commandId(state, 'pay', isUndo ? 'undo' : 'do');
	return event({ type, payload, metadata: { correlation_id: state.correlationId, causation_id: causation } });
}

/** The command is out, and nobody looks after the saga. */
async function leftWaiting(
	one: SagaProcess,
	definition: SagaDefinition,
	id = 's',
	correlationId = 'corr_s',
): Promise<void> {
	const stop = new AbortController();
	await one.start(id, definition, {}, correlationId);
	const running = one.run(id, { signal: stop.signal });
	await until('the command is out', async () => (await one.load(id)).steps.get('pay')?.do.status === 'published');
	stop.abort(new Error('n8n stops'));
	await running;
}

async function untilPublished(one: SagaProcess, direction: 'do' | 'undo' = 'do'): Promise<SagaState> {
	await until(
		'the command is out',
		async () => (await one.load('s')).steps.get('pay')?.[direction].status === 'published',
	);
	return await one.load('s');
}

export const events: readonly SagaCase[] = [
	{
		name: 'reply_while_it_waits',
		says: 'a reply taken by the same process is told to its runner, which need not ask',
		run: async (rig) => {
			stored(rig);
			// Asking the store tells it nothing.
			const one = await rig.process(withoutNews);
			await one.start('s', pays());
			const running = one.run('s');
			const state = await untilPublished(one);
			assert.equal(await one.reply(answer(state, 'pay.done', { id: 7 })), 'applied');
			const end = await running;
			assertSame([statusOf(end), end.steps.get('pay')?.do.result], ['completed', { id: 7 }]);
		},
	},
	{
		name: 'reply_taken_elsewhere',
		says: 'a reply taken by another process is noticed',
		run: async (rig) => {
			stored(rig);
			const [one, other] = [await rig.process(), await rig.process()];
			await one.start('s', pays());
			const running = one.run('s');
			assert.equal(await other.reply(answer(await untilPublished(one), 'pay.done')), 'applied');
			assert.equal(statusOf(await running), 'completed');
			assertSame(rig.services.calls, ['a', 'pay', 'b']);
		},
	},
	{
		name: 'reply_while_nobody_runs',
		says: 'a reply is recorded though nobody looks after the saga, which is due then',
		run: async (rig) => {
			stored(rig);
			const one = await rig.process();
			await leftWaiting(one, pays());
			assertSame(await one.due(), []);
			assert.equal(await one.reply(answer(await one.load('s'), 'pay.done')), 'applied');
			assertSame(await one.due(), ['s']);
			assert.equal(statusOf(await one.run('s')), 'completed');
			assertSame(rig.services.calls, ['a', 'pay', 'b']);
		},
	},
	{
		name: 'reply_before_confirmation',
		says: 'a reply that comes before the broker has confirmed the command is taken',
		run: async (rig) => {
			const one = await rig.process();
			rig.services.on('pay', async () => {
				assert.equal(await one.reply(answer(await one.load('s'), 'pay.done')), 'applied');
				await pause(200);
				return { as: 'published' };
			});
			const state = await one.startAndRun('s', pays());
			assert.equal(statusOf(state), 'completed');
			assertSame(rig.services.calls, ['a', 'pay', 'b']);
		},
	},
	{
		name: 'reply_twice',
		says: 'a second copy of a reply changes nothing, at the same time or later',
		run: async (rig) => {
			stored(rig);
			const [one, other] = [await rig.process(), await rig.process()];
			await leftWaiting(one, pays());
			const reply = answer(await one.load('s'), 'pay.done');
			const taken = await Promise.all([one, other, one, other].map(async (process) => await process.reply(reply)));
			assertSame(taken.toSorted(), ['applied', 'ignored', 'ignored', 'ignored']);
			assert.equal(statusOf(await one.run('s')), 'completed');
			assert.equal(await one.reply(reply), 'ignored');
			const facts = await one.facts('s');
			assert.equal(facts.filter((fact) => fact.kind === 'succeeded' && fact.step === 'pay').length, 1);
		},
	},
	{
		name: 'copy_of_an_indirect_reply',
		says: 'a copy of a reply that does not name its command answers no later one that waits for the same',
		run: async (rig) => {
			rig.services.on('pay', () => ({ as: 'published' }));
			rig.services.on('again', () => ({ as: 'published' }));
			const one = await rig.process();
			const its = { action: command('pay'), timeoutMs: PATIENT_MS };
			await one.start('s', chain(step('pay', its), step('again', its)));
			const running = one.run('s');
			const { correlationId } = await untilPublished(one);
			const indirect = event({ type: 'pay.done', metadata: { correlation_id: correlationId } });
			assert.equal(await one.reply(indirect), 'applied');
			await until('again is out', async () => (await one.load('s')).steps.get('again')?.do.status === 'published');
			assert.equal(await one.reply(indirect), 'ignored');
			const another = event({ type: 'pay.done', metadata: { correlation_id: correlationId } });
			assert.equal(await one.reply(another), 'applied');
			assert.equal(statusOf(await running), 'completed');
		},
	},
	{
		name: 'refused_by_event',
		says: 'a failing event turns the saga back, and undoing waits for its own reply',
		run: async (rig) => {
			stored(rig);
			const one = await rig.process();
			await one.start('s', chain(...pays().steps.slice(0, 2), step('c', { action: command('check') })));
			rig.services.on('c', () => ({ as: 'published' }));
			const running = one.run('s');
			await one.reply(answer(await untilPublished(one), 'pay.done'));
			await until('c is out', async () => (await one.load('s')).steps.get('c')?.do.status === 'published');
			const { correlationId } = await one.load('s');
			const refused = event({
				type: 'check.refused',
				payload: { why: 'no' },
				metadata: { correlation_id: correlationId },
			});
			assert.equal(await one.reply(refused), 'applied');
			const compensating = await untilPublished(one, 'undo');
			assertSame(compensating.failure?.error.data, { why: 'no' });
			assertSame(rig.services.effects, ['a']);
			await one.reply(answer(compensating, 'refund.done'));
			assert.equal(statusOf(await running), 'compensated');
			assertSame(rig.services.effects, ['a', 'undo a']);
		},
	},
	{
		name: 'no_reply',
		says: 'a command that nobody answers is sent again as the same event, then given up and undone',
		run: async (rig) => {
			stored(rig);
			rig.services.repair('undo pay');
			const one = await rig.process();
			const definition = pays(300, 2);
			const state = await one.startAndRun('s', { ...definition, steps: definition.steps.slice(0, 2) });
			assertSame([statusOf(state), state.failure?.error.code], ['compensated', 'timeout']);
			assertSame(rig.services.calls, ['a', 'pay', 'pay 2', 'undo pay', 'undo a']);
			assert.equal(await one.reply(answer(state, 'pay.done')), 'ignored');
		},
	},
	{
		name: 'late_timeout',
		says: 'once it is answered its timeout does nothing',
		run: async (rig) => {
			stored(rig);
			const one = await rig.process();
			await one.start('s', pays(1500));
			rig.services.on('b', async (_call, apply) => {
				await pause(1700);
				return apply();
			});
			const running = one.run('s');
			await one.reply(answer(await untilPublished(one), 'pay.done'));
			assert.equal(statusOf(await running), 'completed');
			const failures = (await one.facts('s')).filter(({ kind }) => kind === 'failed' || kind === 'retried');
			assertSame(failures, []);
		},
	},
	{
		name: 'due_when_reply_is_late',
		says: 'a saga that waits for a reply is due when the reply is late, and then goes on',
		run: async (rig) => {
			stored(rig);
			const one = await rig.process();
			await leftWaiting(one, pays(2000));
			assertSame(await one.due(), []);
			await until('it is due', async () => (await one.due()).length === 1);
			rig.services.repair('undo pay');
			assert.equal(statusOf(await one.run('s')), 'compensated');
		},
	},
	{
		name: 'two_sagas_of_one_order',
		says: 'sagas with one correlation id each get the replies to their own commands',
		run: async (rig) => {
			stored(rig);
			const one = await rig.process();
			for (const id of ['s', 't']) {
				await leftWaiting(one, pays(), id, 'corr_order');
			}
			const [s, t] = [await one.load('s'), await one.load('t')];
			assert.equal(await one.reply(answer(s, 'pay.done', 's')), 'applied');
			assert.equal(await one.reply(answer(s, 'pay.done', 's again')), 'ignored');
			assert.equal((await one.load('t')).steps.get('pay')?.do.status, 'published');
			assert.equal(await one.reply(answer(t, 'pay.done', 't')), 'applied');
			const ends = [await one.run('s'), await one.run('t')];
			assertSame(
				ends.map(({ steps }) => steps.get('pay')?.do.result),
				['s', 't'],
			);
		},
	},
	{
		name: 'reply_of_nobody',
		says: 'an event of another correlation, type or cause is no reply',
		run: async (rig) => {
			stored(rig);
			const one = await rig.process();
			await leftWaiting(one, pays());
			const state = await one.load('s');
			const foreign = event({ type: 'pay.done', metadata: { correlation_id: 'corr_other' } });
			assert.equal(await one.reply(foreign), 'ignored');
			assert.equal(await one.reply(answer(state, 'pay.started')), 'ignored');
			assert.equal((await one.load('s')).version, state.version);
		},
	},
];

function withoutNews(engine: StoreEngine): StoreEngine {
	return Object.assign(Object.create(engine) as StoreEngine, {
		read: async (...args: Parameters<StoreEngine['read']>) =>
			args[0] === 'sagaVersion' ? 0 : await engine.read(...args),
		write: engine.write.bind(engine),
	});
}

import { chain, saga, step } from '../../test/saga/definitions';
import {
	cancel,
	interrupted,
	Play,
	prepared,
	refused,
	resume,
	send,
	succeeded,
	unanswered,
	unpreparable,
	wait,
	type Wait,
} from '../../test/saga/play';
import type { SagaInput } from './decide';
import { outcomeReport, reportOf, resultsOf } from './report';

const order = chain(step('a', { service: 'inventory' }), step('b'), step('c'));
const done = (name: string) => [send(name), succeeded(name, { by: name }), prepared(name)];
const turnedBack = [...done('a'), ...done('b'), send('c'), refused('c')];

function reported(...inputs: readonly (SagaInput | Wait)[]) {
	const play = new Play(order);
	play.applyAll(inputs);
	return reportOf(play.state);
}

it('tells who it is, what it was given and when', () => {
	expect(reported(wait(1500), send('a'))).toMatchObject({
		saga_id: 'order/1',
		saga_name: 'order',
		status: 'running',
		correlation_id: 'corr_1',
		input: {},
		started_at: '2026-02-27T10:30:00.000Z',
		updated_at: '2026-02-27T10:30:01.500Z',
	});
});

it('is silent about failures while there is none', () => {
	expect(Object.keys(reported())).toEqual(expect.not.arrayContaining(['failed_step', 'error', 'cancel_reason']));
});

it.each<[string, readonly SagaInput[], readonly string[]]>([
	['at the start', [], ['waiting', 'waiting', 'waiting']],
	['under way', [...done('a'), send('b')], ['succeeded', 'running', 'waiting']],
	['before another attempt', [send('a'), unanswered('a')], ['retrying', 'waiting', 'waiting']],
	['interrupted', [send('a'), interrupted('a')], ['retrying', 'waiting', 'waiting']],
	['turned back', turnedBack, ['succeeded', 'succeeded', 'failed']],
	['while it is undone', [...turnedBack, send('undo b')], ['succeeded', 'undoing', 'failed']],
	['undone in part', [...turnedBack, send('undo b'), succeeded('undo b')], ['succeeded', 'undone', 'failed']],
	['stuck', [...turnedBack, send('undo b'), refused('undo b')], ['succeeded', 'undo_failed', 'failed']],
])('tells how each step is: %s', (_name, inputs, expected) => {
	expect(reported(...inputs).steps.map(({ status }) => status)).toEqual(expected);
});

it('tells of each step what it answered, how often it was tried and whose it is', () => {
	const { steps } = reported(
		send('a'),
		interrupted('a'),
		send('a'),
		succeeded('a 2', { stock: 3 }),
		send('b'),
		refused('b'),
	);
	expect(steps).toEqual([
		{ name: 'a', service: 'inventory', status: 'succeeded', attempts: 2, result: { stock: 3 } },
		{ name: 'b', status: 'failed', attempts: 1, error: { code: 'http 402', message: 'it failed: http 402' } },
		{ name: 'c', status: 'waiting', attempts: 0 },
	]);
});

it('results are those of steps that have succeeded, by their names', () => {
	const play = new Play(saga(step('a'), step('b'), step('c')));
	play.applyAll([send('a'), succeeded('a', [1]), send('b'), succeeded('b', null), send('c')]);
	expect(resultsOf(play.state)).toEqual({ a: [1], b: null });
});

it('lists what was undone in its order, what was not, and the failure that began it', () => {
	const inputs = [...turnedBack, send('undo b'), refused('undo b'), send('undo a'), succeeded('undo a')];
	expect(reported(...inputs)).toMatchObject({
		status: 'stuck',
		failed_step: 'c',
		error: { code: 'http 402' },
		compensated: ['a'],
		not_compensated: [{ step: 'b', error: 'it failed: http 402' }],
	});
	expect(reported(...inputs, resume, send('undo b'), succeeded('undo b 2'))).toMatchObject({
		status: 'compensated',
		compensated: ['b', 'a'],
		not_compensated: [],
	});
});

it('says why nobody could try to undo', () => {
	expect(reported(send('a'), succeeded('a'), unpreparable('a'), send('b'), refused('b'))).toMatchObject({
		status: 'stuck',
		not_compensated: [{ step: 'a', error: 'it failed: data' }],
	});
});

it('names the failure that came first', () => {
	const play = new Play(saga(step('a'), step('b')));
	play.applyAll([send('a'), send('b'), refused('b'), refused('a')]);
	expect(reportOf(play.state).failed_step).toBe('b');
});

it('says why it was cancelled', () => {
	expect(reported(cancel)).toMatchObject({ status: 'cancelled', cancel_reason: 'the customer changed her mind' });
});

it('what is said on the bus names the outcome, and leaves out results', () => {
	const play = new Play(order);
	play.applyAll([...done('a'), ...done('b'), send('c'), succeeded('c')]);
	expect(outcomeReport(play.state)).toEqual({
		saga_id: 'order/1',
		saga_name: 'order',
		status: 'completed',
		correlation_id: 'corr_1',
		input: {},
		compensated: [],
		not_compensated: [],
		started_at: '2026-02-27T10:30:00.000Z',
	});
});

it('tells an input that no broker would take by its size', () => {
	const play = new Play(order);
	const state = { ...play.state, input: { text: 'x'.repeat(70_000) } };
	expect(outcomeReport(state)).toMatchObject({ input_bytes: 70_011 });
	expect(outcomeReport(state)).not.toHaveProperty('input');
});

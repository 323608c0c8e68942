import { event } from '../../test/conformance/events';
import { chain, command, saga, step } from '../../test/saga/definitions';
import {
	cancel,
	Play,
	prepared,
	published,
	refused,
	send,
	started,
	succeeded,
	unanswered,
	wait,
} from '../../test/saga/play';
import type { SagaInput } from './decide';
import type { SagaDefinition } from './definition';
import { answerOf, commandId, idempotencyKey } from './command';
import type { SagaState } from './state';

const asks = (name: string, about = name) => step(name, { action: command(about), undo: command(`${about}.undo`) });
const pay = saga(asks('pay'));
const payTwice = saga(asks('deposit', 'pay'), asks('rest', 'pay'));
const oneByOne = chain(asks('deposit', 'pay'), asks('rest', 'pay'));
const out = (name: string) => [send(name), published(name)];

function played(definition: SagaDefinition, ...inputs: readonly SagaInput[]): SagaState {
	const play = new Play(definition);
	play.applyAll(inputs);
	return play.state;
}

/** 'rest do succeeded', or 'none'. */
function found(sagas: readonly SagaState[], type: string, causedBy?: string): string {
	const metadata = causedBy === undefined ? {} : { causation_id: causedBy };
	const answer = answerOf(sagas, event({ type, metadata }))?.answer;
	return answer ? `${answer.step} ${answer.direction} ${answer.attempt} ${answer.as}` : 'none';
}

it('a key names saga, step and direction, whatever the attempt', () => {
	expect(idempotencyKey('order/7', 'pay', 'undo')).toBe('order/7/pay/undo');
});

it('ids of commands are the same at every attempt, and of each command another', () => {
	const id = (saga: SagaState, name: string, direction: 'do' | 'undo') => commandId(saga, name, direction);
	const first = played(payTwice, ...out('deposit'));
	const again = played(payTwice, ...out('deposit'), unanswered('deposit'));
	expect(id(again, 'deposit', 'do')).toBe(id(first, 'deposit', 'do'));
	const others = [
		id(first, 'rest', 'do'),
		id(first, 'deposit', 'undo'),
		id(started(payTwice, {}, 'order/2'), 'deposit', 'do'),
	];
	expect(new Set([id(first, 'deposit', 'do'), ...others]).size).toBe(4);
});

describe('the event answers', () => {
	it.each<[string, SagaState, string, string]>([
		['the only command that waits for it', played(pay, ...out('pay')), 'pay.done', 'pay do 1 succeeded'],
		['with a refusal', played(pay, ...out('pay')), 'pay.refused', 'pay do 1 failed'],
		['nothing, if it is of another type', played(pay, ...out('pay')), 'ship.done', 'none'],
		['before the broker has confirmed the command', played(pay, send('pay')), 'pay.done', 'pay do 1 succeeded'],
		[
			'while the command waits to be sent again',
			played(pay, ...out('pay'), unanswered('pay')),
			'pay.done',
			'pay do 1 succeeded',
		],
		['nothing before the command is sent', played(pay), 'pay.done', 'none'],
		['nothing after it was answered', played(oneByOne, ...out('deposit'), succeeded('deposit')), 'pay.done', 'none'],
		['nothing of which two wait', played(payTwice, ...out('deposit'), ...out('rest')), 'pay.done', 'none'],
		['the newest attempt', newestAttempt(), 'pay.done', 'pay do 2 succeeded'],
		[
			'what is under way when the saga turns back',
			played(pay, ...out('pay'), cancel),
			'pay.done',
			'pay do 1 succeeded',
		],
		['undoing', undone(), 'pay.undo.done', 'pay undo 1 succeeded'],
		['not undoing, if it is about doing', undone(), 'pay.done', 'none'],
		['no call', played(saga(step('a')), send('a')), 'pay.done', 'none'],
	])('%s', (_name, state, type, expected) => {
		expect(found([state], type)).toBe(expected);
	});

	it('the command that caused it, though others wait for the like', () => {
		const state = played(payTwice, ...out('deposit'), ...out('rest'));
		expect(found([state], 'pay.done', commandId(state, 'rest', 'do'))).toBe('rest do 1 succeeded');
		expect(found([state], 'pay.done', commandId(state, 'deposit', 'do'))).toBe('deposit do 1 succeeded');
		expect(found([state], 'pay.done', 'evt_of_somebody_else')).toBe('none');
	});

	it('no other command, when it is a second copy', () => {
		const state = played(oneByOne, ...out('deposit'), succeeded('deposit'), ...out('rest'));
		expect(found([state], 'pay.done', commandId(state, 'deposit', 'do'))).toBe('none');
		expect(found([state], 'pay.done', 'evt_of_the_service')).toBe('rest do 1 succeeded');
	});
});

describe('of sagas with one correlation id', () => {
	const first = started(pay, {}, 'order/1');
	const waiting = [first, started(pay, {}, 'order/2')].map((saga) => sent(saga));

	it('the one whose command caused it', () => {
		for (const state of waiting) {
			const metadata = { causation_id: commandId(state, 'pay', 'do') };
			expect(answerOf(waiting, event({ type: 'pay.done', metadata }))?.saga.id).toBe(state.id);
		}
	});

	it('none, if nobody can tell which', () => {
		expect(found(waiting, 'pay.done')).toBe('none');
	});

	it('not another one, when the one that caused it has ended', () => {
		const ended = played(pay, send('pay'), refused('pay'));
		const other = sent(started(pay, {}, 'order/2'));
		expect(found([ended, other], 'pay.done', commandId(ended, 'pay', 'do'))).toBe('none');
		expect(found([ended, other], 'pay.done')).toBe('pay do 1 succeeded');
	});
});

function newestAttempt(): SagaState {
	const play = new Play(pay);
	play.applyAll([...out('pay'), unanswered('pay'), wait(100), send('pay'), published('pay 2')]);
	return play.state;
}

function undone(): SagaState {
	const twoSteps = chain(asks('pay'), step('b'));
	return played(twoSteps, ...out('pay'), succeeded('pay'), prepared('pay'), cancel, ...out('undo pay'));
}

function sent(state: SagaState): SagaState {
	const play = new Play(pay);
	play.state = state;
	play.applyAll(out('pay'));
	return play.state;
}

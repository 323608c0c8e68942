import { chain, saga, step } from '../../test/saga/definitions';
import {
	cancel,
	interrupted,
	Play,
	prepared,
	published,
	refused,
	resume,
	send,
	succeeded,
	textOf,
	unanswered,
	unpreparable,
	unreached,
	unsendable,
	type Wait,
	wait,
} from '../../test/saga/play';
import type { SagaInput } from './decide';
import type { SagaDefinition } from './definition';
import type { SagaFact } from './facts';
import { statusOf } from './state';

type Row = readonly [
	name: string,
	definition: SagaDefinition,
	inputs: readonly (SagaInput | Wait)[],
	/** What follows from the last input. */
	facts: readonly string[],
	status: string,
];

const ab = chain(step('a'), step('b'));
const both = saga(step('a'), step('b'));
const one = saga(step('a'));
const final = chain(step('a'), step('b', { pointOfNoReturn: true }), step('c'));

const done = (name: string) => [send(name), succeeded(name), prepared(name)];
const failing = chain(step('a'), step('b'), step('c'));
/** a and b have had their effects, and c was refused. */
const turnedBack = [...done('a'), ...done('b'), send('c'), refused('c')];

const forward: readonly Row[] = [
	['sends a first step', ab, [send('a')], ['sent a'], 'running'],
	['does not send a step before those it runs after', ab, [send('b')], [], 'running'],
	['does not send a step twice', ab, [send('a'), send('a')], [], 'running'],
	['does not send a step that has succeeded', ab, [...done('a'), send('a')], [], 'running'],
	['sends the next step', ab, [...done('a'), send('b')], ['sent b'], 'running'],
	['sends steps that run at once', both, [send('a'), send('b')], ['sent b'], 'running'],
	['does not undo while it goes forward', ab, [...done('a'), send('undo a')], [], 'running'],
	['notes what the broker has stored', one, [send('a'), published('a')], ['published a'], 'running'],
	['notes it once', one, [send('a'), published('a'), published('a')], [], 'running'],
	[
		'completes with its last step',
		ab,
		[...done('a'), send('b'), succeeded('b')],
		['succeeded b', 'completed'],
		'completed',
	],
	[
		'completes though undoing is not prepared',
		one,
		[send('a'), succeeded('a')],
		['succeeded a', 'completed'],
		'completed',
	],
	['waits for all that run at once', both, [send('a'), send('b'), succeeded('b')], ['succeeded b'], 'running'],
	[
		'takes a reply that comes before the broker confirms',
		one,
		[send('a'), succeeded('a')],
		['succeeded a', 'completed'],
		'completed',
	],
	['ignores a confirmation after the reply', ab, [send('a'), succeeded('a'), published('a')], [], 'running'],
];

const answers: readonly Row[] = [
	['ignores a second reply', ab, [send('a'), succeeded('a'), succeeded('a')], [], 'running'],
	['ignores a refusal after the reply', ab, [send('a'), succeeded('a'), refused('a')], [], 'running'],
	[
		'ignores no answer after the reply',
		ab,
		[send('a'), published('a'), succeeded('a'), unanswered('a')],
		[],
		'running',
	],
	['ignores a reply to what was not sent', ab, [succeeded('a')], [], 'running'],
	['ignores a reply to an attempt to come', ab, [send('a'), succeeded('a 2')], [], 'running'],
	['ignores a reply of an unknown step', ab, [send('a'), succeeded('x')], [], 'running'],
	['ignores a reply after the end', one, [send('a'), succeeded('a'), succeeded('a')], [], 'completed'],
	['tries again what was not answered', one, [send('a'), unanswered('a')], ['retried a'], 'running'],
	['waits before it tries again', one, [send('a'), unanswered('a'), wait(99), send('a')], [], 'running'],
	['tries again when it is time', one, [send('a'), unanswered('a'), wait(100), send('a')], ['sent a 2'], 'running'],
	['takes a late reply while it waits', ab, [send('a'), unanswered('a'), succeeded('a')], ['succeeded a'], 'running'],
	[
		'takes a late refusal while it waits',
		one,
		[send('a'), unanswered('a'), refused('a')],
		['failed a'],
		'compensating',
	],
	['counts one attempt once', one, [send('a'), unanswered('a'), unanswered('a')], [], 'running'],
	[
		'ignores the end of an attempt that is over',
		one,
		[send('a'), unanswered('a'), wait(100), send('a'), refused('a')],
		[],
		'running',
	],
	[
		'gives up after the last attempt; it may have happened, so it is undone',
		one,
		[send('a'), unanswered('a'), wait(100), send('a'), unanswered('a 2')],
		['failed a 2'],
		'compensating',
	],
	[
		'what may have happened once may have happened',
		one,
		[send('a'), unanswered('a'), wait(100), send('a'), unreached('a 2')],
		['failed a 2'],
		'compensating',
	],
	[
		'has nothing to undo of what never arrived',
		one,
		[send('a'), unreached('a'), wait(100), send('a'), unreached('a 2')],
		['failed a 2', 'compensated'],
		'compensated',
	],
	['does not try again what was refused', one, [send('a'), refused('a')], ['failed a', 'compensated'], 'compensated'],
	['fails a step whose data cannot be worked out', one, [unsendable('a')], ['failed a', 'compensated'], 'compensated'],
	['ignores that of a step that is under way', one, [send('a'), unsendable('a')], [], 'running'],
];

const undoing: readonly Row[] = [
	['turns back when a step is refused', failing, turnedBack, ['failed c'], 'compensating'],
	['begins nothing new', both, [send('a'), refused('a'), send('b')], [], 'compensated'],
	['waits for what is under way', both, [send('a'), send('b'), refused('a')], ['failed a'], 'compensating'],
	[
		'does not undo while something is under way',
		both,
		[...done('a'), send('b'), cancel, send('undo a')],
		[],
		'compensating',
	],
	[
		'takes the success of what was under way',
		both,
		[send('a'), send('b'), refused('a'), succeeded('b')],
		['succeeded b'],
		'compensating',
	],
	[
		'does not try again what is to be undone',
		both,
		[send('a'), send('b'), refused('a'), unanswered('b')],
		['failed b'],
		'compensating',
	],
	[
		'gives up what waits to be tried again',
		both,
		[send('a'), send('b'), unanswered('b'), refused('a')],
		['failed a', 'failed b'],
		'compensating',
	],
	['does not undo the older effect first', failing, [...turnedBack, send('undo a')], [], 'compensating'],
	['undoes the newest effect first', failing, [...turnedBack, send('undo b')], ['sent undo b'], 'compensating'],
	['undoes one at a time', failing, [...turnedBack, send('undo b'), send('undo a')], [], 'compensating'],
	[
		'does not undo twice',
		failing,
		[...turnedBack, send('undo b'), succeeded('undo b'), send('undo b')],
		[],
		'compensating',
	],
	[
		'ignores a second reply to undoing',
		failing,
		[...turnedBack, send('undo b'), succeeded('undo b'), succeeded('undo b')],
		[],
		'compensating',
	],
	[
		'does not undo what never started',
		failing,
		[...done('a'), send('b'), refused('b'), send('undo c')],
		[],
		'compensating',
	],
	['does not undo what was refused', failing, [...turnedBack, send('undo c')], [], 'compensating'],
	[
		'is compensated when all is undone',
		failing,
		[...turnedBack, send('undo b'), succeeded('undo b'), send('undo a'), succeeded('undo a')],
		['succeeded undo a', 'compensated'],
		'compensated',
	],
	[
		'undoes in the order in which effects ended, not in which they began',
		saga(step('a'), step('b'), step('c', { after: ['a', 'b'] })),
		[
			send('a'),
			send('b'),
			succeeded('b'),
			prepared('b'),
			succeeded('a'),
			prepared('a'),
			send('c'),
			refused('c'),
			send('undo b'),
		],
		[],
		'compensating',
	],
	[
		'passes over what needs no undoing',
		chain(step('a'), step('b', { undo: null }), step('c')),
		[...done('a'), send('b'), succeeded('b'), send('c'), refused('c'), send('undo a')],
		['sent undo a'],
		'compensating',
	],
	[
		'does not undo before it is prepared',
		ab,
		[send('a'), succeeded('a'), send('b'), refused('b'), send('undo a')],
		[],
		'compensating',
	],
	['prepares once', ab, [...done('a'), prepared('a')], [], 'running'],
	[
		'tries undoing again',
		failing,
		[...turnedBack, send('undo b'), unanswered('undo b')],
		['retried undo b'],
		'compensating',
	],
	[
		'takes a late reply to undoing while it waits',
		failing,
		[...turnedBack, send('undo b'), unanswered('undo b'), succeeded('undo b')],
		['succeeded undo b'],
		'compensating',
	],
	[
		'goes on with the others when undoing fails',
		failing,
		[...turnedBack, send('undo b'), refused('undo b'), send('undo a')],
		['sent undo a'],
		'compensating',
	],
	[
		'is stuck in the end when undoing has failed',
		failing,
		[...turnedBack, send('undo b'), refused('undo b'), send('undo a'), succeeded('undo a')],
		['succeeded undo a', 'stuck'],
		'stuck',
	],
	[
		'is stuck when nobody can tell how to undo',
		ab,
		[send('a'), succeeded('a'), unpreparable('a'), send('b'), refused('b')],
		['failed b', 'failed undo a', 'stuck'],
		'stuck',
	],
];

const noReturn: readonly Row[] = [
	[
		'parks after the point of no return',
		final,
		[...done('a'), ...done('b'), send('c'), refused('c')],
		['failed c', 'stuck'],
		'stuck',
	],
	['undoes nothing then', final, [...done('a'), ...done('b'), send('c'), refused('c'), send('undo b')], [], 'stuck'],
	[
		'undoes when the step itself fails',
		final,
		[...done('a'), send('b'), refused('b'), send('undo a')],
		['sent undo a'],
		'compensating',
	],
	[
		'parks when it succeeds while another step has failed',
		saga(step('a', { pointOfNoReturn: true }), step('b')),
		[send('a'), send('b'), refused('b'), succeeded('a')],
		['succeeded a', 'stuck'],
		'stuck',
	],
	[
		'tries the failed step afresh when it is resumed',
		final,
		[...done('a'), ...done('b'), send('c'), refused('c'), resume, send('c')],
		['sent c 2'],
		'running',
	],
	[
		'completes after that',
		final,
		[...done('a'), ...done('b'), send('c'), refused('c'), resume, send('c'), succeeded('c 2')],
		['succeeded c 2', 'completed'],
		'completed',
	],
];

const wishes: readonly Row[] = [
	['is cancelled before its first step', one, [cancel], ['cancel-requested', 'cancelled'], 'cancelled'],
	['sends nothing after that', one, [cancel, send('a')], [], 'cancelled'],
	['is cancelled once', both, [send('a'), cancel, cancel], [], 'compensating'],
	['waits for the step that is under way', ab, [send('a'), cancel], ['cancel-requested'], 'compensating'],
	[
		'undoes that step when it succeeds',
		ab,
		[send('a'), cancel, succeeded('a'), prepared('a'), send('undo a')],
		['sent undo a'],
		'compensating',
	],
	[
		'is cancelled when that step is refused',
		ab,
		[send('a'), cancel, refused('a')],
		['failed a', 'cancelled'],
		'cancelled',
	],
	[
		'is cancelled between steps',
		ab,
		[...done('a'), cancel, send('undo a'), succeeded('undo a')],
		['succeeded undo a', 'cancelled'],
		'cancelled',
	],
	[
		'is cancelled while a step waits for its next attempt',
		one,
		[send('a'), unreached('a'), cancel],
		['cancel-requested', 'failed a', 'cancelled'],
		'cancelled',
	],
	['needs no cancelling while it is undone', failing, [...turnedBack, cancel], [], 'compensating'],
	[
		'is compensated then, since a failure came first',
		failing,
		[...turnedBack, cancel, send('undo b'), succeeded('undo b'), send('undo a'), succeeded('undo a')],
		['succeeded undo a', 'compensated'],
		'compensated',
	],
	[
		'goes on when the point of no return is reached first',
		final,
		[...done('a'), send('b'), cancel, succeeded('b'), send('c'), succeeded('c')],
		['succeeded c', 'completed'],
		'completed',
	],
	[
		'is stuck when cancelling cannot undo',
		ab,
		[...done('a'), cancel, send('undo a'), refused('undo a')],
		['failed undo a', 'stuck'],
		'stuck',
	],
	[
		'is cancelled when it is resumed and undone',
		ab,
		[...done('a'), cancel, send('undo a'), refused('undo a'), resume, send('undo a'), succeeded('undo a 2')],
		['succeeded undo a 2', 'cancelled'],
		'cancelled',
	],
	[
		'tries undoing afresh when it is resumed',
		ab,
		[...done('a'), cancel, send('undo a'), refused('undo a'), resume, send('undo a')],
		['sent undo a 2'],
		'compensating',
	],
	[
		'does not undo again what is undone',
		failing,
		[...turnedBack, send('undo b'), succeeded('undo b'), send('undo a'), refused('undo a'), resume, send('undo b')],
		[],
		'compensating',
	],
	[
		'asks again how to undo',
		ab,
		[send('a'), succeeded('a'), unpreparable('a'), send('b'), refused('b'), resume, prepared('a')],
		['undo-prepared a'],
		'compensating',
	],
	['need not be resumed while it runs', ab, [send('a'), resume], [], 'running'],
];

const interruptions: readonly Row[] = [
	['sends again what was interrupted', one, [send('a'), interrupted('a'), send('a')], ['sent a 2'], 'running'],
	[
		'takes the reply that comes all the same',
		one,
		[send('a'), interrupted('a'), succeeded('a')],
		['succeeded a', 'completed'],
		'completed',
	],
	['leaves to the broker what it has stored', one, [send('a'), published('a'), interrupted('a')], [], 'running'],
	['ignores an interruption after the end', one, [send('a'), succeeded('a'), interrupted('a')], [], 'completed'],
	[
		'does not count it as an attempt that failed',
		one,
		[send('a'), interrupted('a'), send('a'), unreached('a 2')],
		['retried a 2'],
		'running',
	],
	[
		'undoes what was interrupted, since it may have happened',
		one,
		[send('a'), interrupted('a'), cancel, prepared('a'), send('undo a')],
		['sent undo a'],
		'compensating',
	],
	[
		'sends undoing again that was interrupted',
		failing,
		[...turnedBack, send('undo b'), interrupted('undo b'), send('undo b')],
		['sent undo b 2'],
		'compensating',
	],
];

describe.each([
	['forward', forward],
	['answers', answers],
	['undoing', undoing],
	['the point of no return', noReturn],
	['cancel and resume', wishes],
	['interruptions', interruptions],
])('%s', (_title, rows) => {
	it.each(rows)('%s', (_name, definition, inputs, facts, status) => {
		const play = new Play(definition);
		const last = play.applyAll(inputs);
		expect({ facts: last.map(textOf), status: statusOf(play.state) }).toEqual({ facts, status });
	});
});

it.each<[string, SagaDefinition, readonly SagaInput[], SagaInput, RegExp]>([
	['cancel what has completed', one, [send('a'), succeeded('a')], cancel, /is completed and cannot be cancelled/],
	['cancel what was compensated', one, [send('a'), refused('a')], cancel, /is compensated and cannot/],
	[
		'cancel what is stuck',
		ab,
		[...done('a'), cancel, send('undo a'), refused('undo a')],
		cancel,
		/is stuck and cannot/,
	],
	['cancel past the point of no return', final, [...done('a'), ...done('b')], cancel, /past its point of no return/],
	['resume what has completed', one, [send('a'), succeeded('a')], resume, /is completed: there is nothing to resume/],
	['resume what was cancelled', one, [cancel], resume, /is cancelled: there is nothing/],
])('does not %s', (_name, definition, inputs, wish, message) => {
	const play = new Play(definition);
	play.applyAll(inputs);
	const conflict = { code: 'conflict', message: expect.stringMatching(message), hint: expect.any(String) };
	expect(() => play.apply(wish)).toThrow(expect.objectContaining(conflict));
});

it('every attempt sends what the first one sent', () => {
	const play = new Play(one);
	play.applyAll([send('a', 'first'), interrupted('a'), send('a', 'second')]);
	expect(play.state.steps.get('a')?.do.command).toBe('first');
});

it('waits longer after each failure, and jitter adds to it', () => {
	const patient = step('a', {
		retry: { maxAttempts: 9, backoff: { initialMs: 100, factor: 2, maxMs: 1000, jitter: 0.5 } },
	});
	const play = new Play(saga(patient));
	const delayAfter = (attempt: number) => {
		play.apply(send('a'));
		const [fact] = play.apply(unanswered(`a ${attempt}`), { random: 0.5 });
		const delay = fact?.kind === 'retried' ? fact.retryAt - play.now : 0;
		play.now += delay;
		return delay;
	};
	expect([1, 2, 3, 4, 5].map(delayAfter)).toEqual([125, 250, 500, 1000, 1250]);
});

it.each(['do', 'undo'])('gives up what stops n8n again and again: %s', (direction) => {
	const play = new Play(ab);
	const place = direction === 'do' ? 'a' : 'undo a';
	if (direction === 'undo') play.applyAll([...done('a'), cancel]);
	let facts: readonly SagaFact[] = [];
	for (let attempt = 1; attempt <= 20; attempt += 1)
		facts = play.applyAll([send(place), interrupted(`${place} ${attempt}`)]);
	expect(facts[0]).toMatchObject({ kind: 'failed', mayHaveHappened: true, error: { code: 'interrupted' } });
	expect(statusOf(play.state)).toBe(direction === 'do' ? 'compensating' : 'stuck');
});

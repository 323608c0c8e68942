import { chain, command, saga, step } from '../../test/saga/definitions';
import {
	cancel,
	interrupted,
	Play,
	prepared,
	published,
	refused,
	send,
	STARTED_AT,
	succeeded,
	unanswered,
	unpreparable,
	type Wait,
	wait,
} from '../../test/saga/play';
import type { SagaInput } from './decide';
import type { SagaDefinition } from './definition';
import { dueAtOf, inFlight, unprepared, workOf } from './work';

const ab = chain(step('a'), step('b'));
const done = [send('a'), succeeded('a'), prepared('a')];
const diamond = saga(
	step('a'),
	step('b', { after: ['a'] }),
	step('c', { after: ['a'] }),
	step('d', { after: ['b', 'c'] }),
);
const awaited = chain(step('a', { action: command('a'), timeoutMs: 5000 }), step('b'));

type Inputs = readonly (SagaInput | Wait)[];

it.each<[string, SagaDefinition, Inputs, readonly string[]]>([
	['the first step', ab, [], ['do a, first']],
	['all first steps', saga(step('a'), step('b')), [], ['do a, first', 'do b, first']],
	['nothing while it is under way', ab, [send('a')], []],
	['the next step', ab, done, ['do b, first']],
	['what became free', diamond, done, ['do b, first', 'do c, first']],
	['not the step that waits for one more', diamond, [...done, send('b'), succeeded('b')], ['do c, first']],
	['nothing before it is time', ab, [send('a'), unanswered('a'), wait(99)], []],
	['the next attempt', ab, [send('a'), unanswered('a'), wait(100)], ['do a']],
	['what was interrupted, at once', ab, [send('a'), interrupted('a')], ['do a']],
	['undoing', ab, [...done, cancel], ['undo a, first']],
	['no undoing that is not prepared', ab, [send('a'), succeeded('a'), cancel], []],
	['no undoing while something is under way', ab, [...done, send('b'), cancel], []],
	['the next attempt of undoing', ab, [...done, cancel, send('undo a'), interrupted('undo a')], ['undo a']],
	['nothing after the end', ab, [cancel], []],
	[
		'nothing when a person is needed',
		saga(step('a', { pointOfNoReturn: true }), step('b'), step('c')),
		[send('a'), send('b'), send('c'), refused('b'), succeeded('a')],
		[],
	],
])('ready to be sent: %s', (_name, definition, inputs, expected) => {
	const play = new Play(definition);
	play.applyAll(inputs);
	const shown = workOf(play.state, play.now).map(
		({ direction, step: name, isFirst }) => `${direction} ${name}${isFirst ? ', first' : ''}`,
	);
	expect(shown).toEqual(expected);
});

it.each<[string, SagaDefinition, Inputs, readonly string[]]>([
	['a step that has succeeded', ab, [send('a'), succeeded('a')], ['a']],
	['once', ab, done, []],
	['not what has nothing to undo', chain(step('a', { undo: null }), step('b')), [send('a'), succeeded('a')], []],
	['not what was refused', ab, [...done, send('b'), refused('b')], []],
	['what may have happened', ab, [...done, send('b'), unanswered('b'), cancel], ['b']],
	['not again though it cannot be told', ab, [send('a'), succeeded('a'), unpreparable('a')], []],
	['nothing after the end', saga(step('a')), [send('a'), succeeded('a')], []],
])('how it would be undone is to be worked out: %s', (_name, definition, inputs, expected) => {
	const play = new Play(definition);
	play.applyAll(inputs);
	expect(unprepared(play.state)).toEqual(expected);
});

it('in flight are attempts that were sent or stored', () => {
	const play = new Play(saga(step('a'), step('b'), step('c'), step('d')));
	play.applyAll([send('a'), send('b'), published('b'), send('c'), unanswered('c'), send('d'), succeeded('d')]);
	expect(inFlight(play.state).map((one) => `${one.step} ${one.effort.status}`)).toEqual(['a sent', 'b published']);
});

it.each<[string, SagaDefinition, Inputs, number | null]>([
	['as soon as it has started', ab, [], 0],
	['at once while a call is under way: only its runner knows', ab, [send('a'), wait(7)], 0],
	['since it is as it is', ab, [wait(7), send('a'), wait(7)], 7],
	['when a reply is too late', awaited, [wait(7), send('a'), wait(5), published('a')], 5007],
	['when the next attempt is due', ab, [send('a'), wait(50), unanswered('a')], 150],
	['at once when how to undo is to be worked out', ab, [send('a'), wait(3), succeeded('a')], 3],
	['at once when something can be sent', ab, [...done, wait(3), cancel], 3],
	[
		'after a minute at the latest',
		chain(step('a', { action: command('a'), timeoutMs: 1e9 })),
		[send('a'), published('a')],
		60_000,
	],
	['never once it is completed', saga(step('a')), [send('a'), succeeded('a')], null],
	['never once it is cancelled', ab, [cancel], null],
	['never while it is stuck', ab, [...done, cancel, send('undo a'), refused('undo a')], null],
])('is due %s', (_name, definition, inputs, afterMs) => {
	const play = new Play(definition);
	play.applyAll(inputs);
	expect(dueAtOf(play.state)).toBe(afterMs === null ? null : STARTED_AT + afterMs);
});

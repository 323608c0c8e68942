import { chain, step } from '../../test/saga/definitions';
import { cancel, Play, prepared, refused, resume, send, succeeded, textOf, unanswered } from '../../test/saga/play';
import { statusOf } from './state';

const once = { maxAttempts: 1, backoff: { initialMs: 0, factor: 1, maxMs: 0, jitter: 0 } };
const pay = { pointOfNoReturn: true, retry: once };
const begun = [send('a'), succeeded('a'), prepared('a'), send('pay')];

describe('a step of no return whose end nobody knows', () => {
	it('parks the saga when it cannot be undone, and goes on when somebody resumes it', () => {
		const play = new Play(chain(step('a'), step('pay', { ...pay, undo: null })));
		const facts = play.applyAll([...begun, unanswered('pay')]);
		expect(facts.map(textOf)).toEqual(['failed pay', 'stuck']);
		const after = play.applyAll([resume, send('pay'), succeeded('pay 2')]);
		expect(after.map(textOf)).toEqual(['succeeded pay 2', 'completed']);
	});

	it('is undone when it can be', () => {
		const play = new Play(chain(step('a'), step('pay', pay)));
		play.applyAll([...begun, unanswered('pay'), prepared('pay')]);
		expect(statusOf(play.state)).toBe('compensating');
	});

	it('turns a saga back that somebody cancelled no further', () => {
		const play = new Play(chain(step('a'), step('pay', { ...pay, undo: null })));
		play.applyAll([...begun, cancel, unanswered('pay')]);
		expect(statusOf(play.state)).toBe('stuck');
		play.applyAll([resume, send('pay'), succeeded('pay 2')]);
		expect(statusOf(play.state)).toBe('completed');
	});
});

it('a step of no return that is refused turns the saga back', () => {
	const play = new Play(chain(step('a'), step('pay', { ...pay, undo: null })));
	play.applyAll([...begun, refused('pay')]);
	expect(statusOf(play.state)).toBe('compensating');
});

/**
 * Whatever happens to a saga, in whatever order: it stays within its rules, and it ends.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { anyHappenings, anySaga, inputOf } from '../../test/saga/anySaga';
import { Ledger } from '../../test/saga/ledger';
import { Play, prepared, refused, send, started, STARTED_AT, succeeded, textOf } from '../../test/saga/play';
import { isEventBusError } from '../kernel/errors';
import type { SagaInput } from './decide';
import type { SagaFact } from './facts';
import { evolve, isEnded, type SagaState } from './state';
import { dueAtOf, inFlight, unprepared, workOf } from './work';

const RUNS = 2000;
/** More than any saga of 7 steps needs, each tried three times in both directions. */
const ROUNDS = 200;
const A_LONG_TIME_MS = 100_000;

/** A saga that is watched at every step. */
class Watched {
	readonly play: Play;
	readonly ledger: Ledger;
	/** Places of all attempts, as inputs name them. */
	readonly sentOnes: string[] = [];

	constructor(definition: Play['definition']) {
		this.play = new Play(definition);
		this.ledger = new Ledger(definition);
		this.check([]);
	}

	apply(input: SagaInput): void {
		try {
			this.check(this.play.apply(input));
		} catch (error) {
			const isRefused = isEventBusError(error) && error.code === 'conflict';
			if (!isRefused || (input.kind !== 'cancel' && input.kind !== 'resume')) throw error;
		}
	}

	private check(facts: readonly SagaFact[]): void {
		const { state, now } = this.play;
		for (const fact of facts) {
			this.ledger.add(fact);
			if (fact.kind === 'sent') this.sentOnes.push(textOf(fact).replace(/^sent /, ''));
		}
		assert.equal(state.outcome, this.ledger.outcome);
		assert.deepEqual(state.effects, this.ledger.effects);
		assert.equal(dueAtOf(state) === null, isEnded(state));
		assert.ok(isEnded(state) || isGoingOn(state, now), 'it has nothing to do and nothing to wait for');
	}
}

function isGoingOn(state: SagaState, now: number): boolean {
	const later = now + A_LONG_TIME_MS;
	return workOf(state, later).length + unprepared(state).length + inFlight(state).length > 0;
}

/** Everything is sent that can be, and everything is answered. */
function finish(watched: Watched, isRefused: (round: number) => boolean): void {
	const { play } = watched;
	for (let round = 0; !isEnded(play.state); round += 1) {
		if (round > ROUNDS) throw new Error('It does not end');
		for (const name of unprepared(play.state)) watched.apply(prepared(name));
		for (const work of workOf(play.state, play.now)) {
			watched.apply(send(work.direction === 'undo' ? `undo ${work.step}` : work.step));
		}
		for (const { step, direction, attempt } of inFlight(play.state)) {
			const place = `${direction === 'undo' ? 'undo ' : ''}${step} ${attempt}`;
			watched.apply(isRefused(round) ? refused(place) : succeeded(place));
		}
		play.now += A_LONG_TIME_MS;
	}
}

it('keeps its rules whatever happens, and ends once it is answered', () => {
	const outcomes = new Set<string>();
	fc.assert(
		fc.property(
			anySaga,
			anyHappenings,
			fc.array(fc.boolean(), { maxLength: 20 }),
			(definition, happenings, refusals) => {
				const watched = new Watched(definition);
				for (const happening of happenings) {
					const input = inputOf(happening, watched.play, watched.sentOnes);
					if (input) watched.apply(input);
				}
				finish(watched, (round) => refusals[round] ?? false);
				outcomes.add(watched.ledger.outcome ?? 'none');
				expect(replayed(watched.play)).toEqual(watched.play.state);
			},
		),
		{ numRuns: RUNS },
	);
	expect([...outcomes].sort()).toEqual(['cancelled', 'compensated', 'completed', 'stuck']);
});

it('is not stuck for ever: it is resumed and ends, and undoes exactly backwards', () => {
	fc.assert(
		fc.property(anySaga, anyHappenings, (definition, happenings) => {
			const watched = new Watched(definition);
			for (const happening of happenings) {
				const input = inputOf(happening, watched.play, watched.sentOnes);
				if (input) watched.apply(input);
			}
			finish(watched, () => false);
			if (watched.ledger.outcome === 'stuck') {
				watched.apply({ kind: 'resume', reason: 'repaired' });
				finish(watched, () => false);
			}
			expect(watched.ledger.outcome).not.toBe('stuck');
		}),
		{ numRuns: RUNS / 2 },
	);
});

it('undoes exactly backwards when nothing fails on the way back', () => {
	fc.assert(
		fc.property(anySaga, fc.nat(10), (definition, after) => {
			const watched = new Watched(definition);
			const { play, ledger } = watched;
			finishSome(watched, after);
			if (!isEnded(play.state)) watched.apply({ kind: 'cancel', reason: 'test' });
			finish(watched, () => false);
			if (ledger.outcome !== 'cancelled') return;
			const undoable = ledger.effects.filter((name) => definition.steps.find((one) => one.name === name)?.undo);
			expect(ledger.undone).toEqual(undoable.toReversed());
		}),
	);
});

/** So many steps are carried out. */
function finishSome(watched: Watched, count: number): void {
	const { play } = watched;
	for (let n = 0; n < count; n += 1) {
		const [work] = workOf(play.state, play.now);
		if (!work) return;
		watched.apply(send(work.step));
		watched.apply(succeeded(work.step));
		for (const name of unprepared(play.state)) watched.apply(prepared(name));
	}
}

/** What the facts add up to after they were written down and read again. */
function replayed({ definition, facts }: Play): SagaState {
	expect(facts.every(({ at }) => at >= STARTED_AT)).toBe(true);
	return facts.reduce(
		(state, { fact, at }) => evolve(state, JSON.parse(JSON.stringify(fact)) as SagaFact, at),
		started(definition),
	);
}

/**
 * Sagas and what happens to them, drawn at random.
 */
import fc from 'fast-check';
import type { SagaInput } from '../../src/saga/decide';
import type { SagaDefinition } from '../../src/saga/definition';
import type { Attempt } from '../../src/saga/facts';
import { unprepared, workOf } from '../../src/saga/work';
import { saga, step } from './definitions';
import {
	cancel,
	interrupted,
	type Play,
	prepared,
	published,
	refused,
	resume,
	send,
	succeeded,
	unanswered,
	unpreparable,
	unreached,
	unsendable,
} from './play';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

/** 1 to 7 steps in any order, each after any of those before it. */
export const anySaga: fc.Arbitrary<SagaDefinition> = fc
	.integer({ min: 1, max: NAMES.length })
	.chain((count) => fc.tuple(...NAMES.slice(0, count).map((name, index) => anyStep(name, NAMES.slice(0, index)))))
	.chain((steps) => fc.shuffledSubarray(steps, { minLength: steps.length }))
	.map((steps) => saga(...steps));

function anyStep(name: string, before: readonly string[]) {
	return fc
		.record({
			after: fc.subarray([...before], { maxLength: Math.min(3, before.length) }),
			hasUndo: fc.nat(3).map((n) => n > 0),
			pointOfNoReturn: fc.nat(9).map((n) => n === 0),
			maxAttempts: fc.integer({ min: 1, max: 3 }),
		})
		.map(({ hasUndo, maxAttempts, ...its }) => {
			const { undo, retry } = step(name);
			return step(name, { ...its, undo: hasUndo ? undo : null, retry: { ...retry, maxAttempts } });
		});
}

const ANSWERS = { published, succeeded, refused, unanswered, unreached, interrupted };
type AnswerKind = keyof typeof ANSWERS;

export type Happening =
	/** What is ready is sent. */
	| { readonly kind: 'begin'; readonly pick: number }
	| { readonly kind: 'prepare'; readonly pick: number; readonly canBeTold: boolean }
	/** Of any attempt that was ever sent, so it may be late, and come twice. */
	| { readonly kind: 'answer'; readonly pick: number; readonly as: AnswerKind }
	/** Whatever the saga did before. */
	| {
			readonly kind: 'wild';
			readonly pick: number;
			readonly as: AnswerKind | 'send' | 'unsendable';
			readonly place: Attempt;
	  }
	| { readonly kind: 'cancel' | 'resume' }
	| { readonly kind: 'wait'; readonly ms: number };

const pick = fc.nat(100);
const kind = <K extends string>(name: K) => fc.constant(name);
const usual: fc.Arbitrary<AnswerKind> = fc.oneof(
	{ weight: 5, arbitrary: kind('succeeded') },
	{
		weight: 1,
		arbitrary: fc.constantFrom<AnswerKind[]>('published', 'refused', 'unanswered', 'unreached', 'interrupted'),
	},
);
const place: fc.Arbitrary<Attempt> = fc.record({
	step: fc.constantFrom(...NAMES),
	direction: fc.constantFrom<('do' | 'undo')[]>('do', 'undo'),
	attempt: fc.integer({ min: 1, max: 3 }),
});
const wildAs = fc.constantFrom(...(Object.keys(ANSWERS) as AnswerKind[]), 'send' as const, 'unsendable' as const);

export const anyHappenings: fc.Arbitrary<readonly Happening[]> = fc.array(
	fc.oneof(
		{ weight: 12, arbitrary: fc.record({ kind: kind('begin'), pick }) },
		{ weight: 12, arbitrary: fc.record({ kind: kind('answer'), pick, as: usual }) },
		{ weight: 5, arbitrary: fc.record({ kind: kind('prepare'), pick, canBeTold: pick.map((n) => n > 10) }) },
		{ weight: 3, arbitrary: fc.record({ kind: kind('wild'), pick, as: wildAs, place }) },
		{ weight: 4, arbitrary: fc.record({ kind: kind('wait'), ms: fc.constantFrom(1, 100, 5000) }) },
		{ weight: 1, arbitrary: fc.record({ kind: fc.constantFrom<('cancel' | 'resume')[]>('cancel', 'resume') }) },
	),
	{ maxLength: 80, size: 'max' },
);

/** The input that the happening is in the state in which it meets the saga; null: there is nothing of the kind. */
export function inputOf(happening: Happening, play: Play, sentOnes: readonly string[]): SagaInput | null {
	const { state, now } = play;
	switch (happening.kind) {
		case 'begin': {
			const work = picked(workOf(state, now), happening.pick);
			return work && send(textOf(work));
		}
		case 'prepare': {
			const name = picked(unprepared(state), happening.pick);
			return name === null ? null : happening.canBeTold ? prepared(name) : unpreparable(name);
		}
		case 'answer': {
			// The newer an attempt, the more is said about it.
			const place = picked(sentOnes.toReversed(), Math.floor(happening.pick ** 2 / 500));
			return place === null ? null : ANSWERS[happening.as](place);
		}
		case 'wild': {
			const { as, place } = happening;
			if (!state.steps.has(place.step)) return null;
			if (as === 'send') return send(textOf(place));
			return as === 'unsendable' ? unsendable(textOf(place)) : ANSWERS[as](`${textOf(place)} ${place.attempt}`);
		}
		case 'cancel':
			return cancel;
		case 'resume':
			return resume;
		case 'wait':
			play.now += happening.ms;
			return null;
	}
}

function picked<T>(list: readonly T[], pick: number): T | null {
	return list[pick % Math.max(1, list.length)] ?? null;
}

function textOf({ step: name, direction }: Pick<Attempt, 'step' | 'direction'>): string {
	return direction === 'undo' ? `undo ${name}` : name;
}

import { trailFact } from '../../test/trail/stories';
import { handlingsOf } from './handlings';
import type { TrailFact } from './types';

function drawn(facts: readonly TrailFact[]): readonly string[] {
	return handlingsOf(facts).map(({ group, state, runs }) => {
		const shown = runs.map(({ attempt, ended, startedAt, endedAt }) => {
			return `${attempt ?? '?'} ${ended} ${startedAt === null || endedAt === null ? '?' : endedAt - startedAt}`;
		});
		return [`${group} ${state}`, ...shown].join(', ');
	});
}

describe('what a group did with an event', () => {
	it.each<[string, readonly TrailFact[], readonly string[]]>([
		['is nothing as long as it is only published', [trailFact('published', 0)], []],
		['is a run that has begun', [trailFact('started', 1)], ['validator running, 1 running ?']],
		['is a run that is done', [trailFact('started', 1), trailFact('done', 4)], ['validator done, 1 done 3']],
		[
			'is a run for each attempt',
			[
				trailFact('started', 1),
				trailFact('retry', 2, { delayMs: 10 }),
				trailFact('started', 12, { attempt: 2 }),
				trailFact('dead-letter', 15, { attempt: 2, reason: 'attempts' }),
			],
			['validator dead-letter, 1 retry 1, 2 dead-letter 3'],
		],
		[
			'is a dead letter without a run for bytes that are no event',
			[trailFact('dead-letter', 3, { attempt: null, reason: 'undecodable' })],
			['validator dead-letter'],
		],
		[
			'is a run of which only the end was recorded',
			[trailFact('done', 4, { executionId: '7' })],
			['validator done, 1 done ?'],
		],
		['is no run for a duplicate', [trailFact('duplicate', 4)], ['validator duplicate']],
		[
			'is told for each group',
			[trailFact('started', 1), trailFact('started', 2, { group: 'audit' }), trailFact('done', 5)],
			['validator done, 1 done 4', 'audit running, 1 running ?'],
		],
		[
			'goes by the execution where two runs overlap',
			[
				trailFact('started', 1, { executionId: 'a' }),
				trailFact('started', 2, { executionId: 'b' }),
				trailFact('done', 3, { executionId: 'a' }),
			],
			['validator done, 1 done 2, 1 running ?'],
		],
		[
			'is a run that was cut, where another one begins',
			[
				trailFact('started', 1, { executionId: 'a' }),
				trailFact('started', 5, { executionId: 'b' }),
				trailFact('done', 7, { executionId: 'b' }),
			],
			['validator done, 1 cut 4, 1 done 2'],
		],
	])('%s', (_name, facts, expected) => expect(drawn(facts)).toEqual(expected));

	it('keeps the latest error and reason', () => {
		const facts = [
			trailFact('retry', 1, { error: 'first' }),
			trailFact('dead-letter', 2, { error: 'last', reason: 'attempts' }),
		];
		expect(handlingsOf(facts)).toMatchObject([{ error: 'last', reason: 'attempts' }]);
	});
});

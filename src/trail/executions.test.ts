import { consumed, entry, published, trailEvent } from '../../test/trail/entries';
import { withExecutions } from './executions';
import type { TrailEntry, TrailFact } from './types';

const BILLING = { workflowId: 'w1' };
const started = (at: number, more: Partial<TrailFact> = {}) => consumed('started', at, { ...BILLING, ...more });
const done = (at: number, more: Partial<TrailFact> = {}) => consumed('done', at, { ...BILLING, ...more });
const effect = (id: string, at: number, executionId: string | null, workflowId = 'w1'): TrailEntry =>
	entry(trailEvent(id, { causationId: 'e1' }), published(at, { workflowId, executionId }));

/** Executions of the facts of the first event. */
function executions(facts: readonly TrailFact[], ...effects: readonly TrailEntry[]): (string | null)[] {
	return (
		withExecutions([entry(trailEvent('e1'), ...facts), ...effects])[0]?.facts.map((fact) => fact.executionId) ?? []
	);
}

describe('the execution that processed an event', () => {
	it.each<[string, (string | null)[], (string | null)[]]>([
		['is that of what it published', executions([started(1), done(5)], effect('e2', 3, '7')), ['7', '7']],
		[
			'is the same for all it published',
			executions([started(1), done(5)], effect('e2', 2, '7'), effect('e3', 4, '7')),
			['7', '7'],
		],
		['is not known when it published nothing', executions([started(1), done(5)]), [null, null]],
		['is not that of another workflow', executions([started(1), done(5)], effect('e2', 3, '7', 'w2')), [null, null]],
		[
			'is found for each attempt',
			executions(
				[started(1), consumed('retry', 3, BILLING), started(10, { attempt: 2 }), done(15, { attempt: 2 })],
				effect('e2', 2, '7'),
				effect('e3', 12, '8'),
			),
			['7', '7', '8', '8'],
		],
		[
			'is not guessed where two groups of a workflow had the event',
			executions([started(1), started(2, { group: 'mail' }), done(5)], effect('e2', 3, '7')),
			[null, null, null],
		],
		[
			'is not guessed where two runs published at the same time',
			executions([started(1), done(5)], effect('e2', 3, '7'), effect('e3', 4, '8')),
			[null, null],
		],
		[
			'is left as it was told',
			executions([started(1), consumed('retry', 3, { ...BILLING, executionId: '6' })], effect('e2', 2, '7')),
			['7', '6'],
		],
		['is nothing of a published event', executions([published(0), started(1)], effect('e2', 2, '7')), [null, '7']],
	])('%s', (_what, found, expected) => {
		expect(found).toEqual(expected);
	});
});

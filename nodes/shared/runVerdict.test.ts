import type { Verdict } from '../../src/consumer/types';
import { verdictsOf, type RunEnding, type VerdictPolicy } from './runVerdict';
import { addToNote, VERDICT_KEY } from './verdictNote';

const policy: VerdictPolicy = { acknowledge: 'success', whenRunWaits: 'acknowledge', workflowId: 'wf1' };

function run(status: string, resultData: object = {}): RunEnding {
	return { kind: 'run', run: { status, data: { resultData } } };
}

/** As n8n makes them: ExecutionCancelledError with its reason and `extra`. */
function cancelled(reason: string): RunEnding {
	const error = Object.assign(new Error('The execution was cancelled'), { reason, extra: { executionId: '77' } });
	return { kind: 'rejected', error };
}

const engine2: RunEnding = {
	kind: 'rejected',
	error: new Error('Engine 2.0 cannot run a trigger that waits for its execution to finish yet.'),
};

function as(ending: RunEnding, changes: Partial<VerdictPolicy> = {}): string {
	const [verdict] = verdictsOf(ending, 1, { ...policy, ...changes });
	return verdict?.as === 'dead-letter' ? `dead-letter ${verdict.reason}` : (verdict?.as ?? 'nothing');
}

describe('the verdict on a run', () => {
	it.each<[string, RunEnding, string, string]>([
		// ending, when the run succeeds, when the run ends
		['that succeeded', run('success'), 'done', 'done'],
		['that failed', run('error', { error: new Error('no stock') }), 'retry', 'done'],
		['that crashed', run('crashed'), 'retry', 'done'],
		['that was cancelled in queue mode', run('canceled'), 'retry', 'done'],
		['with a status that is not final', run('running'), 'retry', 'retry'],
		['with a status n8n does not know', run('unknown'), 'retry', 'retry'],
		['that n8n did not start', { kind: 'not-started' }, 'retry', 'retry'],
		['that a person stopped', cancelled('manual'), 'retry', 'done'],
		['that timed out', cancelled('timeout'), 'retry', 'done'],
		['that a shutdown cut', cancelled('shutdown'), 'retry', 'retry'],
		['that engine 2.0 refused', engine2, 'retry', 'retry'],
		['that failed before it had an id', { kind: 'rejected', error: new Error('database is locked') }, 'retry', 'retry'],
		['that was rejected with nothing', { kind: 'rejected', error: undefined }, 'retry', 'retry'],
	])('%s', (_name, ending, onSuccess, onEnd) => {
		expect([as(ending), as(ending, { acknowledge: 'end' })]).toEqual([onSuccess, onEnd]);
	});

	it.each<[VerdictPolicy['acknowledge'], VerdictPolicy['whenRunWaits'], string]>([
		['success', 'acknowledge', 'handed-over'],
		['end', 'acknowledge', 'handed-over'],
		['success', 'deadLetter', 'dead-letter waiting'],
		['end', 'deadLetter', 'dead-letter waiting'],
	])('of a run that waits, acknowledged on %s with %s, is %s', (acknowledge, whenRunWaits, expected) => {
		expect(as(run('waiting'), { acknowledge, whenRunWaits })).toBe(expected);
	});

	it('is the same for every event of a batch', () => {
		expect(verdictsOf(run('success'), 3, policy)).toEqual([{ as: 'done' }, { as: 'done' }, { as: 'done' }]);
	});

	it('names the error, the node and the workflow', () => {
		const error = Object.assign(new Error('no stock'), { name: 'NodeOperationError', node: { name: 'Reserve' } });
		expect(verdictsOf(run('error', { error }), 1, policy)).toEqual<Verdict[]>([
			{
				as: 'retry',
				error: {
					name: 'NodeOperationError',
					message: 'no stock (node "Reserve")',
					retryable: true,
					workflowId: 'wf1',
				},
			},
		]);
	});

	it('reads the error of a run in queue mode, which is plain data', () => {
		const error = { name: 'NodeApiError', message: 'Bad gateway', node: { name: 'HTTP' } };
		expect(verdictsOf(run('error', { error }), 1, policy)[0]).toMatchObject({
			error: { name: 'NodeApiError', message: 'Bad gateway (node "HTTP")' },
		});
	});

	it('names the execution where n8n tells it', () => {
		expect(verdictsOf(cancelled('timeout'), 1, policy)[0]).toMatchObject({ error: { executionId: '77' } });
	});
});

describe("a node's own verdict", () => {
	const retry = addToNote(undefined, { as: 'retry', delayMs: 60_000, reason: 'warehouse closed', items: null });
	const giveUp = addToNote(undefined, { as: 'dead-letter', reason: '', items: null });

	it.each(['success', 'error', 'waiting', 'canceled'])('wins over a run that ended with %s', (status) => {
		const ending = run(status, { metadata: { [VERDICT_KEY]: retry } });
		expect(verdictsOf(ending, 1, policy)).toMatchObject([
			{ as: 'retry', asked: true, delayMs: 60_000, error: { name: 'RetryLater', message: 'warehouse closed' } },
		]);
	});

	it('sends to the dead letters without further attempts', () => {
		const ending = run('success', { metadata: { [VERDICT_KEY]: giveUp } });
		expect(verdictsOf(ending, 1, policy)).toMatchObject([
			{ as: 'dead-letter', reason: 'rejected', error: { retryable: false, workflowId: 'wf1' } },
		]);
	});

	it('is read from the error of the run where custom data had no room', () => {
		const error = Object.assign(new Error('no room'), { context: { [VERDICT_KEY]: giveUp } });
		expect(as(run('error', { error, metadata: { customer: '7' } }))).toBe('dead-letter rejected');
	});

	it('holds for the named events of a batch, and the end of the run for the others', () => {
		const first = addToNote(undefined, { as: 'dead-letter', reason: 'bad address', items: [1] });
		const note = addToNote(first, { as: 'retry', delayMs: 5000, reason: '', items: [3] });
		const verdicts = verdictsOf(run('success', { metadata: { [VERDICT_KEY]: note } }), 4, policy);
		expect(verdicts.map((verdict) => verdict.as)).toEqual(['done', 'dead-letter', 'done', 'retry']);
	});

	it('ignores indices outside of the batch', () => {
		const note = addToNote(undefined, { as: 'retry', reason: '', items: [0, 9] });
		const verdicts = verdictsOf(run('success', { metadata: { [VERDICT_KEY]: note } }), 2, policy);
		expect(verdicts.map((verdict) => verdict.as)).toEqual(['retry', 'done']);
	});

	it('is not taken from custom data that somebody else wrote', () => {
		expect(as(run('success', { metadata: { [VERDICT_KEY]: 'please retry' } }))).toBe('done');
	});
});

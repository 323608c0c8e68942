import { countsOf, NOTHING, ONE_FAILED, sum, summary, type JestReport } from './counts';

const report: JestReport = {
	numPassedTests: 3,
	numFailedTests: 0,
	numPendingTests: 0,
	numTodoTests: 0,
	numRuntimeErrorTestSuites: 0,
	success: true,
};

describe('counts of a Jest run', () => {
	it.each([
		['are those of the report', report, 0, { passed: 3, failed: 0, skipped: 0 }],
		[
			'count a file that broke before its first test as one failure',
			{ ...report, numRuntimeErrorTestSuites: 1, success: false },
			1,
			{ passed: 3, failed: 1, skipped: 0 },
		],
		[
			'count todo tests as skipped',
			{ ...report, numPendingTests: 1, numTodoTests: 2 },
			0,
			{ passed: 3, failed: 0, skipped: 3 },
		],
		['are a failure when Jest failed for another reason', report, 1, { passed: 3, failed: 1, skipped: 0 }],
		[
			'are a failure when Jest reports no success',
			{ ...report, success: false },
			0,
			{ passed: 3, failed: 1, skipped: 0 },
		],
		['are a failure when there is no report', null, 0, ONE_FAILED],
	])('%s', (_name, given, exitCode, expected) => {
		expect(countsOf(given, exitCode)).toEqual(expected);
	});
});

describe('the summary', () => {
	it.each([
		[{ passed: 12, failed: 0, skipped: 0 }, '12 passed, 0 failed'],
		[{ passed: 12, failed: 1, skipped: 2 }, '12 passed, 1 failed, 2 skipped'],
		[NOTHING, '0 passed, 0 failed'],
	])('of %j is "%s"', (counts, expected) => {
		expect(summary(counts)).toBe(expected);
	});

	it('adds the parts up', () => {
		expect(sum([ONE_FAILED, { passed: 2, failed: 0, skipped: 1 }])).toEqual({ passed: 2, failed: 1, skipped: 1 });
	});
});

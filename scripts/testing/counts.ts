/**
 * How many tests passed and failed, summed over parts that are run by different tools.
 */
export interface Counts {
	readonly passed: number;
	readonly failed: number;
	readonly skipped: number;
}

export const NOTHING: Counts = { passed: 0, failed: 0, skipped: 0 };
export const ONE_PASSED: Counts = { ...NOTHING, passed: 1 };
/** Also a part that could not even start: whoever reads only the total must see it. */
export const ONE_FAILED: Counts = { ...NOTHING, failed: 1 };

export function sum(all: readonly Counts[]): Counts {
	return all.reduce(
		(total, { passed, failed, skipped }) => ({
			passed: total.passed + passed,
			failed: total.failed + failed,
			skipped: total.skipped + skipped,
		}),
		NOTHING,
	);
}

/** '12 passed, 0 failed', and the skipped ones when there are any. */
export function summary({ passed, failed, skipped }: Counts): string {
	return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** The part of `jest --json` that is read here. */
export interface JestReport {
	readonly numPassedTests: number;
	readonly numFailedTests: number;
	readonly numPendingTests: number;
	readonly numTodoTests: number;
	/** Files that failed before their first test: their tests are in no other number. */
	readonly numRuntimeErrorTestSuites: number;
	readonly success: boolean;
}

/** @param report null: Jest wrote none */
export function countsOf(report: JestReport | null, exitCode: number): Counts {
	if (!report) return ONE_FAILED;
	const counts = {
		passed: report.numPassedTests,
		failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
		skipped: report.numPendingTests + report.numTodoTests,
	};
	// Jest also fails without a failed test: no test found, an error after the last one.
	const failedOtherwise = counts.failed === 0 && (exitCode !== 0 || !report.success);
	return failedOtherwise ? { ...counts, failed: 1 } : counts;
}

/**
 * A process that works on a store and is killed in the middle of it.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { until } from '../../conformance/waiting';

const ENDS_WITHIN_MS = 60_000;

/** @typeParam Report what it tells; not checked, the script is its test's own */
export class Child<Report = unknown> implements AsyncDisposable {
	readonly reports: Report[] = [];
	private readonly process: ChildProcess;

	/**
	 * @param script compiled
	 * @param brief what the script is told, as its only argument
	 */
	constructor(script: string, brief: object) {
		this.process = fork(script, [JSON.stringify(brief)], {
			stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
			// Not the debugger's or the test runner's: the child is a process like any other.
			execArgv: [],
		});
		this.process.on('message', (report: Report) => this.reports.push(report));
	}

	/** How it ended: its exit code, or the signal that killed it. */
	async ended(withinMs = ENDS_WITHIN_MS): Promise<number | NodeJS.Signals | null> {
		const result = () => this.process.exitCode ?? this.process.signalCode;
		await until('a child process ends', () => result() !== null, withinMs);
		return result();
	}

	/** kill -9: no handler runs. */
	async kill(): Promise<void> {
		if (this.process.exitCode !== null || this.process.signalCode !== null) return;
		const gone = once(this.process, 'exit');
		this.process.kill('SIGKILL');
		await gone;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.kill();
	}
}

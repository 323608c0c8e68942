/**
 * Other processes on the same file, for tests that must know what happens between processes.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { WireMessage } from '../../src/broker/types';

/** What a reading process reports, and what it does with a delivery. */
export type ReaderReport = { readonly kind: 'ready' } | { readonly kind: 'took'; readonly ids: readonly string[] };
export type ReaderMode = 'ack' | 'hold';

export class Child implements AsyncDisposable {
	readonly reports: unknown[] = [];
	private readonly process: ChildProcess;

	constructor(script: 'readerProcess' | 'publisherProcess' | 'lockHolder', ...args: readonly string[]) {
		this.process = fork(join(__dirname, `${script}.js`), [...args], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
		this.process.on('message', (report) => this.reports.push(report));
	}

	/** Resolves with the next report that fits, also one that came already. */
	async report<T>(fits: (report: unknown) => report is T): Promise<T> {
		for (;;) {
			const found = this.reports.find(fits);
			if (found !== undefined) return found;
			await once(this.process, 'message');
		}
	}

	taken(): string[] {
		return this.reports.filter(isReaderReport).flatMap((report) => (report.kind === 'took' ? report.ids : []));
	}

	async exited(): Promise<void> {
		if (this.process.exitCode !== null || this.process.signalCode !== null) return;
		await once(this.process, 'exit');
	}

	/** kill -9: no handler runs. */
	async kill(): Promise<void> {
		this.process.kill('SIGKILL');
		await this.exited();
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.kill();
	}
}

export function isReaderReport(report: unknown): report is ReaderReport {
	return typeof report === 'object' && report !== null && 'kind' in report;
}

export function isReady(report: unknown): report is ReaderReport {
	return isReaderReport(report) && report.kind === 'ready';
}

export function tookSome(report: unknown): report is ReaderReport {
	return isReaderReport(report) && report.kind === 'took';
}

export function numbered(from: number, count: number): WireMessage[] {
	return Array.from({ length: count }, (_none, index) => ({
		id: String(from + index),
		type: 'order.created',
		body: Buffer.from('{}'),
		headers: {},
	}));
}

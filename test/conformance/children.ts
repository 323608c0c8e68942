/**
 * Consumers and publishers in processes of their own, to be killed in mid-work.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Address, Native } from '../../src/broker/types';
import type { ConsumerSettings } from '../../src/consumer/types';
import type { BrokerUnderTest, ManifestLocation } from './brokerUnderTest';

/** What each run in the child does: ends after `workMs`, fails, or never ends. */
export interface ChildWork {
	readonly as: 'done' | 'fail' | 'hang';
	readonly workMs: number;
}

export type ChildConsumerSettings = Partial<ConsumerSettings> &
	Pick<ConsumerSettings, 'from'> & { readonly work: ChildWork };

/** How a child is told what to do. */
export interface ChildBrief {
	readonly manifest: ManifestLocation;
	readonly settings: Native;
}

export interface ConsumerBrief extends ChildBrief {
	readonly consumer: Partial<ConsumerSettings> & Pick<ConsumerSettings, 'from'>;
	readonly work: ChildWork;
}

export interface PublisherBrief extends ChildBrief {
	readonly to: Address;
}

/** What a child tells. */
export type ChildReport =
	| { readonly kind: 'ready' }
	| { readonly kind: 'failed'; readonly error: string }
	| { readonly kind: 'run-started' | 'run-ended'; readonly id: string; readonly attempt: number }
	/** Settled for good, as far as the child knows. */
	| { readonly kind: 'stored'; readonly id: string };

abstract class Child implements AsyncDisposable {
	readonly reports: ChildReport[] = [];
	private readonly process: ChildProcess;

	protected constructor(script: string, brief: ChildBrief) {
		this.process = fork(path.join(__dirname, script), [], {
			serialization: 'advanced',
			stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
			// Not the debugger's or the test runner's: the child is a process like any other.
			execArgv: [],
		});
		this.process.on('message', (report: ChildReport) => this.reports.push(report));
		this.process.send(brief);
	}

	/** SIGKILL: no clean-up of any kind runs in the child. */
	async kill(): Promise<void> {
		if (this.process.exitCode !== null || this.process.signalCode !== null) return;
		const gone = once(this.process, 'exit');
		this.process.kill('SIGKILL');
		await gone;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.kill();
	}

	protected async ready(): Promise<void> {
		const exited = once(this.process, 'exit').then(() => Promise.reject(new Error('The child process ended')));
		exited.catch(() => undefined);
		while (!this.reports.some(({ kind }) => kind === 'ready')) {
			const failure = this.reports.find((report) => report.kind === 'failed');
			if (failure) throw new Error(`The child process failed: ${failure.error}`);
			await Promise.race([once(this.process, 'message'), exited]);
		}
	}
}

export class ChildConsumer extends Child {
	static async start(broker: BrokerUnderTest, { work, ...consumer }: ChildConsumerSettings): Promise<ChildConsumer> {
		const brief: ConsumerBrief = { ...briefFor(broker), consumer, work };
		const child = new ChildConsumer('consumerProcess.js', brief);
		await child.ready();
		return child;
	}

	/** Ids of the runs that started, in order. */
	get started(): readonly { readonly id: string; readonly attempt: number }[] {
		return this.reports.flatMap((report) => (report.kind === 'run-started' ? [report] : []));
	}

	get ended(): readonly string[] {
		return this.reports.flatMap((report) => (report.kind === 'run-ended' ? [report.id] : []));
	}
}

/** Publishes event after event until it is killed. */
export class ChildPublisher extends Child {
	static async start(broker: BrokerUnderTest, to: Address): Promise<ChildPublisher> {
		const brief: PublisherBrief = { ...briefFor(broker), to };
		const child = new ChildPublisher('publisherProcess.js', brief);
		await child.ready();
		return child;
	}

	/** Ids of the events whose publish had resolved. */
	get stored(): readonly string[] {
		return this.reports.flatMap((report) => (report.kind === 'stored' ? [report.id] : []));
	}
}

function briefFor({ features, settings, manifest }: BrokerUnderTest): ChildBrief {
	if (!features.processes) throw new Error(`${manifest.label} cannot be reached from another process`);
	return { manifest: features.processes, settings: settings() };
}

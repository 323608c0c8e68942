/**
 * Every run of an engine and how it ended: the same endings, for the same reasons, as n8n's ActiveExecutions and
 * WorkflowRunner (n8n 2.40) give a trigger that waits for its run.
 */
import type { ExecutionStatus, IRun, WorkflowExecuteMode } from 'n8n-workflow';
import { deferred, type Deferred } from './deferred';
import type { CancelableRun, N8n } from './n8nModules';

export interface Execution {
	readonly id: string;
	readonly workflowId: string;
	readonly mode: WorkflowExecuteMode;
	readonly status: ExecutionStatus;
	/** Absent while it runs, and after a cancellation or a block. */
	readonly run?: IRun;
	/**
	 * Success, failure and a Wait node resolve; a cancellation and a timeout reject; a run that was blocked before it
	 * started resolves undefined.
	 */
	readonly done: Promise<IRun | undefined>;
}

type ExecutionRecord = { -readonly [Field in keyof Execution]: Execution[Field] } & {
	readonly end: Deferred<IRun | undefined>;
	workflowExecution?: CancelableRun;
};

export class Executions {
	private readonly records: ExecutionRecord[] = [];

	constructor(private readonly n8n: N8n) {}

	get all(): readonly Execution[] {
		return this.records;
	}

	get running(): number {
		return this.records.filter(({ status }) => status === 'running').length;
	}

	add(workflowId: string, mode: WorkflowExecuteMode): Execution {
		const end = deferred<IRun | undefined>();
		// Not every caller waits for the end; a rejection nobody waits for is no fault.
		end.promise.catch(() => undefined);
		const record: ExecutionRecord = {
			id: String(this.records.length + 1),
			workflowId,
			mode,
			status: 'running',
			done: end.promise,
			end,
		};
		this.records.push(record);
		return record;
	}

	/**
	 * Starts the run of an added execution and records how it ends.
	 *
	 * @param timeoutSeconds the workflow's own limit; 0: none
	 * @throws what n8n throws when a run cannot even be set up
	 */
	start({ id }: Execution, timeoutSeconds: number, start: () => CancelableRun): void {
		const record = this.find(id);
		let run: CancelableRun;
		try {
			run = start();
		} catch (error) {
			if (error instanceof this.n8n.core.WorkflowHasIssuesError) {
				this.block(id);
				return;
			}
			this.end(record, failedRun(this.n8n, record.mode, error as Error));
			throw error;
		}
		record.workflowExecution = run;
		const { TimeoutExecutionCancelledError } = this.n8n.workflow;
		const timer =
			timeoutSeconds > 0
				? setTimeout(() => this.stop(id, new TimeoutExecutionCancelledError(id)), timeoutSeconds * 1000)
				: undefined;
		void run
			.then(
				(ended) => this.end(record, ended),
				(error: unknown) => this.end(record, failedRun(this.n8n, record.mode, error as Error)),
			)
			.finally(() => clearTimeout(timer));
	}

	/** The Stop button. @returns false when it is not running */
	cancel(id: string): boolean {
		return this.stop(id, new this.n8n.workflow.ManualExecutionCancelledError(id));
	}

	/** Ends it before its first node: credential permission, or a workflow with issues. */
	block(id: string): void {
		const record = this.find(id);
		record.status = 'error';
		record.end.resolve(undefined);
	}

	private stop(id: string, reason: Error): boolean {
		const record = this.records.find((each) => each.id === id);
		if (record?.status !== 'running') return false;
		record.status = 'canceled';
		record.workflowExecution?.cancel();
		record.end.reject(reason);
		return true;
	}

	/** @returns how many still run after `ms` */
	async drain(ms: number): Promise<number> {
		const until = Date.now() + ms;
		// A run may start others (an event it published), so look again until none is left.
		while (this.running > 0 && Date.now() < until) {
			const ends = this.records.filter(({ status }) => status === 'running').map(({ done }) => done);
			await Promise.race([Promise.allSettled(ends), pause(until - Date.now())]);
		}
		return this.running;
	}

	private end(record: ExecutionRecord, run: IRun): void {
		// A cancelled run still comes to its end here, but its verdict has been given.
		if (record.status !== 'running') return;
		record.status = run.status;
		record.run = run;
		record.end.resolve(run);
	}

	private find(id: string): ExecutionRecord {
		const record = this.records.find((each) => each.id === id);
		if (!record) throw new Error(`No execution ${id}`);
		return record;
	}
}

/** What n8n records when the engine itself threw. */
function failedRun({ workflow }: N8n, mode: WorkflowExecuteMode, error: Error): IRun {
	const { message, stack } = error;
	const when = new Date();
	return {
		data: workflow.createRunExecutionData({
			resultData: { error: { name: error.name, message, stack } as never, runData: {} },
		}),
		mode,
		startedAt: when,
		stoppedAt: when,
		status: 'error',
		storedAt: 'db',
	};
}

async function pause(ms: number): Promise<void> {
	await new Promise((resolve) => setTimeout(resolve, ms).unref());
}

/**
 * Keeps the triggers of active workflows running and turns what they emit into runs, as n8n's
 * TriggerExecutionContextFactory and WorkflowTriggerActivator do.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { INode, INodeExecutionData, IRun, ITriggerFunctions, Workflow } from 'n8n-workflow';
import type { ActiveWorkflowTriggers, N8n } from './n8nModules';
import type { Runner } from './runner';
import type { WorkflowJson, WorkflowShelf } from './workflowShelf';

/** A trigger that failed while it ran: tried again at once, then after 1, 2, 4 and 8 s (trigger-activation-retry). */
const REACTIVATION_DELAYS_MS = [0, 1_000, 2_000, 4_000, 8_000];

export interface TriggerFailure {
	readonly workflowId: string;
	readonly node: string;
	readonly error: Error;
}

export class Activation {
	/** What triggers reported by `emitError` and `saveFailedExecution`, and what failed while they were started again. */
	readonly failures: TriggerFailure[] = [];
	private readonly triggers: ActiveWorkflowTriggers;
	private readonly ended = new AbortController();

	constructor(
		private readonly n8n: N8n,
		private readonly shelf: WorkflowShelf,
		private readonly runner: Runner,
	) {
		this.triggers = n8n.container.get(n8n.core.ActiveWorkflowTriggers);
	}

	/** Starts all triggers. Unlike n8n it does not try a failed start again, so that a test sees the error. */
	async activate(json: WorkflowJson): Promise<void> {
		const workflow = this.shelf.open(json, true);
		const additionalData = this.runner.additionalDataOf(json);
		await workflow.expression.acquireIsolate();
		try {
			await this.triggers.addAllTriggers(
				json.id,
				workflow,
				additionalData,
				'trigger',
				'activate',
				this.triggerFunctions(json),
				this.pollFunctions(json),
			);
		} finally {
			await workflow.expression.releaseIsolate();
		}
		this.shelf.saveChangedStaticData(workflow);
	}

	/** Closes its triggers one after the other. Runs go on. */
	async deactivate(workflowId: string): Promise<boolean> {
		return await this.triggers.remove(workflowId);
	}

	/** As n8n's shutdown: one workflow after the other. */
	async close(): Promise<void> {
		this.ended.abort();
		for (const id of this.triggers.allActiveWorkflows()) await this.triggers.remove(id);
	}

	private triggerFunctions(json: WorkflowJson): Parameters<ActiveWorkflowTriggers['addAllTriggers']>[5] {
		return (workflow, node, additionalData, mode, activation) => {
			const emit: ITriggerFunctions['emit'] = (items, _responsePromise, donePromise) => {
				this.shelf.saveChangedStaticData(workflow);
				void this.run(json, node, items, donePromise).catch((error: unknown) => {
					donePromise?.reject(error as Error);
					if (!donePromise) this.report(json, node, error as Error);
				});
			};
			const emitError: ITriggerFunctions['emitError'] = (error) => {
				this.report(json, node, error);
				void this.reactivate(json, workflow, node).catch((again: unknown) => {
					if (!this.ended.signal.aborted) this.report(json, node, again as Error);
				});
			};
			const saveFailedExecution = (error: Error) => this.report(json, node, error);
			return new this.n8n.core.TriggerContext(
				workflow,
				node,
				additionalData,
				mode,
				activation,
				emit,
				emitError,
				saveFailedExecution,
			);
		};
	}

	private pollFunctions(json: WorkflowJson): Parameters<ActiveWorkflowTriggers['addAllTriggers']>[6] {
		return (workflow, node, additionalData, mode, activation) =>
			new this.n8n.core.PollContext(workflow, node, additionalData, mode, activation, (items) => {
				this.runner.runFrom(json, { mode, node: node.name, items });
			});
	}

	private async run(
		json: WorkflowJson,
		node: INode,
		items: INodeExecutionData[][],
		donePromise: Parameters<ITriggerFunctions['emit']>[2],
	): Promise<void> {
		// n8n looks the published workflow up first, so `emit` returns before the run begins.
		await Promise.resolve();
		if (json.settings?.engineType === 'v2') throw this.engine2Refusal(donePromise !== undefined);
		const execution = this.runner.runFrom(json, { mode: 'trigger', node: node.name, items });
		// n8n's type leaves out that a blocked run gives undefined.
		if (donePromise) execution.done.then((ended) => donePromise.resolve(ended as IRun), donePromise.reject);
	}

	private engine2Refusal(waits: boolean): Error {
		return new this.n8n.workflow.UserError(
			waits ? 'Engine 2.0 does not run triggers that wait for their execution' : 'The test engine has no Engine 2.0',
		);
	}

	private async reactivate(json: WorkflowJson, workflow: Workflow, node: INode): Promise<void> {
		await this.triggers.removeTriggers(json.id, new Set([node.id]));
		for (const delayMs of REACTIVATION_DELAYS_MS) {
			await sleep(delayMs, undefined, { signal: this.ended.signal });
			try {
				await this.start(json, workflow, node);
				return;
			} catch (error) {
				this.report(json, node, error as Error);
			}
		}
	}

	private async start(json: WorkflowJson, workflow: Workflow, node: INode): Promise<void> {
		await workflow.expression.acquireIsolate();
		try {
			await this.triggers.addTriggers(
				json.id,
				workflow,
				[node.id],
				this.runner.additionalDataOf(json),
				'trigger',
				'activate',
				this.triggerFunctions(json),
				this.pollFunctions(json),
			);
		} finally {
			await workflow.expression.releaseIsolate();
		}
	}

	private report({ id }: WorkflowJson, node: INode, error: Error): void {
		this.failures.push({ workflowId: id, node: node.name, error });
	}
}

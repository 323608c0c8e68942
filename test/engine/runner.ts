/**
 * Starts runs the way n8n's WorkflowRunner does: from a trigger's items, from another workflow, or by hand.
 */
import type {
	ExecuteWorkflowData,
	INode,
	INodeExecutionData,
	IRun,
	IWorkflowExecuteAdditionalData,
	RelatedExecution,
	WorkflowExecuteMode,
} from 'n8n-workflow';
import { makeAdditionalData } from './additionalData';
import { codeNodeRunner } from './codeNodeRunner';
import type { CredentialStore } from './credentialsHelper';
import type { Execution, Executions } from './executions';
import type { CancelableRun, LifecycleHooks, N8n } from './n8nModules';
import { asWorkflowBase, type WorkflowJson, type WorkflowShelf } from './workflowShelf';

type ExecuteWorkflow = IWorkflowExecuteAdditionalData['executeWorkflow'];

export interface RunStart {
	readonly mode: WorkflowExecuteMode;
	readonly node: string;
	readonly items: INodeExecutionData[][];
	readonly parent?: RelatedExecution | undefined;
	/** Called before the first node. */
	readonly onHooks?: (hooks: LifecycleHooks) => void;
}

export class Runner {
	constructor(
		private readonly n8n: N8n,
		private readonly shelf: WorkflowShelf,
		private readonly credentials: CredentialStore,
		private readonly executions: Executions,
	) {}

	/** Runs from a node whose items are already there: a trigger that emitted, a webhook that was called. */
	runFrom(json: WorkflowJson, { mode, node, items, parent, onHooks }: RunStart): Execution {
		return this.begin(json, mode, onHooks, (additionalData) => {
			const workflow = this.shelf.open(json, true);
			const start = nodeNamed(json, workflow.getNode(node), node);
			const runData = this.n8n.workflow.createRunExecutionData({
				executionData: { nodeExecutionStack: [{ node: start, data: { main: items }, source: null }] },
				...(parent && { parentExecution: parent }),
			});
			return new this.n8n.core.WorkflowExecute(additionalData, mode, runData).processRunExecutionData(workflow);
		});
	}

	/** "Execute workflow" in the editor. */
	runByHand(json: WorkflowJson, startNode?: string): Execution {
		return this.begin(json, 'manual', undefined, (additionalData) => {
			const workflow = this.shelf.open(json, false);
			const node = startNode ? nodeNamed(json, workflow.getNode(startNode), startNode) : workflow.getStartNode();
			return new this.n8n.core.WorkflowExecute(additionalData, 'manual').run({ workflow, startNode: node });
		});
	}

	/** For triggers: they run outside of any execution. */
	additionalDataOf({ id }: WorkflowJson): IWorkflowExecuteAdditionalData {
		return makeAdditionalData(id, this.credentials, {
			executeWorkflow: this.executeWorkflow,
			startRunnerTask: codeNodeRunner(this.n8n),
			getRunExecutionData: (executionId) =>
				Promise.resolve(this.executions.all.find((each) => each.id === executionId)?.run?.data),
		});
	}

	private begin(
		json: WorkflowJson,
		mode: WorkflowExecuteMode,
		onHooks: RunStart['onHooks'],
		start: (additionalData: IWorkflowExecuteAdditionalData) => CancelableRun,
	): Execution {
		const execution = this.executions.add(json.id, mode);
		try {
			this.credentials.assertUsable(json.nodes);
		} catch {
			this.executions.block(execution.id);
			return execution;
		}
		const timeoutSeconds = json.settings?.executionTimeout ?? 0;
		const additionalData = this.additionalDataOf(json);
		additionalData.executionId = execution.id;
		additionalData.workflowSettings = json.settings ?? {};
		if (timeoutSeconds > 0) additionalData.executionTimeoutTimestamp = Date.now() + timeoutSeconds * 1000;
		const hooks = new this.n8n.core.ExecutionLifecycleHooks(mode, execution.id, asWorkflowBase(json));
		hooks.addHandler('workflowExecuteAfter', (_run, staticData) => {
			if (mode !== 'manual' && staticData) this.shelf.saveStaticData(json.id, staticData);
		});
		onHooks?.(hooks);
		additionalData.hooks = hooks;
		this.executions.start(execution, timeoutSeconds, () => start(additionalData));
		return execution;
	}

	private readonly executeWorkflow: ExecuteWorkflow = async (info, _parentData, options) => {
		const json = this.subWorkflow(info, options.parentWorkflowId);
		const start = json.nodes.find(({ type }) => type === SUB_WORKFLOW_TRIGGER);
		if (!start) throw new this.n8n.workflow.UserError(`Workflow "${json.name}" cannot be called by another workflow`);
		const execution = this.runFrom(json, {
			mode: 'integrated',
			node: start.name,
			items: [options.inputData ?? [{ json: {} }]],
			parent: options.parentExecution,
		});
		if (options.doNotWaitToFinish === true) return { executionId: execution.id, data: [null] };
		const run = await execution.done;
		if (!run) throw new this.n8n.workflow.UserError(`Workflow "${json.name}" was blocked before it started`);
		if (run.data.resultData.error) throw run.data.resultData.error;
		return this.subWorkflowResult(execution, start, run);
	};

	private subWorkflow(info: Parameters<ExecuteWorkflow>[0], parentId: string | undefined): WorkflowJson {
		if (info.code) {
			// Code written into the Execute Workflow node has no id, whatever n8n's type says.
			const inline: Partial<WorkflowJson> = info.code;
			return { ...info.code, id: inline.id ?? parentId ?? '' };
		}
		const json = this.shelf.get(info.id ?? '');
		if (!json) throw new this.n8n.workflow.UserError(`The workflow "${info.id}" was not given to the engine`);
		return json;
	}

	private subWorkflowResult(execution: Execution, start: INode, run: IRun): ExecuteWorkflowData {
		const { runData, lastNodeExecuted = '' } = run.data.resultData;
		const turns = runData[lastNodeExecuted] ?? [];
		// Before 1.2 the caller got only the last turn of a loop.
		const data =
			start.typeVersion < 1.2 ? (turns.at(-1)?.data?.main ?? [null]) : this.n8n.workflow.mergeRunsPerBranch(turns);
		return { executionId: execution.id, data, waitTill: run.waitTill ?? null };
	}
}

const SUB_WORKFLOW_TRIGGER = 'n8n-nodes-base.executeWorkflowTrigger';

function nodeNamed(json: WorkflowJson, node: INode | null, name: string): INode {
	if (!node) throw new Error(`Workflow "${json.name}" has no node "${name}"`);
	return node;
}

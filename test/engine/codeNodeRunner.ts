/**
 * Runs the Code node's JavaScript in a `node:vm` context instead of n8n's task runner process. Trusted code only.
 *
 * What the code sees is n8n's own WorkflowDataProxy, so `$input`, `$('Node')`, `$json` and their paired items are real.
 */
import { createContext, runInContext, type Context } from 'node:vm';
import type { IWorkflowExecuteAdditionalData } from 'n8n-workflow';
import type { N8n } from './n8nModules';

type StartRunnerTask = IWorkflowExecuteAdditionalData['startRunnerTask'];
type Task = Parameters<StartRunnerTask>;

/** What the Code node sends (JsTaskRunnerSandbox). */
interface TaskSettings {
	readonly code: string;
	readonly nodeMode: 'runOnceForAllItems' | 'runOnceForEachItem';
	/** Only for each item: which of them. */
	readonly chunk?: { readonly startIndex: number; readonly count: number };
}

export function codeNodeRunner(n8n: N8n): StartRunnerTask {
	return async (...task) => {
		const settings = task[2] as TaskSettings;
		try {
			const run = settings.nodeMode === 'runOnceForAllItems' ? runOnce : runForEachItem;
			const result = await run(n8n, settings, task);
			return { ok: true, result: acrossProcesses(result) as never };
		} catch (error) {
			const { message, stack } = error as Error;
			return { ok: false, error: { message, stack } as never };
		}
	};
}

async function runOnce(n8n: N8n, { code }: TaskSettings, task: Task): Promise<unknown> {
	const items = task[11];
	return (await evaluate(code, { ...globalsFor(n8n, task, 0), items })) ?? [];
}

async function runForEachItem(n8n: N8n, { code, chunk }: TaskSettings, task: Task): Promise<unknown[]> {
	const items = task[11];
	const first = chunk?.startIndex ?? 0;
	const end = chunk ? first + chunk.count : items.length;
	const results: unknown[] = [];
	for (let index = first; index < end; index++) {
		const result = await evaluate(code, { ...globalsFor(n8n, task, index), item: items[index] });
		if (result === null || result === undefined) continue;
		results.push({ json: hasJson(result) ? result.json : result, pairedItem: { item: index } });
	}
	return results;
}

async function evaluate(code: string, globals: Context): Promise<unknown> {
	return (await runInContext(`(async () => {${code}\n})()`, createContext(globals))) as unknown;
}

function globalsFor({ core, workflow: { WorkflowDataProxy } }: N8n, task: Task, itemIndex: number): Context {
	const [additionalData, , , , , node, workflow, runData, runIndex, , name, items, siblings, mode, env, executeData] =
		task;
	const proxy = new WorkflowDataProxy(
		workflow,
		runData,
		runIndex,
		itemIndex,
		name,
		items,
		siblings,
		mode,
		core.getAdditionalKeys(additionalData, mode, runData),
		executeData,
		-1,
		{},
		undefined,
		env,
	).getDataProxy({ throwOnMissingExecutionData: false });
	return {
		console,
		Buffer,
		URL,
		setTimeout,
		clearTimeout,
		$getWorkflowStaticData: (type: string) => workflow.getStaticData(type, node),
		...proxy,
	};
}

/** The task runner is another process, so only JSON comes back from it. */
function acrossProcesses(result: unknown): unknown {
	return result === undefined ? undefined : (JSON.parse(JSON.stringify(result)) as unknown);
}

function hasJson(result: unknown): result is { readonly json: unknown } {
	return typeof result === 'object' && result !== null && 'json' in result;
}

/**
 * An engine with this package, on the embedded event store a new n8n would use, and short ways to run its nodes.
 */
import type { IDataObject, INode, INodeParameters, IRun } from 'n8n-workflow';
import { items, type EngineOptions } from './n8nEngine';
import { openBus, type Bus } from './openBus';
import { node, workflow } from './workflowBuilder';

export interface Store extends Bus {
	/** Runs the nodes in a row, after a manual trigger. @throws what the run ended with */
	run(nodes: readonly INode[]): Promise<IRun>;
	/** The output of the last of the nodes. @throws what the run ended with */
	output(...nodes: INode[]): Promise<readonly IDataObject[]>;
	/** The error that the run ends with. @throws Error when it ends without one */
	failure(...nodes: INode[]): Promise<{ readonly message: string; readonly description: string }>;
}

export async function openStore(options: EngineOptions & { readonly record?: boolean } = {}): Promise<Store> {
	const bus = await openBus({ record: false, ...options, env: { EVENT_STORE_URL: undefined, ...options.env } });
	let runs = 0;
	const attempt = async (nodes: readonly INode[]) => {
		runs += 1;
		return await bus.engine.runManual(workflow(`Run ${runs}`, [node('Start', 'manualTrigger'), ...nodes]));
	};
	const run = async (nodes: readonly INode[]) => {
		const finished = await attempt(nodes);
		if (finished.data.resultData.error) throw finished.data.resultData.error;
		return finished;
	};
	return {
		...bus,
		run,
		output: async (...nodes) => items(await run(nodes), nodes.at(-1)?.name ?? '') ?? [],
		async failure(...nodes) {
			const { error } = (await attempt(nodes)).data.resultData;
			if (!error) throw new Error('The run ended without an error');
			return { message: error.message, description: error.description ?? '' };
		},
	};
}

/** An Event Store node. @param of resource and operation: 'stream.append' */
export function store(of: `${string}.${string}`, parameters: INodeParameters = {}, extras: Partial<INode> = {}): INode {
	const [resource = '', operation = ''] = of.split('.');
	return node(`Store ${of}`, 'n8n-nodes-event-bus.eventStore', { resource, operation, ...parameters }, { ...extras });
}

/** Appends one event to a stream, unless the input has more items. */
export function append(
	stream: string,
	eventType: string,
	payload: INodeParameters,
	parameters: INodeParameters = {},
): INode {
	return store(
		'stream.append',
		{ stream: named(stream), eventType, payloadSource: 'json', payload: JSON.stringify(payload), ...parameters },
		{ name: `Append ${eventType}` },
	);
}

/** The value of a resource locator. */
export function named(value: string): INodeParameters {
	return { __rl: true, mode: 'name', value };
}

/** Gives the items that its JSON lists. */
export function given(list: readonly IDataObject[]): INode {
	const jsCode = `return ${JSON.stringify(list)}.map((json) => ({ json }));`;
	return node('Given', 'code', { jsCode }, { typeVersion: 2 });
}

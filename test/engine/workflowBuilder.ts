/**
 * Short workflows for tests: nodes in a row, or with connections of their own.
 */
import { randomUUID } from 'node:crypto';
import type { IConnection, IConnections, INode, INodeParameters, IWorkflowSettings } from 'n8n-workflow';
import type { WorkflowJson } from './workflowShelf';

type NodeExtras = Partial<Omit<INode, 'name' | 'type' | 'parameters'>>;

/** @param type full name; without a dot it is a node of n8n-nodes-base */
export function node(name: string, type: string, parameters: INodeParameters = {}, extras: NodeExtras = {}): INode {
	return {
		id: randomUUID(),
		name,
		type: type.includes('.') ? type : `n8n-nodes-base.${type}`,
		typeVersion: 1,
		position: [0, 0],
		parameters,
		...extras,
	};
}

/** `'If:1 > No'` connects the second output of If with No; `'A > Merge:1'` enters Merge by its second input. */
export type Arrow = `${string} > ${string}`;

/** @param arrows default: each node to the next */
export function workflow(
	name: string,
	nodes: readonly INode[],
	{ arrows, settings }: { readonly arrows?: readonly Arrow[]; readonly settings?: IWorkflowSettings } = {},
): WorkflowJson {
	return {
		id: name
			.toLowerCase()
			.replaceAll(/[^a-z0-9]/g, '')
			.padEnd(16, '0')
			.slice(0, 16),
		name,
		nodes,
		connections: connect(arrows ?? inARow(nodes)),
		settings: { executionOrder: 'v1', ...settings },
	};
}

function inARow(nodes: readonly INode[]): Arrow[] {
	return nodes.slice(1).map(({ name }, index): Arrow => `${nodes[index]?.name ?? ''} > ${name}`);
}

function connect(arrows: readonly Arrow[]): IConnections {
	const outputs = new Map<string, IConnection[][]>();
	for (const arrow of arrows) {
		const [from = '', to = ''] = arrow.split(' > ');
		const source = port(from);
		const target = port(to);
		const ofSource = outputs.get(source.name) ?? [];
		outputs.set(source.name, ofSource);
		while (ofSource.length <= source.index) ofSource.push([]);
		ofSource[source.index]?.push({ node: target.name, type: 'main', index: target.index });
	}
	return Object.fromEntries([...outputs].map(([name, main]) => [name, { main }]));
}

function port(text: string): { readonly name: string; readonly index: number } {
	const [name = '', index = '0'] = text.split(':');
	return { name, index: Number(index) };
}

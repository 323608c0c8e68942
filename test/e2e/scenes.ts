/**
 * The small workflows that the tests build around our two nodes.
 */
import type { INode, INodeParameters } from 'n8n-workflow';
import { node, workflow, type Arrow } from '../engine/workflowBuilder';
import type { WorkflowJson } from '../engine/workflowShelf';

const STEP = 220;

/** @param id 16 characters or fewer; n8n's own are 16 */
export function scene(id: string, nodes: readonly INode[], arrows?: readonly Arrow[]): WorkflowJson {
	const placed = nodes.map((one, index): INode => ({ ...one, position: [index * STEP, 0] }));
	// What a test looks at must have been saved, whatever the defaults of n8n are.
	const settings = { saveDataSuccessExecution: 'all', saveDataErrorExecution: 'all' } as const;
	return { ...workflow(id, placed, { settings, ...(arrows ? { arrows } : {}) }), id: id.padEnd(16, '0') };
}

export function start(): INode {
	return node('Start', 'manualTrigger');
}

/** Makes the item a text of JSON says. */
export function item(json: string): INode {
	return node('Item', 'set', { mode: 'raw', jsonOutput: json, options: {} }, { typeVersion: 3.4 });
}

export function publishing(eventType: string, parameters: INodeParameters = {}): INode {
	return node('Publish', 'n8n-nodes-event-bus.eventBus', { eventType, ...parameters });
}

export function listening(eventTypes: string, parameters: INodeParameters = {}): INode {
	return node('On Event', 'n8n-nodes-event-bus.eventBusTrigger', { eventTypes, ...parameters });
}

/** A service: what it hears, what it says. */
export function service(id: string, hears: string, says: string, trigger: INodeParameters = {}): WorkflowJson {
	return scene(id, [listening(hears, trigger), publishing(says)]);
}

/** An Event Store node. @param of resource and operation: 'stream.append' */
export function storing(name: string, of: `${string}.${string}`, parameters: INodeParameters = {}): INode {
	const [resource = '', operation = ''] = of.split('.');
	return node(name, 'n8n-nodes-event-bus.eventStore', { resource, operation, ...parameters });
}

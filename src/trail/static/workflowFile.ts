/**
 * A workflow as n8n exports it, as far as a map needs it. Files come from anywhere, so nothing about them is taken for granted.
 */
import { EventBusError } from '../../kernel/errors';

export interface Workflow {
	readonly id: string;
	readonly name: string;
	/** Those that are switched on. */
	readonly nodes: readonly WorkflowNode[];
	/** Names of the nodes that run after a node, by its name. */
	readonly next: ReadonlyMap<string, readonly string[]>;
}

export interface WorkflowNode {
	readonly id: string;
	readonly name: string;
	/** Without the package: 'eventBusTrigger'. */
	readonly type: string;
	readonly ofThisPackage: boolean;
	readonly parameters: Fields;
	/** Names of the chosen credentials, by type. */
	readonly credentials: Fields;
}

export type Fields = Readonly<Record<string, unknown>>;

/** How n8n calls the package's nodes, when installed and in a development folder. */
const PACKAGES = ['n8n-nodes-event-bus', 'CUSTOM'];

/**
 * @param json a workflow, or a list of them
 * @param file for errors
 * @throws EventBusError `settings` when it is neither
 */
export function workflowsOf(json: unknown, file: string): readonly Workflow[] {
	const given: readonly unknown[] = Array.isArray(json) ? json : [json];
	return given.map((one) => {
		if (isFields(one) && Array.isArray(one.nodes)) return workflowOf(one, one.nodes);
		throw new EventBusError('settings', `${file} is not a workflow`, {
			hint: 'Export workflows from n8n (Download, or n8n export:workflow) and give those files, or a folder of them',
		});
	});
}

/** Whether a file that lies beside workflows is one. */
export function looksLikeWorkflow(json: unknown): boolean {
	const first: unknown = Array.isArray(json) ? json[0] : json;
	return isFields(first) && Array.isArray(first.nodes) && isFields(first.connections);
}

function workflowOf(workflow: Fields, given: readonly unknown[]): Workflow {
	const nodes = given
		.filter(isFields)
		.filter(({ disabled }) => disabled !== true)
		.map(nodeOf);
	return {
		id: textOf(workflow.id) || 'unsaved',
		name: textOf(workflow.name) || textOf(workflow.id) || 'workflow',
		nodes,
		next: nextOf(workflow.connections),
	};
}

function nodeOf({ id, name, type, parameters, credentials }: Fields): WorkflowNode {
	const whole = textOf(type);
	const dot = whole.lastIndexOf('.');
	return {
		id: textOf(id),
		name: textOf(name),
		type: whole.slice(dot + 1),
		ofThisPackage: PACKAGES.includes(whole.slice(0, Math.max(0, dot))),
		parameters: fieldsOf(parameters),
		credentials: Object.fromEntries(
			Object.entries(fieldsOf(credentials)).map(([kind, chosen]) => [kind, textOf(fieldsOf(chosen).name)]),
		),
	};
}

function nextOf(connections: unknown): ReadonlyMap<string, readonly string[]> {
	const next = new Map<string, string[]>();
	const add = (from: string, to: string): void => {
		const known = next.get(from);
		if (known) known.push(to);
		else next.set(from, [to]);
	};
	for (const [name, outputs] of Object.entries(fieldsOf(connections))) {
		for (const [kind, lists] of Object.entries(fieldsOf(outputs))) {
			for (const target of targetsIn(lists)) {
				// A tool or a model is drawn from itself to the agent that uses it, and runs after the agent has begun.
				if (kind === 'main') add(name, target);
				else add(target, name);
			}
		}
	}
	return next;
}

function targetsIn(lists: unknown): string[] {
	if (!Array.isArray(lists)) return [];
	return lists
		.flat()
		.map((target: unknown) => textOf(fieldsOf(target).node))
		.filter((name) => name !== '');
}

/** The names of nodes that run after one of these, and these. */
export function reachedFrom(workflow: Workflow, name: string): ReadonlySet<string> {
	const reached = new Set([name]);
	for (const node of reached) for (const after of workflow.next.get(node) ?? []) reached.add(after);
	return reached;
}

export function fieldsOf(value: unknown): Fields {
	return isFields(value) ? value : {};
}

function isFields(value: unknown): value is Fields {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textOf(value: unknown): string {
	return typeof value === 'string' ? value.trim() : '';
}

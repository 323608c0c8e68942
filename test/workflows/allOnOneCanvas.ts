/**
 * Puts the services of the choreography on one canvas: one import for who wants to see it run before understanding it.
 *
 * The file is made from the single workflows, so the two never say different things.
 */
import type { INode } from 'n8n-workflow';
import type { WorkflowJson } from '../engine/workflowShelf';

const NOTE = `## An order and six services, on one canvas
Each row is a service of its own; read down the left side, then the right. No line leads from one row to the next: a row publishes an event, and the rows whose trigger names that type react to it.

**Try it.** Publish this workflow and send the order from the first note. Then open Executions: one run for each event. Disable a trigger, publish, send another order; enable it and publish again: it catches up.

The same services as seven workflows are in the same folder. Take those for real work: each is published, stopped and changed without the others, and has executions and static data of its own. Import one form or the other: both open the webhook \`orders\`.`;

const NOTE_SIZE = { width: 880, height: 220 };
/** What n8n draws of a node, with its name below. */
const NODE_HEIGHT = 160;
const ROW_GAP = 120;
/** The widest service, and room beside it. Two columns have about the shape of a window. */
const COLUMN_WIDTH = 1320;
const COLUMNS = 2;

/** @throws Error when two services have a node of the same name: n8n connects nodes by name */
export function allOnOneCanvas(services: readonly WorkflowJson[]): WorkflowJson {
	const rows = [[titleNote()], ...services.map(({ nodes }) => nodes)];
	const nodes = inColumns(rows);
	assertUniqueNames(nodes);
	return {
		id: 'choreoOneCanvas0',
		name: 'Order Choreography (All on One Canvas)',
		nodes,
		connections: Object.assign({}, ...services.map(({ connections }) => connections)) as WorkflowJson['connections'],
		settings: { executionOrder: 'v1' },
	};
}

/** Down the first column, then down the next. */
function inColumns(rows: readonly (readonly INode[])[]): INode[] {
	const total = rows.reduce((sum, row) => sum + heightOfRow(row), 0);
	let above = 0;
	let column = 0;
	let top = 0;
	return rows.flatMap((row) => {
		// A row belongs to the column that holds its middle.
		const wanted = Math.floor(((above + heightOfRow(row) / 2) / total) * COLUMNS);
		if (wanted > column) {
			column = wanted;
			top = 0;
		}
		const offset: Offset = { x: column * COLUMN_WIDTH, y: top - extent(row).upper };
		above += heightOfRow(row);
		top += heightOfRow(row);
		return row.map((node) => moved(node, offset));
	});
}

interface Offset {
	readonly x: number;
	readonly y: number;
}

function moved(node: INode, by: Offset): INode {
	const [x, y] = node.position;
	return { ...node, position: [x + by.x, y + by.y] };
}

function heightOfRow(row: readonly INode[]): number {
	const { upper, lower } = extent(row);
	return lower - upper + ROW_GAP;
}

function titleNote(): INode {
	return {
		parameters: { content: NOTE, ...NOTE_SIZE, color: 7 },
		id: '5f0d6c1e-7a43-4b1c-8f5e-2f6f6f0f7c01',
		name: 'Note: All on One Canvas',
		type: 'n8n-nodes-base.stickyNote',
		typeVersion: 1,
		position: [0, 0],
	};
}

function extent(nodes: readonly INode[]): { readonly upper: number; readonly lower: number } {
	return {
		upper: Math.min(...nodes.map(({ position: [, y] }) => y)),
		lower: Math.max(...nodes.map((node) => node.position[1] + heightOf(node))),
	};
}

function heightOf({ type, parameters }: INode): number {
	return type.endsWith('.stickyNote') ? Number(parameters.height) : NODE_HEIGHT;
}

function assertUniqueNames(nodes: readonly INode[]): void {
	const names = nodes.map(({ name }) => name);
	const twice = names.find((name, index) => names.indexOf(name) !== index);
	if (twice !== undefined) throw new Error(`Two services have a node named "${twice}"`);
}

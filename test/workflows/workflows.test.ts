/**
 * What every shipped workflow file must be, whatever it does. That they work is proven in test/engine.
 */
import type { INode } from 'n8n-workflow';
import type { WorkflowJson } from '../engine/workflowShelf';
import { allOnOneCanvas } from './allOnOneCanvas';
import { ALL_ON_ONE_CANVAS, choreographyServices, readJson, shippedWorkflows } from './files';

/** A node with its name below it takes no more than this on the canvas. */
const NODE_SIZE = { width: 130, height: 140 };

let workflows: ReadonlyMap<string, WorkflowJson>;

beforeAll(async () => {
	workflows = await shippedWorkflows();
});

const each = (check: (workflow: WorkflowJson, file: string) => void) => {
	expect(workflows.size).toBeGreaterThan(0);
	for (const [file, workflow] of workflows) check(workflow, file);
};

it('has an id of 16 characters of its own, so that an import twice is an update', () => {
	each(({ id }) => expect(id).toMatch(/^[A-Za-z0-9]{16}$/));
	expect(new Set([...workflows.values()].map(({ id }) => id)).size).toBe(workflows.size);
});

it('has only what an import needs: no credentials, pinned data, tags or state', () => {
	each((workflow) => {
		expect(Object.keys(workflow).sort()).toEqual(['connections', 'id', 'name', 'nodes', 'settings']);
		expect(workflow.settings).toMatchObject({ executionOrder: 'v1' });
		for (const node of workflow.nodes) expect(node).not.toHaveProperty('credentials');
	});
});

it('connects nodes that exist, and leaves none but triggers and notes without an input', () => {
	each(({ nodes, connections }, file) => {
		const names = nodes.map(({ name }) => name);
		expect(new Set(names).size).toBe(names.length);
		const reached = targets(connections);
		expect(names).toEqual(expect.arrayContaining([...Object.keys(connections), ...reached]));
		for (const { name, type } of nodes) {
			const starts = /[tT]rigger$|\.webhook$|\.stickyNote$/.test(type);
			if (starts || serves(connections, name)) continue;
			if (!reached.includes(name)) throw new Error(`${file}: nothing leads to "${name}"`);
		}
	});
});

it('reads from left to right, but for a loop, which says that it is one', () => {
	each(({ nodes, connections }) => {
		const column = new Map(nodes.map(({ name, position: [x] }) => [name, x]));
		for (const from of Object.keys(connections)) {
			if (from.endsWith('Again?') || serves(connections, from)) continue;
			for (const to of targets({ [from]: connections[from] ?? {} })) {
				expect(column.get(to)).toBeGreaterThan(column.get(from) ?? Infinity);
			}
		}
	});
});

it('has no node over another or over a note', () => {
	each(({ nodes }, file) => {
		for (const [index, one] of nodes.entries()) {
			for (const other of nodes.slice(index + 1)) {
				if (overlap(one, other)) throw new Error(`${file}: "${one.name}" lies over "${other.name}"`);
			}
		}
	});
});

it('tells a newcomer what happens and what to try', () => {
	each(({ nodes }) => {
		const notes = nodes.filter(isNote).map(({ parameters }) => parameters.content as string);
		expect(notes.join('\n')).toContain('**Try it.**');
	});
});

it('has all services on one canvas as they are in their own files', async () => {
	const committed = await readJson<WorkflowJson>(ALL_ON_ONE_CANVAS);
	// If this fails: node build/test/workflows/writeAllOnOneCanvas.js
	expect(committed).toEqual(allOnOneCanvas(await choreographyServices()));
});

it('refuses two services with a node of the same name on one canvas', async () => {
	const [first] = await choreographyServices();
	if (!first) throw new Error('No services');
	expect(() => allOnOneCanvas([first, first])).toThrow('Two services have a node named');
});

function targets(connections: WorkflowJson['connections']): string[] {
	return Object.values(connections)
		.flatMap((byType) => Object.values(byType))
		.flatMap((outputs) => outputs.flatMap((output) => output ?? []))
		.map(({ node }) => node);
}

/** A model or a tool hangs below the agent that uses it. */
function serves(connections: WorkflowJson['connections'], name: string): boolean {
	return Object.keys(connections[name] ?? {}).some((type) => type.startsWith('ai_'));
}

function isNote({ type }: INode): boolean {
	return type.endsWith('.stickyNote');
}

function overlap(one: INode, other: INode): boolean {
	const [a, b] = [box(one), box(other)];
	return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

function box(node: INode): Record<'left' | 'right' | 'top' | 'bottom', number> {
	const [left, top] = node.position;
	const { width, height } = isNote(node) ? node.parameters : NODE_SIZE;
	return { left, top, right: left + Number(width), bottom: top + Number(height) };
}

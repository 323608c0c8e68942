/**
 * The workflows that ship, in a real n8n: imported by its command line, looked at in its editor, and the one with an
 * agent, whose nodes exist nowhere else.
 *
 * The pictures of the gallery are made here: `npm run docs` puts them into docs/images.
 */
import { cp, mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { INode } from 'n8n-workflow';
import { until } from '../conformance/waiting';
import type { WorkflowJson } from '../engine/workflowShelf';
import { pathOf, readJson, shippedWorkflows } from '../workflows/files';
import { Editor } from './editor';
import { executionsOf } from './executions';
import { OutsideService } from './outsideService';
import { ScriptedModel } from './scriptedModel';
import { TemporaryN8n } from './temporaryN8n';

jest.setTimeout(180_000);

const STICKY_NOTE = 'n8n-nodes-base.stickyNote';
/** Pixels of a picture for one of the canvas, which leaves the text of the notes readable. */
const SCALE = 0.9;
const WIDEST = 1600;
const MARGIN = 80;

const opened = new AsyncDisposableStack();
let n8n: TemporaryN8n;
let editor: Editor;
let outside: OutsideService;
let workflows: ReadonlyMap<string, WorkflowJson>;

beforeAll(async () => {
	workflows = await shippedWorkflows();
	n8n = opened.use(await TemporaryN8n.prepare());
	const folder = join(n8n.folder, 'gallery');
	await mkdir(folder);
	for (const file of workflows.keys()) await cp(pathOf(file), join(folder, file.replaceAll('/', '-')));
	await n8n.command('import:workflow', '--separate', `--input=${folder}`);
	await n8n.start();
	outside = opened.use(await OutsideService.connect({ N8N_USER_FOLDER: n8n.folder }));
	editor = opened.use(await Editor.open(n8n));
}, 300_000);
afterAll(async () => {
	await opened.disposeAsync();
});

it('are imported by the command line, all of them, under their ids and inactive', async () => {
	for (const { id } of workflows.values()) {
		expect(await n8n.client.workflow(id)).toMatchObject({ activeVersionId: null });
	}
});

it('show all of their nodes on the canvas', async () => {
	for (const [file, workflow] of workflows) {
		await editor.openWorkflow(workflow.id);
		await editor.photographCanvas(pictureOf(file), sizeOf(workflow));
		const unknown = await editor.page.getByText('Install this node to use it').count();
		const shown = await editor.part('canvas-node').count();
		const wanted = workflow.nodes.filter(({ type }) => type !== STICKY_NOTE).length;
		expect({ file, unknown, shown }).toEqual({ file, unknown: 0, shown: wanted });
	}
}, 600_000);

describe('the agent', () => {
	const AGENT = 'agentUnderTest00';
	const TICKET = { order_id: 'ord_1001', topic: 'damage', urgent: true, summary: 'The parcel arrived broken' };

	it('can be imported without a credential, and says at publishing that its model needs one', async () => {
		const workflow = await readJson<WorkflowJson>('ai-agent/00-agent-publishes.json');
		expect(await n8n.refusalOf({ ...workflow, id: 'agentWithoutKey0' })).toContain('credential');
	});

	it('publishes an event by calling the node as a tool, and a service reacts to it', async () => {
		await using model = await ScriptedModel.start(TICKET);
		const heard = await outside.listen();
		const workflow = await withModel(await readJson<WorkflowJson>('ai-agent/00-agent-publishes.json'), model.url);
		await n8n.publish({ ...workflow, id: AGENT });
		const chat = workflow.nodes.find(({ type }) => type.endsWith('.chatTrigger'))?.webhookId ?? '';
		const message = { action: 'sendMessage', sessionId: 'session-1', chatInput: 'My parcel ord_1001 arrived broken' };
		const answer = await n8n.post(`${chat}/chat`, message);
		expect(answer).toMatchObject({ status: 200, body: expect.stringContaining('It is done.') });

		await heard.has(1, 'ticket.opened');
		const [ticket] = heard.ofType('ticket.opened');
		expect(ticket).toMatchObject({ source: 'support-agent', payload: TICKET, metadata: { hops: 0 } });
		expect(ticket?.subject).toMatch(/^tic_/);
		// The model is told what became of its call.
		expect(model.results.join('\n')).toContain(ticket?.event_id);
		const [tool] = model.offered[0] ?? [];
		expect(tool?.function).toMatchObject({
			name: 'Open_a_Ticket',
			parameters: { required: Object.keys(TICKET) },
		});
		await until('the service has reacted', async () => {
			const runs = await executionsOf(n8n, AGENT);
			return runs.some(({ mode, status }) => mode === 'trigger' && status === 'success');
		});
	});
});

/** What is still to do for whoever imports it: a credential for the model. The chat is opened to the outside. */
async function withModel(workflow: WorkflowJson, url: string): Promise<WorkflowJson> {
	const type = 'openAiApi';
	const data = { apiKey: 'none', url };
	const { id, name } = await n8n.client.call<{ id: string; name: string }>('POST', '/rest/credentials', {
		name: 'A scripted model',
		type,
		data,
	});
	const ready = (node: INode): INode => {
		if (node.type.endsWith('.lmChatOpenAi')) return { ...node, credentials: { [type]: { id, name } } };
		if (node.type.endsWith('.chatTrigger')) return { ...node, parameters: { ...node.parameters, public: true } };
		return node;
	};
	return { ...workflow, nodes: workflow.nodes.map(ready) };
}

/** 'dead-letters-00-shipping-service' */
function pictureOf(file: string): string {
	return `${dirname(file)}-${basename(file, '.json')}`;
}

/** As wide and high as what is on the canvas. */
function sizeOf({ nodes }: WorkflowJson): { readonly width: number; readonly height: number } {
	const boxes = nodes.map(({ type, position: [x, y], parameters }) => {
		const note = type === STICKY_NOTE;
		const width = note ? Number(parameters.width) : 130;
		const height = note ? Number(parameters.height) : 140;
		return { left: x, top: y, right: x + width, bottom: y + height };
	});
	const across = Math.max(...boxes.map(({ right }) => right)) - Math.min(...boxes.map(({ left }) => left));
	const down = Math.max(...boxes.map(({ bottom }) => bottom)) - Math.min(...boxes.map(({ top }) => top));
	const scale = Math.min(SCALE, WIDEST / across);
	return { width: Math.round(across * scale) + MARGIN, height: Math.round(down * scale) + MARGIN };
}

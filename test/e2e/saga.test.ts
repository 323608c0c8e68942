/**
 * The Saga node in the editor of a real n8n, and the saga workflows that ship, called from outside.
 *
 * Screenshots as in editor.test.ts.
 */
import { until } from '../conformance/waiting';
import { atAddress } from '../engine/webhookServer';
import type { WorkflowJson } from '../engine/workflowShelf';
import { workflowsOf } from '../workflows/files';
import { Editor } from './editor';
import { node } from '../engine/workflowBuilder';
import { scene, start } from './scenes';
import { TemporaryN8n } from './temporaryN8n';

jest.setTimeout(180_000);

const opened = new AsyncDisposableStack();
let n8n: TemporaryN8n;
let editor: Editor;
let shipped: readonly WorkflowJson[];

beforeAll(async () => {
	n8n = opened.use(await TemporaryN8n.start());
	editor = opened.use(await Editor.open(n8n));
	const folders = await Promise.all(['orchestration', 'saga', 'hybrid'].map(workflowsOf));
	shipped = folders.flat().map((workflow) => atAddress(workflow, n8n.url));
	for (const workflow of shipped) await n8n.publish(workflow);
}, 300_000);
afterAll(async () => {
	await opened.disposeAsync();
});

interface Answer {
	readonly status: number;
	readonly body: Readonly<Record<string, unknown>>;
}

async function post(path: string, body: unknown): Promise<Answer> {
	const answer = await n8n.post(path, body);
	return { status: answer.status, body: JSON.parse(answer.body) as Answer['body'] };
}

async function get(path: string): Promise<Answer> {
	const answer = await fetch(`${n8n.url}/webhook/${path}`);
	return { status: answer.status, body: (await answer.json()) as Answer['body'] };
}

const order = { customer_id: 'cust_1', total_amount: 20, items: [{ sku: 'PROD-001', quantity: 2, price: 10 }] };

describe('the workflows that ship', () => {
	it('run a saga over HTTP services, a sub-workflow and a command event', async () => {
		const completed = await post('order-processing/orchestrate', { ...order, order_id: 'ord_real' });
		expect(completed).toMatchObject({
			status: 200,
			body: {
				reservation_id: 'res_ord_real',
				payment_id: 'pay_ord_real',
				shipment_id: 'shp_ord_real',
			},
		});
		expect((await get('inventory-manager/stock')).body).toMatchObject({ stock: { 'PROD-001': 98 } });
		expect(await post('order-processing/orchestrate', { ...order, order_id: 'ord_real' })).toEqual(completed);
	});

	it('undo what was done when the payment declines', async () => {
		const expensive = { order_id: 'ord_back', total_amount: 1500, items: [{ sku: 'PROD-002', quantity: 1 }] };
		expect(await post('order-saga', expensive)).toMatchObject({
			status: 422,
			body: { failed_step: 'process_payment', undone: ['reserve_inventory', 'create_order'] },
		});
		expect((await get('order-saga/order?order_id=ord_back')).body).toMatchObject({
			order: { status: 'cancelled' },
			stock: { 'PROD-002': 50 },
		});
		await until('the outcome is recorded', async () => {
			const { outcomes } = (await get('saga-outcomes')).body as { outcomes: { saga_id: string }[] };
			return outcomes.some(({ saga_id }) => saga_id === 'order-ord_back');
		});
	});

	it('list a saga that is stuck at the desk', async () => {
		const items = [{ sku: 'PROD-002', quantity: 1 }];
		expect((await post('order-saga', { order_id: 'ord_stuck', items, country: 'IS' })).status).toBe(500);
		expect((await get('saga-desk')).body).toMatchObject({ sagas: [{ saga_id: 'order-ord_stuck', status: 'stuck' }] });
		expect(await post('saga-desk/resume', { saga_id: 'order-ord_stuck' })).toMatchObject({ body: { status: 'stuck' } });
		expect((await post('saga-desk/cancel', { saga_id: 'order-ord_stuck' })).status).toBe(409);
	});

	it('announce, and are heard', async () => {
		expect((await post('hybrid-orders', { order_id: 'ord_heard', total_amount: 5 })).status).toBe(200);
		await until('it is counted', async () => (await get('hybrid-figures')).body.saga_completed === 1);
	});

	it.each([
		['orchOrders000000', { width: 1700, height: 1600 }],
		['orchValidator000', { width: 1200, height: 700 }],
		['orchInventory000', { width: 2100, height: 1000 }],
		['orchFulfillment0', { width: 1500, height: 800 }],
		['sagaOrder0000000', { width: 2000, height: 2400 }],
		['sagaOutcomes0000', { width: 1400, height: 800 }],
		['sagaDesk00000000', { width: 1200, height: 1400 }],
		['hybridOrder00000', { width: 1400, height: 1500 }],
		['hybridNotify0000', { width: 1200, height: 600 }],
		['hybridAnalytics0', { width: 1200, height: 800 }],
	])('show all of %s on the canvas', async (id, size) => {
		const workflow = shipped.find((one) => one.id === id);
		const notes = workflow?.nodes.filter(({ type }) => type.endsWith('.stickyNote')) ?? [];
		await editor.openWorkflow(id);
		await editor.photographCanvas(`saga-canvas-${id}`, size);
		expect(await editor.page.getByText('Install this node to use it').count()).toBe(0);
		expect(await editor.part('canvas-node').count()).toBe((workflow?.nodes.length ?? 0) - notes.length);
	});
});

describe('the panels', () => {
	const id = 'sagapanels'.padEnd(16, '0');
	const nodes = [
		node('New Saga', 'n8n-nodes-event-bus.saga'),
		...['get', 'list', 'resume', 'cancel'].map((operation) =>
			node(`Saga ${operation}`, 'n8n-nodes-event-bus.saga', { operation }),
		),
		node('Recover', 'n8n-nodes-event-bus.sagaTrigger'),
		node('Outcomes', 'n8n-nodes-event-bus.sagaTrigger', { mode: 'outcomes' }),
	];

	beforeAll(async () => {
		const arrows = nodes.slice(0, 5).map(({ name }) => `Start > ${name}` as const);
		await n8n.bringIn(scene(id, [start(), ...nodes], arrows));
		await editor.openWorkflow(id);
	});
	afterEach(async () => {
		await editor.closeNode();
	});

	const STORE = [
		['Connection', "This n8n's Default"],
		['Store in Use', expect.stringContaining('SQLite')],
	] as const;
	const BUS = [
		['Event Bus', "This n8n's Default"],
		['Broker in Use', expect.stringContaining('Embedded')],
	] as const;

	it.each<[string, readonly (readonly unknown[])[]]>([
		['New Saga', [...STORE, ['Operation', 'Run'], ['Saga Name', ''], ['Saga ID', ''], ...BUS]],
		['Saga get', [...STORE, ['Operation', 'Get'], ['Saga ID', '']]],
		['Saga list', [...STORE, ['Operation', 'List'], ['Status', ''], ['Limit', '50']]],
		['Saga resume', [...STORE, ['Operation', 'Resume'], ['Saga ID', ''], ['Reason', ''], ...BUS]],
		['Saga cancel', [...STORE, ['Operation', 'Cancel'], ['Saga ID', ''], ['Reason', ''], ...BUS]],
		['Recover', [...STORE, ['Start a Run', 'For a Saga That Must Go On'], ...BUS]],
		['Outcomes', []],
	])('of %s ask for no more than is needed', async (name, expected) => {
		await editor.openNode(name);
		await until('the store in use is shown', async () => (await editor.valueOf('storeInUse')).includes('SQLite'));
		await editor.screenshot(`saga-panel-${name.toLowerCase().replaceAll(' ', '-')}`);
		// The others are for the eye.
		if (expected.length > 0) expect(await editor.parameters()).toEqual(expected);
	});
});

describe('the rows', () => {
	it('show the steps of a saga, of each kind', async () => {
		await editor.page.setViewportSize({ width: 1440, height: 1560 });
		await editor.openWorkflow('orchOrders000000');
		await editor.openNode('Order Saga');
		await until('the store in use is shown', async () => (await editor.valueOf('storeInUse')).includes('SQLite'));
		await editor.photographNode('saga-rows');
		await editor.page.setViewportSize({ width: 1440, height: 900 });
		const shown = await editor.panel.innerText();
		for (const label of ['Succeeds On', 'Fails On', 'Undo URL', 'Undo Event Type', 'Step Options']) {
			expect(shown).toContain(label);
		}
		await editor.closeNode();
	});
});

describe('the node panel', () => {
	it.each(['saga', 'compensation', 'orchestration', 'rollback', 'distributed transaction'])(
		'offers Saga to a person who types "%s"',
		async (word) => {
			await editor.openWorkflow('sagapanels'.padEnd(16, '0'));
			expect(await editor.searchNodes(word)).toContain('Saga');
		},
	);
});

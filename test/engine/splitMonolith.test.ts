/**
 * docs/how-to/split-a-monolith.md, done: after each of its steps an order goes the same way as before.
 */
import type { IConnections, IDataObject, INode } from 'n8n-workflow';
import { choreographyServices, readJson } from '../workflows/files';
import { eventually } from './eventually';
import { items, type WorkflowJson } from './n8nEngine';
import { openBus, publish, type Bus } from './openBus';

const ORDER: IDataObject = {
	order_id: 'ord_1',
	customer_id: 'cust_12345',
	total_amount: 59.98,
	items: [{ sku: 'PROD-001', quantity: 2, price: 29.99 }],
};

/** The steps of the page, in its order: the node that is replaced, what is published instead, the service that takes over. */
const STEPS = [
	['Update Analytics', 'notifications.sent', 'notified', 'Analytics Updater'],
	['Send Notifications', 'order.fulfilled', 'fulfilled', 'Notification Service'],
	['Update Fulfillment', 'payment.processed', 'processed', 'Fulfillment Coordinator'],
	['Process Payment', 'inventory.reserved', 'reserved', 'Payment Processor'],
	['Check Inventory', 'order.validated', 'validated', 'Inventory Manager'],
	['Validate Order', 'order.created', 'created', 'Order Validator'],
] as const;

const ANSWER = 'Answer 200 Done';

let bus: Bus;
let monolith: WorkflowJson;
let services: readonly WorkflowJson[];

beforeAll(async () => {
	monolith = await readJson('split-a-monolith/00-monolith.json');
	services = await choreographyServices();
});
beforeEach(async () => {
	bus = await openBus();
});
afterEach(async () => {
	await bus.close();
});

const place = async (order: IDataObject) => await bus.engine.callWebhook('monolith-orders', { body: order });

it('the monolith does the whole order, and says what is wrong with one', async () => {
	await bus.engine.activate(monolith);
	expect(await place(ORDER)).toMatchObject({ status: 200, body: { order_id: 'ord_1' } });
	for (const [changes, error] of [
		[{ total_amount: 1 }, 'total_amount is 1'],
		[{ items: [{ sku: 'PROD-003', quantity: 2, price: 29.99 }] }, 'PROD-003 is sold out'],
		[{ total_amount: 2000, items: [{ sku: 'PROD-001', quantity: 1, price: 2000 }] }, 'card limit'],
	] as const) {
		const refused = { status: 422, body: { error: expect.stringContaining(error) } };
		expect(await place({ ...ORDER, ...changes })).toMatchObject(refused);
	}
	expect(bus.events()).toEqual([]);
});

it.each(STEPS.map(([node, type], index) => [index + 1, node, type] as const))(
	'after step %i the rest is done by services: %s is now %s',
	async (step) => {
		const moved = STEPS.slice(0, step);
		for (const [, , , name] of moved) await bus.engine.activate(named(name));
		await bus.engine.activate(cut(step));
		expect(await place(ORDER)).toMatchObject({ status: 200, body: { order_id: 'ord_1' } });
		const analytics = named('Analytics Updater');
		await eventually('the order is counted', () => bus.runs(analytics).some(({ status }) => status === 'success'));
		await eventually('all are recorded', () => bus.events().length === moved.length);
		const [counted] = bus.runs(analytics);
		expect(counted?.run && items(counted.run, 'Update Counters')).toEqual([
			{ orders: 1, revenue: 59.98, outcomes: { 'order.fulfilled': 1 } },
		]);
		expect(bus.events().map(({ event_type }) => event_type)).toEqual(moved.map(([, type]) => type).reverse());
		expect(new Set(bus.events().map(({ metadata }) => metadata.correlation_id)).size).toBe(1);
		expect(bus.events().at(-1)?.payload).toMatchObject({
			message: expect.stringContaining('is on its way (shp_ord_1)'),
		});
	},
);

/** The monolith after a step: its node and what came behind it replaced by one that publishes. */
function cut(step: number): WorkflowJson {
	const [stage, type, suffix] = STEPS[step - 1] ?? STEPS[0];
	const node: INode = publish(type, {
		options: { eventId: `=evt_{{ $json.order_id }}_${suffix}`, subject: '={{ $json.order_id }}' },
	});
	const connections: IConnections = {};
	for (const [from, { main = [] }] of Object.entries(monolith.connections)) {
		const outputs = main.map((output) =>
			(output ?? []).map((to) => (to.node === stage ? { ...to, node: node.name } : to)),
		);
		connections[from] = { main: outputs };
	}
	connections[node.name] = { main: [[{ node: ANSWER, type: 'main', index: 0 }]] };
	return { ...monolith, nodes: [...monolith.nodes, node], connections };
}

function named(name: string): WorkflowJson {
	const found = services.find((service) => service.name === name);
	if (!found) throw new Error(`No service ${name}`);
	return found;
}

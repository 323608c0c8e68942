/**
 * The CQRS workflows, as they ship, on the embedded store and broker.
 */
import type { IDataObject } from 'n8n-workflow';
import { readJson } from '../workflows/files';
import { eventually } from './eventually';
import { items, type WebhookResponse, type WorkflowJson } from './n8nEngine';
import { named, openStore, store, type Store } from './openStore';

let events: Store;
let commands: WorkflowJson;
let projector: WorkflowJson;
let samples: readonly IDataObject[];
let expected: IDataObject;

beforeAll(async () => {
	commands = await readJson('cqrs/00-order-commands.json');
	projector = await readJson('cqrs/01-order-projector.json');
	samples = await readJson('cqrs/sample-commands.json');
	expected = await readJson('cqrs/expected-order-details.json');
	events = await openStore();
	await events.engine.activate(commands);
	await events.engine.activate(projector);
	await events.engine.activate(await readJson<WorkflowJson>('cqrs/02-order-queries.json'));
});
afterAll(async () => {
	await events.close();
});

const command = async (body: IDataObject): Promise<WebhookResponse> =>
	await events.engine.callWebhook('order-commands', { body });
const query = async (path: string, parameters: IDataObject = {}): Promise<WebhookResponse> =>
	await events.engine.callWebhook(path, { method: 'GET', query: parameters });

/** Until the projector has followed. */
async function projected(count: number): Promise<void> {
	const done = () => events.runs(projector).filter(({ status }) => status === 'success').length;
	await eventually(`${count} events are projected`, () => done() >= count);
}

/** Sends a command of a fresh customer and order, so that a test needs no other. */
async function newOrder(id: string): Promise<void> {
	const before = events.runs(projector).length;
	await command({ command: 'register-customer', customer_id: `cust_${id}`, name: `Customer ${id}` });
	await command({
		command: 'create-order',
		order_id: `ord_${id}`,
		customer_id: `cust_${id}`,
		total_amount: 20,
		items: [{ sku: 'PROD-001', product_name: 'Pen', quantity: 2, price: 10 }],
	});
	await projected(before + 2);
}

it('answers the question of the article: an order with the name of its customer and its items', async () => {
	for (const body of samples) expect(await command(body)).toMatchObject({ status: 202 });
	await projected(samples.length);
	const { status, body } = await query('order-details', { order_id: 'ord_1001' });
	expect(status).toBe(200);
	expect(body).toMatchObject(expected);
	expect(await query('sales')).toMatchObject({ status: 200, body: { orders: 1, revenue: 349.97 } });
});

it('builds the read models anew, with the same answers', async () => {
	await newOrder('anew');
	const ask = async () => [
		(await query('order-details', { order_id: 'ord_anew' })).body,
		(await query('sales')).body,
		(await query('orders', { customer_id: 'cust_anew' })).body,
	];
	const before = await ask();
	const runs = events.runs(projector).length;
	const rebuild = await events.engine.runManual(await readJson<WorkflowJson>('cqrs/03-rebuild.json'));
	expect(items(rebuild, 'Rebuild')).toMatchObject([{ subscription: 'order-projector', reset: true, position: 0 }]);
	await projected(2 * runs);
	expect(await ask()).toEqual(before);
});

it('lists orders by status and customer', async () => {
	await newOrder('list');
	const { body } = await query('orders', { status: 'created', customer_id: 'cust_list' });
	expect(body).toEqual({
		orders: [
			{
				order_id: 'ord_list',
				status: 'created',
				customer_name: 'Customer list',
				total_amount: 20,
				created_at: expect.stringMatching(/^20/),
			},
		],
	});
	expect(await query('orders', { status: 'lost' })).toMatchObject({ status: 200, body: { orders: [] } });
});

it('says which business rules a command breaks, and stores nothing', async () => {
	await newOrder('rules');
	const refused = async (body: IDataObject) => {
		const response = await command(body);
		expect(response.status).toBe(422);
		return (response.body as { broken_rules: readonly string[] }).broken_rules;
	};
	const pay = { command: 'pay-order', order_id: 'ord_rules', amount: 20 };
	expect(await refused({ command: 'dance' })).toEqual([expect.stringContaining('command must be one of')]);
	expect(await refused({ ...pay, amount: 5 })).toEqual(['the order costs 20']);
	expect(await refused({ command: 'ship-order', order_id: 'ord_rules' })).toEqual(['the order is created, not paid']);
	expect(await command(pay)).toMatchObject({ status: 202, body: { version: 2 } });
	expect(await refused(pay)).toEqual(['the order is paid']);
	expect(
		await refused({ command: 'create-order', order_id: 'ord_rules', customer_id: 'nobody', total_amount: 1 }),
	).toEqual([
		'there is no such customer',
		'there is an order with this id already',
		'an order needs at least one item',
		'total_amount is 1, but the items cost 0.00',
	]);
	const stream = await events.output(store('stream.read', { stream: named('order-ord_rules') }));
	expect(stream).toHaveLength(2);
});

it('takes one of two payments that come at the same time', async () => {
	await newOrder('race');
	const pay = { command: 'pay-order', order_id: 'ord_race', amount: 20 };
	const answers = await Promise.all(Array.from({ length: 4 }, async () => await command(pay)));
	expect(answers.map(({ status }) => status).sort()).toEqual([202, 422, 422, 422]);
	const loser = events.runs(commands).filter(({ run }) => (run?.data.resultData.runData['Order Now'] ?? []).length > 1);
	// Whoever lost the race decided again, with what was true then.
	for (const { run } of loser) expect(run && items(run, 'Answer 422 Refused')).toHaveLength(1);
});

it('answers who asks for an order that is not there', async () => {
	expect(await query('order-details', { order_id: 'ord_none' })).toMatchObject({
		status: 404,
		body: { error: 'There is no order ord_none' },
	});
	expect(await query('order-details')).toMatchObject({ status: 400 });
});

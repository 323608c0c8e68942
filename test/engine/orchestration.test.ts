/**
 * The orchestration workflows, as they ship, on the embedded store and broker: a saga whose services are workflows, two of
 * them behind HTTP.
 */
import type { IDataObject } from 'n8n-workflow';
import { readJson, workflowsOf } from '../workflows/files';
import { eventually } from './eventually';
import type { WebhookResponse, WorkflowJson } from './n8nEngine';
import { only, openSagas, sagaOperation } from './openSaga';
import { named, type Store, store } from './openStore';
import { atAddress, patient, serveWebhooks, type WebhookServer } from './webhookServer';

interface Expected {
	readonly code: number;
	readonly body: IDataObject;
}

let sagas: Store;
let server: WebhookServer;
let workflows: readonly WorkflowJson[];
let samples: readonly IDataObject[];
let expected: readonly Expected[];

beforeAll(async () => {
	samples = await readJson('orchestration/sample-orders.json');
	expected = await readJson('orchestration/expected-answers.json');
	sagas = await openSagas();
	server = await serveWebhooks(sagas.engine);
	workflows = (await workflowsOf('orchestration')).map((workflow) => patient(atAddress(workflow, server.url)));
	for (const workflow of workflows) await sagas.engine.activate(workflow);
});
afterAll(async () => {
	await sagas.close();
	await server.close();
});

const place = async (order: IDataObject): Promise<WebhookResponse> =>
	await sagas.engine.callWebhook('order-processing/orchestrate', { body: order });

const inventory = async (action: string, key: string, body: IDataObject): Promise<WebhookResponse> =>
	await sagas.engine.callWebhook(`inventory-manager/${action}`, { headers: { 'idempotency-key': key }, body });

async function stock(): Promise<IDataObject> {
	const { body } = await sagas.engine.callWebhook('inventory-manager/stock', { method: 'GET' });
	return (body as { stock: IDataObject }).stock;
}

const sold = (before: IDataObject, after: IDataObject) => Number(before['PROD-001']) - Number(after['PROD-001']);

const requestsFor = (orderId: string) =>
	sagas
		.events()
		.filter(({ event_type, subject }) => event_type === 'fulfillment.requested' && subject === `processing-${orderId}`);

const shipmentOf = (id: string) => store('readModel.get', { readModel: named('shipments'), documentId: id });

async function document(readModel: string, id: string): Promise<IDataObject> {
	const found = await only(sagas, store('readModel.get', { readModel: named(readModel), documentId: id }));
	return found.data as IDataObject;
}

const order = (order_id: string, quantity = 2): IDataObject => ({
	order_id,
	customer_id: 'cust_1',
	total_amount: quantity * 10,
	items: [{ sku: 'PROD-001', quantity, price: 10 }],
});

it('answers each sample order as promised, and holds stock only for what was completed', async () => {
	expect(await stock()).toEqual({ 'PROD-001': 100, 'PROD-002': 50, 'PROD-003': 0 });
	for (const [index, sample] of samples.entries()) {
		const { status, body } = await place(sample);
		expect({ code: status, body }).toMatchObject(expected[index] ?? {});
	}
	expect(await stock()).toEqual({ 'PROD-001': 98, 'PROD-002': 50, 'PROD-003': 0 });
	expect(await document('payments', 'ord_heavy')).toMatchObject({ status: 'refunded', amount: 110 });
	expect(await document('shipments', 'ord_small')).toMatchObject({ shipment_id: 'shp_ord_small' });
});

it('leaves no trace of an order whose payment declines', async () => {
	const before = await stock();
	const asked = server.requests.length;
	const items = [{ sku: 'PROD-002', quantity: 1, price: 2000 }];
	const { status, body } = await place({ ...order('ord_declined'), total_amount: 2000, items });
	expect(status).toBe(422);
	expect(body).toMatchObject({
		status: 'compensated',
		failed_step: 'process_payment',
		error: expect.stringContaining('2000 is above its limit of 1000'),
		undone: ['reserve_inventory'],
	});
	expect(await stock()).toEqual(before);
	expect(server.requests.slice(asked)).toEqual([
		'POST /webhook/order-validator/validate',
		'POST /webhook/inventory-manager/reserve',
		'POST /webhook/inventory-manager/release',
	]);
});

it('takes the same order twice for one saga, also at the same time', async () => {
	const [before, asked] = [await stock(), server.requests.length];
	const answers = await Promise.all([place(order('ord_twice')), place(order('ord_twice'))]);
	answers.push(await place(order('ord_twice')));
	expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
	expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
	expect(sold(before, await stock())).toBe(2);
	expect(server.requests.slice(asked)).toHaveLength(2);
});

it('gives an order without an id one of its own', async () => {
	const { order_id: _none, ...rest } = order('');
	const answers = await Promise.all([place(rest), place(rest)]);
	const ids = answers.map(({ body }) => (body as IDataObject).order_id);
	expect(answers.map(({ status }) => status)).toEqual([200, 200]);
	expect(new Set(ids).size).toBe(2);
	expect(ids[0]).toMatch(/^ord_/);
});

it('answers 202 when it takes long, and goes on by the Saga Trigger', async () => {
	const [orchestrator, fulfillment] = [workflows[0], workflows.at(-1)];
	if (!orchestrator || !fulfillment) throw new Error('A workflow is missing');
	await sagas.engine.deactivate(fulfillment.id);
	await sagas.engine.activate(patient(orchestrator, 1));
	const { status, body } = await place(order('ord_long'));
	expect({ status, body }).toMatchObject({ status: 202, body: { status: 'running', saga_id: 'processing-ord_long' } });
	await sagas.engine.activate(fulfillment);
	const report = async () => await only(sagas, sagaOperation('get', { sagaId: 'processing-ord_long' }));
	await eventually('it completes', async () => (await report()).status === 'completed');
	await sagas.engine.drain(10_000);
	await sagas.engine.activate(orchestrator);
	const recoveries = sagas.runs(orchestrator).filter(({ mode }) => mode === 'trigger');
	expect(recoveries.length).toBeGreaterThan(0);
	expect(new Set(recoveries.map(({ status: its }) => its))).toEqual(new Set(['success']));
});

it('waits for a service that is off, and a person may cancel meanwhile', async () => {
	const fulfillment = workflows.at(-1);
	if (!fulfillment) throw new Error('There is no fulfillment service');
	const before = await stock();
	await sagas.engine.deactivate(fulfillment.id);
	const answered = place(order('ord_cancelled'));
	await eventually('it waits for the fulfillment', () => requestsFor('ord_cancelled').length === 1);
	await only(sagas, sagaOperation('cancel', { sagaId: 'processing-ord_cancelled', reason: 'changed her mind' }));
	const { status, body } = await answered;
	expect(status).toBe(422);
	expect(body).toMatchObject({
		status: 'cancelled',
		error: 'Saga processing-ord_cancelled was cancelled: changed her mind',
	});
	expect(await stock()).toEqual(before);
	// It hears of the order only now, and then at once that nobody wants it any more.
	await sagas.engine.activate(fulfillment);
	await eventually('it has heard of both', async () => {
		const shipment = await only(sagas, shipmentOf('ord_cancelled'));
		return shipment.exists === true && (shipment.data as IDataObject).status === 'cancelled';
	});
	expect(await document('shipments', 'ord_cancelled')).toMatchObject({ shipment_id: 'shp_ord_cancelled' });
});

describe('the inventory manager', () => {
	const items = [{ sku: 'PROD-001', quantity: 2 }];

	it('answers the same key the same way, and reserves and releases once', async () => {
		const before = await stock();
		const reserve = async () => await inventory('reserve', 'k1', { order_id: 'ord_k', items });
		const [first, again] = [await reserve(), await reserve()];
		expect(first).toMatchObject({ status: 200, body: { reservation_id: 'res_ord_k', items } });
		expect([again.status, again.body]).toEqual([first.status, first.body]);
		expect(sold(before, await stock())).toBe(2);
		for (const _time of [1, 2]) {
			expect(await inventory('release', 'k2', { order_id: 'ord_k' })).toMatchObject({ status: 200 });
			expect(await stock()).toEqual(before);
		}
	});

	it('keeps its word: what was sold out stays so for that request', async () => {
		const much = [{ sku: 'PROD-001', quantity: 101 }];
		const reserve = async () => await inventory('reserve', 'k3', { order_id: 'ord_much', items: much });
		expect(await reserve()).toMatchObject({ status: 422, body: { sold_out: ['PROD-001'] } });
		expect(await reserve()).toMatchObject({ status: 422, body: { sold_out: ['PROD-001'] } });
	});

	it('does not reserve for an order that was released before the request came', async () => {
		const before = await stock();
		expect(await inventory('release', 'k4', { order_id: 'ord_late' })).toMatchObject({ status: 200 });
		expect(await inventory('reserve', 'k5', { order_id: 'ord_late', items })).toMatchObject({ status: 422 });
		expect(await stock()).toEqual(before);
	});

	it('says what a request lacks', async () => {
		const response = await sagas.engine.callWebhook('inventory-manager/reserve', { body: { order_id: 'ord_1' } });
		expect(response).toMatchObject({ status: 400, body: { error: expect.stringContaining('Idempotency-Key') } });
	});

	it('does not reserve more than there is, however many ask at once', async () => {
		const before = await stock();
		const left = Number(before['PROD-001']);
		const reserving = Array.from({ length: 12 }, async (_, index) => {
			const items = [{ sku: 'PROD-001', quantity: 10 }];
			return await inventory('reserve', `many-${index}`, { order_id: `ord_many_${index}`, items });
		});
		const reserved = (await Promise.all(reserving)).filter(({ status }) => status === 200).length;
		expect(reserved).toBe(Math.floor(left / 10));
		expect(sold(before, await stock())).toBe(reserved * 10);
	});
});

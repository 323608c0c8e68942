/**
 * The saga workflows, as they ship: a saga with compensation, what records how sagas end, and the desk where a person
 * resumes and cancels them.
 */
import type { IDataObject } from 'n8n-workflow';
import { readJson, workflowsOf } from '../workflows/files';
import { eventually } from './eventually';
import type { WebhookResponse, WorkflowJson } from './n8nEngine';
import { openSagas } from './openSaga';
import type { Store } from './openStore';
import { patient } from './webhookServer';

interface Expected {
	readonly code: number;
	readonly body: IDataObject;
}

let sagas: Store;
let orderSaga: WorkflowJson;
let samples: readonly IDataObject[];
let expected: readonly Expected[];

beforeAll(async () => {
	samples = await readJson('saga/sample-orders.json');
	expected = await readJson('saga/expected-answers.json');
	sagas = await openSagas();
	const [first, ...others] = (await workflowsOf('saga')).map((workflow) => patient(workflow));
	if (!first) throw new Error('There are no workflows');
	orderSaga = first;
	for (const workflow of [first, ...others]) await sagas.engine.activate(workflow);
});
afterAll(async () => {
	await sagas.close();
});

const place = async (body: IDataObject): Promise<WebhookResponse> =>
	await sagas.engine.callWebhook('order-saga', { body });

const get = async (path: string, query: IDataObject = {}): Promise<WebhookResponse> =>
	await sagas.engine.callWebhook(path, { method: 'GET', query });

const desk = async (what: string, body: IDataObject): Promise<WebhookResponse> =>
	await sagas.engine.callWebhook(`saga-desk/${what}`, { body });

async function seen(orderId: string): Promise<{ readonly order: IDataObject; readonly stock: IDataObject }> {
	const { body } = await get('order-saga/order', { order_id: orderId });
	return body as { order: IDataObject; stock: IDataObject };
}

/** What is listed under a name by a webhook. */
async function listed(path: string, name: string, query: IDataObject = {}): Promise<readonly IDataObject[]> {
	const { body } = await get(path, query);
	return (body as Record<string, IDataObject[]>)[name] ?? [];
}

async function outcomeOf(sagaId: string): Promise<IDataObject | undefined> {
	const outcomes = await listed('saga-outcomes', 'outcomes');
	return outcomes.find(({ saga_id }) => saga_id === sagaId);
}

it('answers each sample order as promised', async () => {
	for (const [index, sample] of samples.entries()) {
		const { status, body } = await place(sample);
		expect({ code: status, body }).toMatchObject(expected[index] ?? {});
	}
	expect((await seen('ord_fine')).order).toMatchObject({ status: 'completed', shipment_id: 'shp_ord_fine' });
});

it('gives the stock back and cancels the order when the payment declines', async () => {
	const { stock: before } = await seen('ord_declined');
	const { status, body } = await place({ order_id: 'ord_back', total_amount: 1001, items: samples[0]?.items });
	expect(status).toBe(422);
	expect(body).toMatchObject({
		error: 'process_payment failed: The card was declined: 1001 is above its limit of 1000',
		undone: ['reserve_inventory', 'create_order'],
	});
	expect(await seen('ord_back')).toMatchObject({ order: { status: 'cancelled' }, stock: before });
});

it('takes the same order twice for one saga', async () => {
	const order = { order_id: 'ord_twice', total_amount: 10, items: [{ sku: 'PROD-002', quantity: 1 }] };
	const { stock: before } = await seen('ord_twice');
	const answers = await Promise.all([place(order), place(order)]);
	answers.push(await place(order));
	expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
	expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
	const { stock } = await seen('ord_twice');
	expect(Number(before['PROD-002']) - Number(stock['PROD-002'])).toBe(1);
});

it('keeps the stock right when many orders come at once and some are declined', async () => {
	const { stock: before } = await seen('none');
	const totals = [10, 2000, 10, 2000, 10, 10];
	const answers = await Promise.all(
		totals.map(async (total_amount, index) => {
			const items = [{ sku: 'PROD-001', quantity: 5 }];
			return await place({ order_id: `ord_many_${index}`, total_amount, items });
		}),
	);
	expect(answers.map(({ status }) => status)).toEqual([200, 422, 200, 422, 200, 200]);
	const { stock } = await seen('none');
	expect(Number(before['PROD-001']) - Number(stock['PROD-001'])).toBe(20);
});

describe('a saga that is stuck', () => {
	const items = [{ sku: 'PROD-001', quantity: 1 }];

	it('is listed at the desk, and goes on when what failed is repaired and somebody resumes it', async () => {
		expect(await place({ order_id: 'ord_iceland', total_amount: 10, items, country: 'IS' })).toMatchObject({
			status: 500,
		});
		const stuck = await listed('saga-desk', 'sagas');
		expect(stuck.find(({ saga_id }) => saga_id === 'order-ord_iceland')).toMatchObject({
			status: 'stuck',
			error: 'create_fulfillment failed: No carrier ships to IS',
		});
		const again = await desk('resume', { saga_id: 'order-ord_iceland' });
		expect(again).toMatchObject({ status: 200, body: { status: 'stuck' } });

		const repaired = JSON.stringify(orderSaga).replace(String.raw`\"US\"`, String.raw`\"US\", \"IS\"`);
		await sagas.engine.activate(JSON.parse(repaired) as WorkflowJson);
		const resumed = await desk('resume', { saga_id: 'order-ord_iceland', reason: 'carrier found' });
		await sagas.engine.activate(orderSaga);

		expect(resumed).toMatchObject({ status: 200, body: { status: 'completed', undone: [] } });
		expect((await seen('ord_iceland')).order).toMatchObject({ status: 'completed' });
		const payments = (await get('saga-desk/saga', { saga_id: 'order-ord_iceland' })).body as { steps: IDataObject[] };
		expect(payments.steps.map(({ name, attempts }) => [name, attempts])).toEqual([
			['create_order', 1],
			['reserve_inventory', 1],
			['process_payment', 1],
			['create_fulfillment', 3],
		]);
	});

	it('alerts somebody', async () => {
		await place({ order_id: 'ord_alert', total_amount: 10, items, country: 'XX' });
		await eventually('it is recorded', async () => (await outcomeOf('order-ord_alert'))?.status === 'stuck');
		const alerts = () =>
			sagas.engine.executions.flatMap(
				({ run }) => run?.data.resultData.runData['Your Slack or Mail Here']?.[0]?.data?.main?.[0] ?? [],
			);
		await eventually('somebody is told', () => alerts().some(({ json }) => json.saga_id === 'order-ord_alert'));
		expect(alerts().find(({ json }) => json.saga_id === 'order-ord_alert')?.json.text).toBe(
			'Saga order-ord_alert (order) is stuck at create_fulfillment: create_fulfillment failed: No carrier ships to XX',
		);
	});
});

it('records how each saga ended', async () => {
	await eventually('all are recorded', async () => (await listed('saga-outcomes', 'outcomes')).length >= 10);
	expect(await outcomeOf('order-ord_fine')).toMatchObject({ saga_name: 'order', status: 'completed', compensated: [] });
	expect(await outcomeOf('order-ord_declined')).toMatchObject({
		status: 'compensated',
		failed_step: 'process_payment',
		error: expect.stringContaining('The card was declined'),
		compensated: ['reserve_inventory', 'create_order'],
	});
});

describe('the desk', () => {
	it.each([
		['resume', 'There is no saga ord_nobody'],
		['cancel', 'There is no saga ord_nobody'],
	])('says what it cannot %s', async (what, error) => {
		expect(await desk(what, { saga_id: 'ord_nobody' })).toMatchObject({ status: 409, body: { error } });
	});

	it('says why a saga that has ended is not resumed or cancelled', async () => {
		expect(await desk('resume', { saga_id: 'order-ord_fine' })).toMatchObject({
			status: 409,
			body: { error: 'Saga order-ord_fine is completed: there is nothing to resume', hint: expect.any(String) },
		});
		expect(await desk('cancel', { saga_id: 'order-ord_fine' })).toMatchObject({ status: 409 });
	});

	it('shows a saga step by step, or that there is none', async () => {
		const { status, body } = await get('saga-desk/saga', { saga_id: 'order-ord_declined' });
		expect(status).toBe(200);
		expect((body as { steps: IDataObject[] }).steps.map(({ name, status: is }) => [name, is])).toEqual([
			['create_order', 'undone'],
			['reserve_inventory', 'undone'],
			['process_payment', 'failed'],
			['create_fulfillment', 'waiting'],
		]);
		expect(await get('saga-desk/saga', { saga_id: 'ord_nobody' })).toMatchObject({ status: 404 });
	});

	it('lists sagas by their status', async () => {
		const completed = await listed('saga-desk', 'sagas', { status: 'completed' });
		expect(completed.map(({ status }) => status)).toEqual(completed.map(() => 'completed'));
		expect(completed.map(({ saga_id }) => saga_id)).toContain('order-ord_fine');
		expect(await listed('saga-desk', 'sagas', { status: 'running' })).toEqual([]);
	});
});

/**
 * The event sourcing workflows, as they ship, on the embedded store.
 */
import type { IDataObject, IRun } from 'n8n-workflow';
import { readJson } from '../workflows/files';
import { items, type WorkflowJson } from './n8nEngine';
import { openStore, type Store } from './openStore';

let events: Store;
let byHand: WorkflowJson;
let api: WorkflowJson;

beforeAll(async () => {
	events = await openStore();
	byHand = await readJson('event-sourcing/00-by-hand.json');
	api = await readJson('event-sourcing/01-order-api.json');
	await events.engine.activate(api);
});
afterAll(async () => {
	await events.close();
});

describe('by hand', () => {
	let run: IRun;

	beforeAll(async () => {
		// Twice, as a person would: each event has an id of its own and is stored once.
		await events.engine.runManual(byHand);
		run = await events.engine.runManual(byHand);
		expect(run.status).toBe('success');
	});

	const only = (node: string) => items(run, node)?.[0];

	it('holds the sample events of its folder', async () => {
		expect(items(run, 'Sample Events')).toEqual(await readJson('event-sourcing/sample-events.json'));
	});

	it('rebuilds the order as the article does', () => {
		expect(only('Order Now')).toMatchObject({
			version: 3,
			state: {
				order_id: 'ord_1001',
				customer_id: 'cust_12345',
				status: 'fulfilled',
				payment_status: 'completed',
				shipping_status: 'shipped',
				history: [
					{ event_type: 'order.created', occurred_at: '2026-02-27T10:30:00.000Z' },
					{ event_type: 'payment.processed', occurred_at: '2026-02-27T11:00:00.000Z' },
					{ event_type: 'order.shipped', occurred_at: '2026-02-28T09:15:00.000Z' },
				],
			},
		});
	});

	it('travels in time', () => {
		expect(only('Before It Was Paid')).toMatchObject({ version: 1, state: { status: 'created' } });
		expect(only('On 27 February at Noon')).toMatchObject({ version: 2, state: { status: 'paid' } });
	});

	it('shows all that happened', () => {
		expect(items(run, 'All That Happened')).toHaveLength(3);
	});
});

describe('as an API', () => {
	const post = async (body: IDataObject) => await events.engine.callWebhook('order-events', { body });
	const state = async (query: IDataObject) => await events.engine.callWebhook('order-state', { method: 'GET', query });

	it('stores what happens, and refuses what was decided too late', async () => {
		const created = { order_id: 'ord_7', event_type: 'order.created', payload: { order_id: 'ord_7' } };
		expect(await post({ ...created, occurred_at: '2026-02-27T10:00:00Z' })).toMatchObject({
			status: 201,
			body: { version: 1 },
		});
		expect(await post({ ...created, expected_version: 0 })).toMatchObject({
			status: 409,
			body: { actual_version: 1, error: expect.stringContaining('is at version 1') },
		});
		const paid = { order_id: 'ord_7', event_type: 'payment.processed', occurred_at: '2026-02-27T11:00:00Z' };
		expect(await post({ ...paid, expected_version: 1 })).toMatchObject({ status: 201, body: { version: 2 } });

		expect(await state({ order_id: 'ord_7' })).toMatchObject({ status: 200, body: { order: { status: 'paid' } } });
		expect(await state({ order_id: 'ord_7', version: '1' })).toMatchObject({
			body: { version: 1, order: { status: 'created' } },
		});
		expect(await state({ order_id: 'ord_7', time: '2026-02-27T10:30:00Z' })).toMatchObject({
			body: { version: 1, order: { status: 'created' } },
		});
	});

	it.each<[string, IDataObject, number]>([
		['an order that does not exist', { order_id: 'ord_8' }, 404],
		['an order before it was created', { order_id: 'ord_7', time: '2026-02-27T09:00:00Z' }, 404],
		['no order', {}, 400],
		['a time that is none', { order_id: 'ord_7', time: 'yesterday-ish' }, 400],
	])('answers who asks for %s', async (_name, query, status) => {
		expect(await state(query)).toMatchObject({ status });
	});

	it('refuses an event without a type', async () => {
		expect(await post({ order_id: 'ord_9' })).toMatchObject({
			status: 400,
			body: { error: expect.stringContaining('Event Type is empty') },
		});
	});
});

/**
 * The article's order services, as they ship, on the embedded broker.
 */
import type { IDataObject } from 'n8n-workflow';
import type { EventEnvelope } from '../../src/event/envelope';
import { ALL_ON_ONE_CANVAS, choreographyServices, readJson } from '../workflows/files';
import { eventually } from './eventually';
import { items, type WebhookResponse, type WorkflowJson } from './n8nEngine';
import { openBus, type Bus } from './openBus';

type Counts = Readonly<Record<string, number>>;

let bus: Bus;
let services: readonly WorkflowJson[];
let orders: readonly IDataObject[];
let expected: readonly Counts[];

beforeAll(async () => {
	services = await choreographyServices();
	orders = await readJson('choreography/sample-orders.json');
	expected = await readJson('choreography/expected-events.json');
});
beforeEach(async () => {
	bus = await openBus();
});
afterEach(async () => {
	await bus.close();
});

const activateAll = async () => {
	for (const service of services) await bus.engine.activate(service);
};

const place = (order: IDataObject): Promise<WebhookResponse> => bus.engine.callWebhook('orders', { body: order });

/** The events of an order, once there are as many as expected and nothing runs any more. */
async function eventsOf(response: WebhookResponse, count: number): Promise<readonly EventEnvelope[]> {
	const { correlation_id } = response.body as { correlation_id: string };
	const ofOrder = () => bus.events().filter(({ metadata }) => metadata.correlation_id === correlation_id);
	await eventually(`${count} events of ${correlation_id}`, () => ofOrder().length >= count);
	expect(await bus.engine.drain(5_000)).toBe(0);
	return ofOrder();
}

function countTypes(events: readonly EventEnvelope[]): Counts {
	const counts: Record<string, number> = {};
	for (const { event_type } of events) counts[event_type] = (counts[event_type] ?? 0) + 1;
	return counts;
}

const total = (counts: Counts) => Object.values(counts).reduce((sum, count) => sum + count, 0);

const order = (changes: IDataObject = {}): IDataObject => ({
	customer_id: 'cust_1',
	total_amount: 30,
	items: [{ sku: 'PROD-001', quantity: 2, price: 15 }],
	...changes,
});

const HAPPY_PATH = [
	'order.created',
	'order.validated',
	'inventory.reserved',
	'payment.processed',
	'order.fulfilled',
	'notifications.sent',
];

describe.each([
	['as seven workflows', activateAll],
	['on one canvas', async () => await bus.engine.activate(await readJson<WorkflowJson>(ALL_ON_ONE_CANVAS))],
])('%s', (_form, activate) => {
	it('gives exactly the expected events for each sample order', async () => {
		await activate();
		const responses = await Promise.all(orders.map(place));
		for (const [index, response] of responses.entries()) {
			expect(response).toMatchObject({ status: 202, body: { status: 'accepted' } });
			const wanted = expected[index] ?? {};
			expect(countTypes(await eventsOf(response, total(wanted)))).toEqual(wanted);
		}
		expect(bus.engine.executions.filter(({ status }) => status !== 'success')).toEqual([]);
	});

	it('counts every order once, though many come at the same time', async () => {
		await activate();
		const many = Array.from({ length: 10 }, () => order());
		await Promise.all([...many, order({ total_amount: 1 })].map(place));
		const counted = () => bus.engine.executions.flatMap(({ run }) => (run && items(run, 'Update Counters')) ?? []);
		await eventually('all orders are counted', () => counted().length === 11);
		expect(counted().at(-1)).toEqual({
			orders: 11,
			revenue: 300,
			outcomes: { 'order.fulfilled': 10, 'order.validation_failed': 1 },
		});
	});
});

describe('the chain', () => {
	beforeEach(activateAll);

	it('names the cause of each event and counts the hops', async () => {
		const chain = await eventsOf(await place(order()), HAPPY_PATH.length);
		expect(chain.map(({ event_type }) => event_type)).toEqual(HAPPY_PATH);
		expect(chain.map(({ metadata }) => metadata.hops)).toEqual([0, 1, 2, 3, 4, 5]);
		expect(chain.map(({ metadata }) => metadata.causation_id)).toEqual([
			undefined,
			...chain.slice(0, -1).map(({ event_id }) => event_id),
		]);
	});

	it('carries the data of the order and what each service adds', async () => {
		const chain = await eventsOf(await place(order({ order_id: 'ord_7' })), HAPPY_PATH.length);
		expect(chain.every(({ subject }) => subject === 'ord_7')).toBe(true);
		expect(chain[4]?.payload).toEqual({
			...order({ order_id: 'ord_7' }),
			validation_result: 'success',
			reservation_id: 'res_ord_7',
			payment_id: 'pay_ord_7',
			shipment_id: 'shp_ord_7',
			parcels: 1,
		});
		expect(chain[5]?.payload).toMatchObject({ order_id: 'ord_7', about: 'order.fulfilled' });
	});

	it.each<[string, IDataObject, readonly string[], string]>([
		[
			'an order whose total does not match its items',
			order({ total_amount: 99 }),
			['order.created', 'order.validation_failed', 'notifications.sent'],
			'total_amount is 99, but the items cost 30.00',
		],
		[
			'an order of something sold out',
			order({ items: [{ sku: 'PROD-003', quantity: 2, price: 15 }] }),
			['order.created', 'order.validated', 'inventory.rejected', 'notifications.sent'],
			'PROD-003',
		],
		[
			'an order above the card limit',
			order({ total_amount: 2000, items: [{ sku: 'PROD-001', quantity: 1, price: 2000 }] }),
			['order.created', 'order.validated', 'inventory.reserved', 'payment.declined', 'notifications.sent'],
			'above the card limit of 1000',
		],
	])('ends %s with a message to the customer', async (_case, body, path, message) => {
		const chain = await eventsOf(await place(body), path.length);
		expect(chain.map(({ event_type }) => event_type)).toEqual(path);
		expect((chain.at(-1)?.payload as { message: string }).message).toContain(message);
	});

	it('takes the same order twice as one order', async () => {
		const first = await place(order({ order_id: 'ord_1' }));
		await eventsOf(first, HAPPY_PATH.length);
		await place(order({ order_id: 'ord_1' }));
		await place(order({ order_id: 'ord_2' }));
		const chain = await eventsOf(await place(order({ order_id: 'ord_3' })), HAPPY_PATH.length);
		expect(chain).toHaveLength(HAPPY_PATH.length);
		await eventually('all runs end', () => fulfilled().length === 3);
		expect(fulfilled().sort()).toEqual(['ord_1', 'ord_2', 'ord_3']);
	});
});

describe('the webhook', () => {
	beforeEach(activateAll);

	it('does not take an order that the bus cannot store, and says why', async () => {
		await bus.close();
		bus = await openBus({ record: false, env: { EVENT_BUS_URL: 'rabit://localhost' } });
		await bus.engine.activate(named('Place Order'));
		const response = await place(order());
		expect(response).toMatchObject({ status: 503, body: { status: 'not accepted' } });
		expect((response.body as { error: string }).error).toContain('rabit');
	});

	it.each<[string, IDataObject, readonly string[]]>([
		['nothing', {}, ['customer_id', 'total_amount', 'items']],
		['no customer', order({ customer_id: '' }), ['customer_id']],
		['no items', order({ items: undefined }), ['items']],
	])('refuses an order with %s and says what is missing', async (_case, body, missing) => {
		const response = await place(body);
		expect(response).toMatchObject({ status: 400, body: { status: 'rejected', missing } });
		expect((response.body as { error: string }).error).toContain(missing.join(', '));
		expect(bus.events()).toEqual([]);
	});

	it('takes the article’s order, with an order id of its own', async () => {
		const body = {
			order_id: 'ord_987654321',
			customer_id: 'cust_12345',
			total_amount: 299.99,
			items: [{ sku: 'PROD-001', quantity: 2, price: 149.99 }],
		};
		const response = await place(body);
		expect(response.body).toMatchObject({ order_id: 'ord_987654321', event_id: 'evt_ord_987654321_created' });
		const [created, ...others] = await eventsOf(response, HAPPY_PATH.length);
		expect(created?.payload).toEqual(body);
		expect(others.at(-1)?.event_type).toBe('notifications.sent');
	});
});

describe('fault isolation', () => {
	beforeEach(activateAll);

	it('goes on without a service, which catches up when it is back', async () => {
		const inventory = named('Inventory Manager');
		await bus.engine.deactivate(inventory.id);
		const orders = await Promise.all([place(order()), place(order())]);
		for (const response of orders) {
			const before = await eventsOf(response, 2);
			expect(before.map(({ event_type }) => event_type)).toEqual(HAPPY_PATH.slice(0, 2));
		}
		await bus.engine.activate(inventory);
		for (const response of orders) {
			const after = await eventsOf(response, HAPPY_PATH.length);
			expect(after.map(({ event_type }) => event_type)).toEqual(HAPPY_PATH);
		}
	});

	it('keeps the others working while one service fails', async () => {
		const payment = named('Payment Processor');
		const broken = {
			...payment,
			nodes: payment.nodes.map((node) =>
				node.name === 'Card Limit'
					? {
							...node,
							type: 'n8n-nodes-base.stopAndError',
							typeVersion: 1,
							parameters: { errorMessage: 'no provider' },
						}
					: node,
			),
		};
		await bus.engine.activate(broken);
		const response = await place(order());
		const chain = await eventsOf(response, 3);
		expect(chain.map(({ event_type }) => event_type)).toEqual(HAPPY_PATH.slice(0, 3));
		await eventually('the payment fails', () => bus.runs(payment).some(({ status }) => status === 'error'));
		await bus.engine.activate(payment);
		expect(countTypes(await eventsOf(response, HAPPY_PATH.length))).toEqual(
			Object.fromEntries(HAPPY_PATH.map((type) => [type, 1])),
		);
	});
});

function named(name: string): WorkflowJson {
	const found = services.find((service) => service.name === name);
	if (!found) throw new Error(`No service ${name}`);
	return found;
}

function fulfilled(): string[] {
	return bus
		.events()
		.filter(({ event_type }) => event_type === 'order.fulfilled')
		.map(({ subject }) => subject ?? '');
}

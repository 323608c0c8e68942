/**
 * The bundled services in a real n8n, watched from outside: the promises that need more than one workflow.
 */
import { readSampleOrders, type SampleOrder } from '../../scripts/orders/sampleOrders';
import { WORKFLOWS } from '../../scripts/workflowFolder';
import { times, until } from '../conformance/waiting';
import type { WorkflowJson } from '../engine/workflowShelf';
import { choreographyServices, readJson } from '../workflows/files';
import { Browser } from './browser';
import { executionsOf } from './executions';
import { incidentsOf } from './incidents';
import { OutsideService, type EventLog } from './outsideService';
import { service } from './scenes';
import { TemporaryN8n } from './temporaryN8n';

jest.setTimeout(180_000);

/** The work that two n8n share: enough that neither can be done before the other has begun. */
const SHARED_ORDERS = 60;

const opened = new AsyncDisposableStack();
let n8n: TemporaryN8n;
let outside: OutsideService;
let heard: EventLog;
let orders: readonly SampleOrder[];

beforeAll(async () => {
	n8n = opened.use(await TemporaryN8n.start());
	outside = opened.use(await OutsideService.connect({ N8N_USER_FOLDER: n8n.folder }));
	heard = await outside.listen();
	orders = await readSampleOrders(WORKFLOWS);
	for (const workflow of await choreographyServices()) await n8n.publish(workflow);
}, 300_000);
afterAll(async () => {
	await opened.disposeAsync();
});

/** @returns the correlation id of the order's events */
async function place(body: SampleOrder['body']): Promise<string> {
	const answer = await n8n.post('orders', body);
	expect(answer.status).toBe(202);
	return (JSON.parse(answer.body) as { correlation_id: string }).correlation_id;
}

async function completes(correlationId: string, expected: Readonly<Record<string, number>>): Promise<void> {
	const wanted = Object.values(expected).reduce((sum, count) => sum + count, 0);
	await until(
		`the order's events are ${JSON.stringify(expected)}, not ${JSON.stringify(heard.chainOf(correlationId))}`,
		() => Object.values(heard.chainOf(correlationId)).reduce((sum, count) => sum + count, 0) >= wanted,
		60_000,
	);
	expect(heard.chainOf(correlationId)).toEqual(expected);
}

it('turns each sample order into exactly the events that the article promises', async () => {
	for (const { body, expected } of orders) await completes(await place(body), expected);
});

it('names for each event the event that caused it', async () => {
	const [first] = orders;
	if (!first) throw new Error('There are no sample orders');
	const id = await place({ ...first.body, order_id: 'ord_causes' });
	await completes(id, first.expected);
	const chain = heard.events.filter(({ metadata }) => metadata.correlation_id === id);
	const byId = new Map(chain.map((event) => [event.event_id, event]));
	for (const { metadata } of chain) {
		if (metadata.hops === 0) expect(metadata.causation_id).toBeUndefined();
		else expect(byId.get(metadata.causation_id ?? '')?.metadata.hops).toBe(metadata.hops - 1);
	}
});

it('tells a shop what is missing in its order, and publishes nothing', async () => {
	const before = heard.events.length;
	const answer = await n8n.post('orders', { customer_id: 'cust_1' });
	expect(answer.status).toBe(400);
	expect(JSON.parse(answer.body)).toMatchObject({ missing: ['total_amount', 'items'], hint: expect.any(String) });
	expect(heard.events).toHaveLength(before);
});

it('keeps the other services working while one is off, which catches up when it is back', async () => {
	const [first] = orders;
	if (!first) throw new Error('There are no sample orders');
	const payments = 'choreoPayments00';
	await n8n.client.deactivate(payments);
	const ids = [];
	for (const number of [1, 2, 3]) ids.push(await place({ ...first.body, order_id: `ord_isolated_${number}` }));
	const untilThere = { 'order.created': 1, 'order.validated': 1, 'inventory.reserved': 1 };
	for (const id of ids) await completes(id, untilThere);
	// Another branch of the same flow is not held up by it.
	const rejected = orders.find(({ expected }) => 'order.validation_failed' in expected);
	if (!rejected) throw new Error('There is no sample order that is rejected');
	await completes(await place({ ...rejected.body, order_id: 'ord_isolated_4' }), rejected.expected);
	for (const id of ids) expect(heard.chainOf(id)).toEqual(untilThere);

	await n8n.reactivate(payments);
	for (const id of ids) await completes(id, first.expected);
});

it('shows the story of an order as a page, in the browser of whoever asks for it', async () => {
	const [first] = orders;
	if (!first) throw new Error('There are no sample orders');
	await n8n.publish(await readJson<WorkflowJson>('event-trail/00-trail-viewer.json'));
	const id = await place({ ...first.body, order_id: 'ord_seen' });
	await completes(id, first.expected);

	await using browser = await Browser.open();
	const incidents = incidentsOf(browser.page, (url) => url.startsWith(n8n.url));
	await browser.page.goto(`${n8n.url}/webhook/trail?correlation_id=${id}`);
	for (const type of Object.keys(first.expected)) {
		expect(await browser.page.locator('.row', { hasText: type }).count()).toBeGreaterThan(0);
	}
	await browser.page.locator('.row', { hasText: 'payment.processed' }).first().click();
	await browser.screenshot('trail-of-an-order');
	expect(await browser.page.getByRole('link', { name: /^execution / }).count()).toBeGreaterThan(0);

	await browser.page.goto(`${n8n.url}/webhook/flow-map`);
	await browser.page.getByRole('button', { name: 'Fit' }).click();
	await browser.screenshot('flow-map-of-orders');
	await browser.page.locator('.node', { hasText: 'payment-processor' }).first().click();
	expect(await browser.page.getByRole('heading', { name: 'payment-processor' }).isVisible()).toBe(true);
	expect(incidents).toEqual([]);
});

it('shares the work of one group between two n8n processes, each event once', async () => {
	const file = `sqlite:${n8n.folder}/.n8n/event-bus/event-bus.db`;
	const worker = service('sharedwork', 'work.asked', 'work.done', { group: 'workers', options: { maxInFlight: 2 } });
	await n8n.publish(worker);
	await using second = await TemporaryN8n.start({ EVENT_BUS_URL: file });
	await second.publish(worker);

	const asked = await outside.publish(times(SHARED_ORDERS, (number) => ({ type: 'work.asked', payload: { number } })));
	await heard.has(SHARED_ORDERS, 'work.done', 120_000);

	await until('every run has ended', async () => {
		const runs = [...(await executionsOf(n8n, worker.id)), ...(await executionsOf(second, worker.id))];
		return runs.length >= SHARED_ORDERS && runs.every(({ status }) => status === 'success');
	});
	const runs = [(await executionsOf(n8n, worker.id)).length, (await executionsOf(second, worker.id)).length];
	expect(runs[0]).toBeGreaterThan(0);
	expect(runs[1]).toBeGreaterThan(0);
	expect(runs).toEqual([runs[0], SHARED_ORDERS - (runs[0] ?? 0)]);
	const causes = heard.ofType('work.done').map(({ metadata }) => metadata.causation_id);
	expect(causes.toSorted()).toEqual(asked.map(({ event_id }) => event_id).toSorted());
});

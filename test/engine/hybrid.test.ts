/**
 * The hybrid workflows, as they ship: a saga that announces what it does, and services that react.
 */
import type { IDataObject } from 'n8n-workflow';
import { readJson, workflowsOf } from '../workflows/files';
import { eventually } from './eventually';
import type { WebhookResponse, WorkflowJson } from './n8nEngine';
import { openSagas } from './openSaga';
import type { Store } from './openStore';
import { patient } from './webhookServer';

type Counts = Readonly<Record<string, number>>;

let sagas: Store;
let workflows: readonly WorkflowJson[];
let samples: readonly IDataObject[];
let expected: readonly Counts[];

beforeAll(async () => {
	samples = await readJson('hybrid/sample-orders.json');
	expected = await readJson('hybrid/expected-events.json');
	sagas = await openSagas();
	workflows = (await workflowsOf('hybrid')).map((workflow) => patient(workflow));
	for (const workflow of workflows) await sagas.engine.activate(workflow);
});
afterAll(async () => {
	await sagas.close();
});

const place = async (body: IDataObject): Promise<WebhookResponse> =>
	await sagas.engine.callWebhook('hybrid-orders', { body });

/** The events of the story of an order, by the correlation id of its saga. */
function eventsOf(orderId: string) {
	const all = sagas.events();
	const its = all.find(({ subject }) => subject === `hybrid-${orderId}`)?.metadata.correlation_id;
	return all.filter(({ metadata }) => metadata.correlation_id === its);
}

function counted(orderId: string): Counts {
	const counts: Record<string, number> = {};
	for (const { event_type } of eventsOf(orderId)) counts[event_type] = (counts[event_type] ?? 0) + 1;
	return counts;
}

const total = (counts: Counts) => Object.values(counts).reduce((sum, count) => sum + count, 0);

async function comes(orderId: string, wanted: Counts): Promise<void> {
	await eventually(`events of ${orderId}`, () => total(counted(orderId)) >= total(wanted));
	expect(counted(orderId)).toEqual(wanted);
}

async function figures(): Promise<IDataObject> {
	const { body } = await sagas.engine.callWebhook('hybrid-figures', { method: 'GET' });
	return body as IDataObject;
}

it('announces, takes announcements back, and tells how it ended', async () => {
	const [accepted, declined] = [await place(samples[0] ?? {}), await place(samples[1] ?? {})];
	expect(accepted).toMatchObject({ status: 200, body: { status: 'completed', payment_id: 'pay_ord_accepted' } });
	expect(declined).toMatchObject({
		status: 422,
		body: { status: 'compensated', undone: ['announce_accepted', 'reserve_inventory'] },
	});
	await comes('ord_accepted', expected[0] ?? {});
	await comes('ord_declined', expected[1] ?? {});
});

it('is counted by a service that the saga does not know', async () => {
	await eventually('all is counted', async () => {
		const { saga_completed, saga_compensated, order_withdrawn } = await figures();
		return saga_completed === 1 && saga_compensated === 1 && order_withdrawn === 1;
	});
	expect(await figures()).toMatchObject({ order_accepted: 2, order_paid: 1, revenue: 59.98 });
});

it('completes while who listens is off, and who listens catches up', async () => {
	const notifications = workflows[1];
	if (!notifications) throw new Error('There are no notifications');
	await sagas.engine.deactivate(notifications.id);
	expect(await place({ order_id: 'ord_unheard', total_amount: 5 })).toMatchObject({ status: 200 });
	await comes('ord_unheard', { 'order.accepted': 1, 'order.paid': 1, 'saga.completed': 1 });
	await sagas.engine.activate(notifications);
	await comes('ord_unheard', expected[0] ?? {});
});

it('names the saga as the story of every message', async () => {
	const messages = eventsOf('ord_accepted').filter(({ event_type }) => event_type === 'notifications.sent');
	expect(messages.map(({ payload }) => (payload as IDataObject).about).sort()).toEqual([
		'order.accepted',
		'order.paid',
	]);
	const announcements = eventsOf('ord_accepted').filter(({ event_type }) => event_type.startsWith('order.'));
	expect(messages.map(({ metadata }) => metadata.causation_id).sort()).toEqual(
		announcements.map(({ event_id }) => event_id).sort(),
	);
});

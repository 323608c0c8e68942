/**
 * The trail viewer, as it ships, beside the order services.
 */
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IDataObject } from 'n8n-workflow';
import { ALL_ON_ONE_CANVAS, readJson } from '../workflows/files';
import { eventually } from './eventually';
import type { WebhookResponse, WorkflowJson } from './n8nEngine';
import { openStore, type Store } from './openStore';

let n8n: Store;
let userFolder: string;

beforeEach(async () => {
	userFolder = await mkdtemp(join(await realpath(tmpdir()), 'event-bus-viewer-'));
});
afterEach(async () => {
	await n8n.close();
	await rm(userFolder, { recursive: true, force: true });
});

async function open(trail: 'on' | 'off'): Promise<void> {
	n8n = await openStore({ userFolder, env: { EVENT_BUS_TRAIL: trail } });
	await n8n.engine.activate(await readJson<WorkflowJson>('event-trail/00-trail-viewer.json'));
}

const get = async (path: string, query: IDataObject = {}): Promise<WebhookResponse> =>
	await n8n.engine.callWebhook(path, { method: 'GET', query });

interface Finds {
	readonly count: number;
	readonly events: readonly { readonly event_type: string; readonly metadata: { readonly correlation_id: string } }[];
}

const search = async (query: IDataObject): Promise<Finds> => (await get('search', query)).body as Finds;

const HTML = { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } };

it('finds an order, shows its story and the map of the services', async () => {
	await open('on');
	await n8n.engine.activate(await readJson<WorkflowJson>(ALL_ON_ONE_CANVAS));
	const [order] = await readJson<readonly IDataObject[]>('choreography/sample-orders.json');
	const { body } = await n8n.engine.callWebhook('orders', { body: { ...order, order_id: 'ord_1001' } });
	const { correlation_id } = body as { readonly correlation_id: string };
	await eventually('the order is fulfilled, and somebody told', async () => {
		return (await search({ type: 'notifications.sent' })).count > 0;
	});

	const found = await search({ type: 'order.created', field: 'order_id', value: 'ord_1001' });
	expect(found).toMatchObject({ count: 1, events: [{ event_type: 'order.created', metadata: { correlation_id } }] });
	for (const query of await readJson<readonly IDataObject[]>('event-trail/sample-searches.json')) {
		expect(await get('search', query)).toMatchObject({ status: 200 });
	}

	const trail = await get('trail', { correlation_id });
	expect(trail).toMatchObject(HTML);
	for (const text of ['order.created', 'payment.processed', correlation_id]) expect(trail.body).toContain(text);

	const map = await get('flow-map');
	expect(map).toMatchObject(HTML);
	for (const text of ['order-api', 'order.created']) expect(map.body).toContain(text);
}, 60_000);

it.each<[string, IDataObject, string]>([
	['trail', {}, 'Correlation ID is empty'],
	['flow-map', { hours: 'week' }, 'Last Hours is not a number'],
	['search', { from: 'yesterday' }, 'From is not a date'],
	['search', { field: 'order_id' }, 'Payload Equals says no value'],
	['search', { outcome: 'lost' }, 'What Became of It is "lost"'],
])('answers 400 to /%s with %j, and says what to change', async (path, query, message) => {
	await open('on');
	expect(await get(path, query)).toMatchObject({
		status: 400,
		body: { error: expect.stringContaining(message) as string, hint: expect.stringMatching(/\w+/) as string },
	});
});

it('finds nothing where nothing happened, and shows that', async () => {
	await open('on');
	expect(await get('search')).toMatchObject({ status: 200, body: { count: 0, events: [] } });
	expect((await get('trail', { correlation_id: 'corr_1' })).body).toContain('Nothing was recorded for corr_1');
	expect((await get('flow-map')).body).toContain('No flows yet');
});

it('tells whoever looks at its run that the trail is off', async () => {
	await open('off');
	const { executionId } = await get('search');
	const run = await n8n.engine.executions.find(({ id }) => id === executionId)?.done;
	expect(run?.data.resultData.runData.Search?.at(-1)?.hints).toContainEqual(
		expect.objectContaining({ message: expect.stringContaining('EVENT_BUS_TRAIL is off') as string }),
	);
});

/**
 * The workflows for dead letters, as they ship: a service that fails until it is repaired, the alert, the desk.
 */
import type { IDataObject } from 'n8n-workflow';
import { readJson } from '../workflows/files';
import { eventually } from './eventually';
import { items, type WebhookResponse, type WorkflowJson } from './n8nEngine';
import { openStore, type Store } from './openStore';

let bus: Store;
let service: WorkflowJson;
let alert: WorkflowJson;
let samples: readonly IDataObject[];

beforeAll(async () => {
	service = await readJson('dead-letters/00-shipping-service.json');
	alert = await readJson('dead-letters/01-dead-letter-alert.json');
	samples = await readJson('dead-letters/sample-shipments.json');
});
beforeEach(async () => {
	bus = await openStore({ record: true });
	await bus.engine.activate(service);
	await bus.engine.activate(alert);
	await bus.engine.activate(await readJson<WorkflowJson>('dead-letters/02-dead-letter-desk.json'));
});
afterEach(async () => {
	await bus.close();
});

const ship = async (body: IDataObject): Promise<WebhookResponse> => await bus.engine.callWebhook('shipments', { body });
const repair = async () => await bus.engine.callWebhook('carrier', { body: { is_up: true } });
const list = async (query: IDataObject = {}): Promise<WebhookResponse> =>
	await bus.engine.callWebhook('dead-letters', { method: 'GET', query });
const decide = async (body: IDataObject): Promise<WebhookResponse> =>
	await bus.engine.callWebhook('dead-letters', { body });

interface Answer {
	readonly count: number;
	readonly dead_letters: readonly { readonly subject: string; readonly dead_letter: { readonly id: string } }[];
}

const subjects = ({ body }: WebhookResponse) => (body as Answer).dead_letters.map(({ subject }) => subject).sort();

/** Ships all samples to a carrier that is down, and waits until they are dead letters. */
async function failAll(): Promise<void> {
	for (const body of samples) expect(await ship(body)).toMatchObject({ status: 202 });
	await eventually('they are dead letters', async () => subjects(await list()).length === samples.length);
}

const booked = () =>
	bus
		.events()
		.filter(({ event_type }) => event_type === 'shipment.booked')
		.map(({ subject }) => subject)
		.sort();

const texts = () =>
	bus.runs(alert).flatMap(({ run }) => (run ? (items(run, 'Alert') ?? []) : []).map(({ text }) => text as string));

it('keeps what failed three times, tells somebody, and books it once the carrier is repaired and it is redriven', async () => {
	await failAll();
	expect((await list()).body).toMatchObject({
		dead_letters: samples.map(() => ({
			event_type: 'shipment.requested',
			dead_letter: { group: 'shipping', reason: 'max_attempts', attempts: 3, workflow_id: service.id },
		})),
	});
	await eventually(
		'all are told of',
		() =>
			texts()
				.join('\n')
				.match(/\d+(?= × )/g)
				?.reduce(plus, 0) === 3,
	);
	expect(texts().join('\n')).toMatch(
		/× shipment.requested in shipping: .*The carrier does not answer.* \(max_attempts\)/,
	);

	expect(await repair()).toMatchObject({ status: 200, body: { is_up: true } });
	const all = { action: 'redrive', group: 'shipping' };
	const preview = await decide({ ...all, preview: true });
	expect(preview).toMatchObject({ status: 200, body: { action: 'redrive', preview: true, count: 3, failed: 0 } });
	expect((await list()).body).toMatchObject({ count: 3 });
	expect(await decide(all)).toMatchObject({ status: 200, body: { preview: false, count: 3, failed: 0 } });
	await eventually('all are booked', () => booked().length === 3);
	expect(booked()).toEqual(['ord_1001', 'ord_1002', 'ord_1003']);
	expect((await list()).body).toMatchObject({ count: 0, dead_letters: [] });
});

it('takes only those that the filter means', async () => {
	await failAll();
	const [first] = ((await list()).body as Answer).dead_letters;
	const ids = first?.dead_letter.id ?? '';
	expect(subjects(await list({ ids }))).toEqual([first?.subject]);
	expect((await list({ event_types: 'order.*' })).body).toMatchObject({ count: 0 });
	expect((await list({ reason: 'timeout' })).body).toMatchObject({ count: 0 });
	expect((await list({ group: 'billing' })).body).toMatchObject({ count: 0 });
	expect((await list({ limit: '2' })).body).toMatchObject({ count: 2 });
	expect((await list({ older_than_minutes: '5' })).body).toMatchObject({ count: 0 });

	expect(await decide({ action: 'discard', ids, preview: true })).toMatchObject({ body: { count: 1 } });
	expect(await decide({ action: 'discard', ids })).toMatchObject({ body: { action: 'discard', count: 1 } });
	expect(subjects(await list())).toEqual(subjects(await list()).filter((subject) => subject !== first?.subject));
	expect((await list()).body).toMatchObject({ count: 2 });
	// Redriven while the carrier is still down, it comes back, and says how often.
	await decide({ action: 'redrive', limit: 1 });
	await eventually('it is a dead letter again', async () => subjects(await list()).length === 2);
	expect(JSON.stringify((await list()).body)).toContain('"redrives":1');
	expect(booked()).toEqual([]);
});

it('books at once while the carrier is up', async () => {
	await repair();
	await ship({ order_id: 'ord_1' });
	expect(await bus.event('shipment.booked')).toMatchObject({
		payload: { order_id: 'ord_1', parcel_id: 'par_ord_1' },
		metadata: { hops: 1 },
	});
	expect((await list()).body).toMatchObject({ count: 0 });
});

it('answers who sends what makes no sense', async () => {
	expect(await ship({ country: 'DE' })).toMatchObject({ status: 400, body: { status: 'rejected' } });
	expect(await decide({ action: 'dance' })).toMatchObject({ status: 400, body: { hint: expect.any(String) } });
	expect(await decide({})).toMatchObject({ status: 400 });
	const refused = { status: 400, body: { error: expect.stringContaining('Older Than'), hint: expect.any(String) } };
	expect(await decide({ action: 'redrive', older_than_minutes: 'soon' })).toMatchObject(refused);
	expect(await list({ older_than_minutes: 'soon' })).toMatchObject(refused);
});

function plus(sum: number, text: string): number {
	return sum + Number(text);
}

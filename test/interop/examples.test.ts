/**
 * The services of examples/ in Python, Go and Node.js, and the workflow they work with, on one Redis.
 */
import type { IDataObject } from 'n8n-workflow';
import type { Server } from '../../scripts/servers/server';
import type { EventEnvelope } from '../../src/event/envelope';
import { until } from '../conformance/waiting';
import { openStore, type Store } from '../engine/openStore';
import type { WorkflowJson } from '../engine/workflowShelf';
import { readJson } from '../workflows/files';
import { ExampleService, prepareServices, type ServiceName } from './exampleServices';
import { startServer } from './onServer';
import { ensureRedisCli, redisCli } from './redisCli';

const STREAM = 'events';
/** What failed, or was left behind, is taken up again so soon. */
const SHORT_LEASE_MS = '200';

const opened = new AsyncDisposableStack();
let server: Server;
let bus: Store;
let requests: readonly IDataObject[];

beforeAll(async () => {
	await ensureRedisCli();
	await prepareServices();
	server = opened.use(await startServer('redis-streams'));
	bus = await openStore({ record: true, env: { EVENT_BUS_URL: server.url() } });
	opened.defer(async () => await bus.close());
	requests = await readJson('polyglot/sample-requests.json');
	await bus.engine.activate(await readJson<WorkflowJson>('polyglot/00-quotes.json'));
}, 300_000);
afterAll(async () => {
	await opened.disposeAsync();
}, 60_000);

const start = async (name: ServiceName): Promise<ExampleService> =>
	await ExampleService.start(name, { EVENT_BUS_URL: server.url(), LEASE_MS: SHORT_LEASE_MS });

const ask = async (body: IDataObject) => await bus.engine.callWebhook('quotes', { body });
const quote = async (quote_id: string) =>
	await bus.engine.callWebhook('quotes', { method: 'GET', query: { quote_id } });

/** Waits until the read model of the workflow knows that much of a quote. */
async function becomes(quote_id: string, status: string): Promise<IDataObject> {
	await until(
		`${quote_id} is ${status}`,
		async () => ((await quote(quote_id)).body as IDataObject).status === status,
		30_000,
	);
	return (await quote(quote_id)).body as IDataObject;
}

/** Everything in the stream that is an event of ours about a quote, copies and all. */
async function inStream(subject: string): Promise<readonly EventEnvelope[]> {
	const entries = (await redisCli(server, 'XRANGE', STREAM, '-', '+')) as [string, string[]][];
	const bodies = entries.map(([, fields]) => fields[fields.indexOf('body') + 1] ?? '');
	return bodies.filter((body) => body.includes(`"${subject}"`)).map((body) => JSON.parse(body) as EventEnvelope);
}

const typesOf = async (subject: string) => (await inStream(subject)).map(({ event_type }) => event_type);

it('one chain goes through three languages, with its causes, and the workflow follows it', async () => {
	await using _pricing = await start('pricing');
	await using _stock = await start('stock');
	await using _approval = await start('approval');
	for (const body of requests) expect(await ask(body)).toMatchObject({ status: 202 });
	expect(await becomes('quo_1', 'approved')).toMatchObject({
		total_amount: 299.98,
		items: [{ sku: 'PROD-001', quantity: 2, price: 149.99 }],
		sold_out: [],
		reasons: [],
		said_by: 'approval.js',
	});
	expect(await becomes('quo_2', 'declined')).toMatchObject({
		total_amount: 1148.99,
		sold_out: ['PROD-003'],
		reasons: ['PROD-003 is sold out', 'more than 1000'],
	});

	const chain = await inStream('quo_1');
	expect(chain.map(({ event_type, source }) => [event_type, source])).toEqual([
		['quote.requested', 'quotes'],
		['quote.priced', 'pricing.py'],
		['quote.checked', 'stock.go'],
		['quote.approved', 'approval.js'],
	]);
	const [root] = chain;
	for (const [hops, { metadata, subject }] of chain.entries()) {
		expect(metadata).toMatchObject({ hops, correlation_id: root?.metadata.correlation_id });
		expect(metadata.causation_id).toBe(chain[hops - 1]?.event_id);
		expect(subject).toBe('quo_1');
	}
}, 90_000);

it('an event that comes twice is processed once, in each language', async () => {
	await using _pricing = await start('pricing');
	await using _stock = await start('stock');
	await using _approval = await start('approval');
	await ask({ quote_id: 'quo_twice', items: [{ sku: 'PROD-002', quantity: 1 }] });
	await becomes('quo_twice', 'approved');
	const before = await inStream('quo_twice');
	for (const event of before) await redisCli(server, 'XADD', STREAM, '*', 'body', JSON.stringify(event));
	await ask({ quote_id: 'quo_after', items: [{ sku: 'PROD-002', quantity: 1 }] });
	await becomes('quo_after', 'approved');
	expect(await inStream('quo_twice')).toEqual([...before, ...before]);
}, 90_000);

describe.each<[ServiceName, string, string]>([
	['pricing', 'quote.requested', 'quote.priced'],
	['stock', 'quote.priced', 'quote.checked'],
])('%s', (name, hears, says) => {
	const payload = (quote_id: string) => ({
		quote_id,
		items: [{ sku: 'PROD-001', quantity: 1, price: 149.99 }],
		total_amount: 149.99,
	});
	const send = async (quote_id: string, id: string, event_type = hears) => {
		const event = { event_id: id, event_type, source: 'test', subject: quote_id, payload: payload(quote_id) };
		await redisCli(server, 'XADD', STREAM, '*', 'body', JSON.stringify(event));
	};

	/** What the tests before have left to the group is none of ours. */
	beforeEach(async () => await redisCli(server, 'XGROUP', 'SETID', STREAM, name, '$'));

	it('catches up when it is back, also with what a process took that died', async () => {
		const subjects = [`${name}_dead`, `${name}_waiting`];
		for (const subject of subjects) await send(subject, `evt_${subject}`);
		const taken = await redisCli(server, 'XREADGROUP', 'GROUP', name, 'died', 'COUNT', '1', 'STREAMS', STREAM, '>');
		expect(JSON.stringify(taken)).toContain(`${name}_dead`);
		await using _again = await start(name);
		for (const subject of subjects) {
			await until(`${subject} is processed`, async () => (await typesOf(subject)).includes(says), 20_000);
			expect(await typesOf(subject)).toEqual([hears, says]);
		}
		const pending = (await redisCli(server, 'XPENDING', STREAM, name)) as [number];
		expect(pending[0]).toBe(0);
	}, 60_000);

	it('puts aside what it cannot process after five attempts, and goes on with the others', async () => {
		await using service = await start(name);
		await redisCli(server, 'XADD', STREAM, '*', 'body', '{"event_type": ');
		await send(`${name}_good`, `evt_${name}_good`);
		await until('the good one is processed', async () => (await typesOf(`${name}_good`)).includes(says), 20_000);
		const aside = async () => await redisCli(server, 'XRANGE', `service:{${STREAM}}:${name}:dead`, '-', '+');
		await until('the bad one is put aside', async () => JSON.stringify(await aside()).includes('event_type'), 20_000);
		expect((await service.log()).match(/failed at/g)).toHaveLength(5);
	}, 60_000);
});

it('asks for what is missing in a request, and knows no quote that was not asked for', async () => {
	expect(await ask({ quote_id: 'quo_none' })).toMatchObject({ status: 400, body: { status: 'rejected' } });
	expect(await quote('quo_none')).toMatchObject({ status: 404 });
});

/**
 * Correlation and causation find themselves, whatever lies between the trigger and the publish.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INode } from 'n8n-workflow';
import type { EventEnvelope } from '../../src/event/envelope';
import { eventually } from './eventually';
import { openBus, publish, trigger, type Bus } from './openBus';
import { node, workflow, type Arrow } from './workflowBuilder';

let bus: Bus;
let server: Server;

beforeAll(async () => {
	server = createServer((_request, response) => {
		response.setHeader('content-type', 'application/json');
		response.end('{"price": 15}');
	});
	await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
});
afterAll(async () => {
	server.closeAllConnections();
	await new Promise((closed) => server.close(closed));
});
beforeEach(async () => {
	bus = await openBus({ workflows: [callee] });
});
afterEach(async () => {
	await bus.close();
});

const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

const set = (name: string, jsonOutput: string) => node(name, 'set', { mode: 'raw', jsonOutput }, { typeVersion: 3.4 });
const code = (name: string, jsCode: string) => node(name, 'code', { jsCode }, { typeVersion: 2 });
const END = 'end.reached';

const callee = workflow('Callee', [
	node('Called', 'executeWorkflowTrigger', { inputSource: 'passthrough' }, { typeVersion: 1.1 }),
	publish(END, { payload: '{"by": "callee"}' }),
]);
const call = () =>
	node(
		'Call',
		'executeWorkflow',
		{ source: 'database', workflowId: { __rl: true, mode: 'id', value: callee.id }, options: {} },
		{ typeVersion: 1.2 },
	);

/** Publishes `begin`, runs trigger → middle → publish, and gives both ends. */
async function through(middle: readonly INode[], arrows?: readonly Arrow[]): Promise<readonly EventEnvelope[]> {
	const end = middle.some(({ name }) => name === 'Call') ? [] : [publish(END)];
	await bus.engine.activate(workflow('Chain', [trigger('begin'), ...middle, ...end], { ...(arrows && { arrows }) }));
	return [await bus.publish('begin', { order_id: 'ord_1' }), await bus.event(END)];
}

function expectEffect(cause: EventEnvelope | undefined, effect: EventEnvelope | undefined): void {
	expect(effect?.metadata).toMatchObject({
		correlation_id: cause?.metadata.correlation_id,
		causation_id: cause?.event_id,
		hops: 1,
	});
}

interface Case {
	readonly between: string;
	readonly nodes: () => readonly INode[];
	/** Default: in a row. */
	readonly arrows?: readonly Arrow[];
}

const cases: readonly Case[] = [
	{ between: 'nothing', nodes: () => [] },
	{ between: 'Set, which replaces the whole item', nodes: () => [set('Set', '{"price": 15}')] },
	{
		between: 'Code, which returns one new item',
		nodes: () => [code('Code', 'return [{ json: { price: 15 } }];')],
	},
	{
		between: 'HTTP Request',
		nodes: () => [node('Get', 'httpRequest', { url: address() }, { typeVersion: 4.2 })],
	},
	{
		between: 'Merge of two branches',
		nodes: () => [
			set('Left', '{"a": 1}'),
			set('Right', '{"b": 2}'),
			node('Merge', 'merge', { mode: 'combine', combineBy: 'combineByPosition' }, { typeVersion: 3 }),
		],
		arrows: ['On Event > Left', 'On Event > Right', 'Left > Merge', 'Right > Merge:1', `Merge > Publish ${END}`],
	},
	{ between: 'a sub-workflow that gets the event as its item', nodes: () => [call()] },
];

it.each(cases)('through $between', async ({ nodes, arrows }) => {
	const [cause, effect] = await through(nodes(), arrows);
	expectEffect(cause, effect);
});

it('gives each turn of Loop Over Items the event its item came from', async () => {
	const chain = workflow(
		'Loop',
		[
			trigger('begin', { batchSize: 3, batchWait: 5_000 }),
			node('Loop', 'splitInBatches', {}, { typeVersion: 3 }),
			set('Body', '={{ { order_id: $json.payload.order_id } }}'),
			publish(END),
		],
		{ arrows: ['On Event > Loop', 'Loop:1 > Body', `Body > Publish ${END}`, `Publish ${END} > Loop`] },
	);
	await bus.engine.activate(chain);
	const causes = [
		await bus.publish('begin', { order_id: 'ord_1' }),
		await bus.publish('begin', { order_id: 'ord_2' }),
		await bus.publish('begin', { order_id: 'ord_3' }),
	];
	const ends = () => bus.events().filter(({ event_type }) => event_type === END);
	await eventually('three ends', () => ends().length === 3);
	for (const cause of causes) {
		const effect = ends().find(({ payload }) => JSON.stringify(payload) === JSON.stringify(cause.payload));
		expectEffect(cause, effect);
	}
});

it('gives two publishes in a row the same cause', async () => {
	await bus.engine.activate(workflow('Series', [trigger('begin'), publish('middle.reached'), publish(END)]));
	const cause = await bus.publish('begin');
	expectEffect(cause, await bus.event('middle.reached'));
	expectEffect(cause, await bus.event(END));
});

it('begins a new story where no event started the run', async () => {
	const event = await bus.publish('begin');
	expect(event.metadata).toMatchObject({ hops: 0, correlation_id: expect.stringMatching(/./) as unknown });
	expect(event.metadata).not.toHaveProperty('causation_id');
});

/**
 * The event trail on PostgreSQL, where all processes of an n8n see it: recorded by itself, asked with and without a credential.
 */
import type { INode, INodeParameters } from 'n8n-workflow';
import { startPostgres } from '../../scripts/servers/postgres';
import type { Server } from '../../scripts/servers/server';
import { eventually } from './eventually';
import { publish, trigger } from './openBus';
import { openStore, type Store } from './openStore';
import { ON_POSTGRES, postgresCredential } from './postgresCredential';
import { node, workflow } from './workflowBuilder';

let server: Server;
let n8n: Store;
let correlationId: string;

beforeAll(async () => {
	server = await startPostgres();
	const env = { EVENT_BUS_TRAIL: 'on', EVENT_STORE_URL: server.url() };
	n8n = await openStore({ credentials: [postgresCredential(server)], env });
	await n8n.engine.activate(workflow('Check', [trigger('order.created'), publish('order.checked')]));
	correlationId = (await n8n.publish('order.created', { order_id: 'ord_1' })).metadata.correlation_id;
}, 60_000);
afterAll(async () => {
	await n8n.close();
	await server[Symbol.asyncDispose]();
});

const look = (parameters: INodeParameters = {}, extras: Partial<INode> = {}): INode =>
	node('Look', 'n8n-nodes-event-bus.eventTrail', { operation: 'getTrail', correlationId, ...parameters }, extras);

it.each<[string, () => INode]>([
	['the store of this n8n', () => look()],
	['a credential', () => look({ connection: 'credential' }, { credentials: { eventStoreApi: ON_POSTGRES } })],
])('tells a story through %s', async (_through, ask) => {
	await eventually('the story is recorded', async () => JSON.stringify(await n8n.output(ask())).includes('"done"'));
	expect(await n8n.output(ask())).toMatchObject([
		{
			event_type: 'order.created',
			payload: { order_id: 'ord_1' },
			trail: [{ what: 'published' }, { what: 'started' }, { what: 'done' }],
		},
		{ event_type: 'order.checked', source: 'n8n/Check', trail: [{ what: 'published' }] },
	]);
});

/**
 * The shipped workflows on PostgreSQL: nothing is changed in them but the credential that is chosen.
 */
import type { IDataObject } from 'n8n-workflow';
import { startPostgres } from '../../scripts/servers/postgres';
import type { Server } from '../../scripts/servers/server';
import { readJson } from '../workflows/files';
import { eventually } from './eventually';
import { items, type WorkflowJson } from './n8nEngine';
import { append, named, openStore, store, type Store } from './openStore';
import { ON_POSTGRES, postgresCredential } from './postgresCredential';

let server: Server;
let events: Store;

beforeAll(async () => {
	server = await startPostgres();
	events = await openStore({ credentials: [postgresCredential(server)] });
});
afterAll(async () => {
	await events.close();
	await server[Symbol.asyncDispose]();
});

/** As a person who opens each Event Store node and chooses the credential. */
function onPostgres<W extends Pick<WorkflowJson, 'nodes'>>(workflow: W): W {
	const nodes = workflow.nodes.map((node) =>
		/\.eventStore(Trigger)?$/.test(node.type)
			? {
					...node,
					parameters: { ...node.parameters, connection: 'credential' },
					credentials: { eventStoreApi: ON_POSTGRES },
				}
			: node,
	);
	return { ...workflow, nodes };
}

const shipped = async (file: string) => onPostgres(await readJson<WorkflowJson>(file));

it('rebuild an order and travel in time', async () => {
	const run = await events.engine.runManual(await shipped('event-sourcing/00-by-hand.json'));
	expect(run.status).toBe('success');
	expect(items(run, 'Order Now')).toMatchObject([{ version: 3, state: { status: 'fulfilled' } }]);
	expect(items(run, 'On 27 February at Noon')).toMatchObject([{ version: 2, state: { status: 'paid' } }]);
});

it('take commands, follow, and answer', async () => {
	const projector = await shipped('cqrs/01-order-projector.json');
	await events.engine.activate(await shipped('cqrs/00-order-commands.json'));
	await events.engine.activate(projector);
	await events.engine.activate(await shipped('cqrs/02-order-queries.json'));
	const samples = await readJson<readonly IDataObject[]>('cqrs/sample-commands.json');
	for (const body of samples) {
		expect(await events.engine.callWebhook('order-commands', { body })).toMatchObject({ status: 202 });
	}
	const details = async () =>
		(await events.engine.callWebhook('order-details', { method: 'GET', query: { order_id: 'ord_1001' } })).body;
	const expected = await readJson<IDataObject>('cqrs/expected-order-details.json');
	// The last command renames the customer. How many runs it takes to get there is up to retries.
	await eventually('the projector has followed', async () => {
		const told = await details();
		return (
			typeof told === 'object' &&
			told !== null &&
			'customer_name' in told &&
			told.customer_name === expected.customer_name
		);
	});
	expect(await details()).toMatchObject(expected);
});

it('keep their events away from the built-in store', async () => {
	const read = store('stream.read', { stream: named('order-1001') });
	expect(await events.output(read)).toEqual([]);
	const { nodes } = onPostgres({ nodes: [read] });
	expect(await events.output(...nodes)).toHaveLength(3);
});

it('tell the actual version of a conflict', async () => {
	const late = { ...append('order-1001', 'order.created', {}, { expectedVersion: 'noStream' }) };
	const { nodes } = onPostgres({ nodes: [{ ...late, onError: 'continueRegularOutput' as const }] });
	expect(await events.output(...nodes)).toMatchObject([{ details: { actual_version: 3 } }]);
});

/**
 * The Event Store node in the editor of a real n8n: what its panels ask, and what a person sees who rebuilds an order.
 *
 * Screenshots as in editor.test.ts.
 */
import type { INodeParameters } from 'n8n-workflow';
import { until } from '../conformance/waiting';
import { type Arrow, node } from '../engine/workflowBuilder';
import { Editor } from './editor';
import { item, scene, start, storing } from './scenes';
import { TemporaryN8n } from './temporaryN8n';

jest.setTimeout(180_000);

const opened = new AsyncDisposableStack();
let n8n: TemporaryN8n;
let editor: Editor;

beforeAll(async () => {
	n8n = opened.use(await TemporaryN8n.start());
	editor = opened.use(await Editor.open(n8n));
}, 300_000);
afterAll(async () => {
	await opened.disposeAsync();
});

/** What every panel begins with. */
const STORE = [
	['Connection', "This n8n's Default"],
	['Store in Use', expect.stringContaining('SQLite')],
] as const;

const stream: INodeParameters = { stream: { __rl: true, mode: 'name', value: 'order-1001' } };
const readModel: INodeParameters = { readModel: { __rl: true, mode: 'name', value: 'orders' } };

describe('the panels', () => {
	const id = 'storepanels'.padEnd(16, '0');
	const nodes = [
		storing('Append', 'stream.append'),
		storing('Append and Publish', 'stream.append', {
			...stream,
			eventType: 'order.created',
			expectedVersion: 'exact',
			exactVersion: 3,
			alsoPublish: true,
		}),
		storing('Read', 'stream.read', stream),
		storing('List', 'stream.getMany'),
		storing('State', 'state.get', stream),
		storing('Put', 'readModel.put', readModel),
		storing('Patch', 'readModel.patch', readModel),
		storing('Get', 'readModel.get', readModel),
		storing('Find', 'readModel.find', {
			...readModel,
			filters: { filter: [{ field: 'status', operator: 'equals', value: 'paid' }] },
			sortBy: 'created_at',
		}),
		storing('Delete', 'readModel.delete', readModel),
		storing('Clear', 'readModel.clear', readModel),
		storing('Log', 'log.read'),
		storing('Subscriptions', 'subscription.getMany'),
		storing('Reset', 'subscription.reset'),
		storing('Dead Letters', 'deadLetter.getMany'),
		storing('Outbox', 'outbox.getStatus'),
	];
	const trigger = node('On Stored Event', 'n8n-nodes-event-bus.eventStoreTrigger');

	beforeAll(async () => {
		const arrows = nodes.map(({ name }): Arrow => `Start > ${name}`);
		await n8n.bringIn(scene(id, [start(), trigger, ...nodes], arrows));
		await editor.openWorkflow(id);
	});
	afterEach(async () => {
		await editor.closeNode();
	});

	const MODEL = ['Read Model', 'orders'];

	it.each<[string, readonly (readonly string[])[]]>([
		[
			'Append',
			[
				['Resource', 'Stream'],
				['Operation', 'Append'],
				['Stream', ''],
				['Event Type', ''],
				['Payload', 'Input Item'],
				['Expected Version', 'Any'],
				['Also Publish', 'on'],
			],
		],
		['Append and Publish', []],
		['Read', []],
		['List', []],
		['State', []],
		['Put', [['Resource', 'Read Model'], ['Operation', 'Put'], MODEL, ['Document ID', ''], ['Document', 'Input Item']]],
		['Patch', []],
		['Get', [['Resource', 'Read Model'], ['Operation', 'Get'], MODEL, ['Document ID', '']]],
		['Find', []],
		['Delete', []],
		['Clear', [['Resource', 'Read Model'], ['Operation', 'Clear'], MODEL]],
		['Log', []],
		[
			'Subscriptions',
			[
				['Resource', 'Subscription'],
				['Operation', 'Get Many'],
			],
		],
		['Reset', []],
		[
			'Dead Letters',
			[
				['Resource', 'Dead Letter'],
				['Operation', 'Get Many'],
				['Subscription', ''],
				['Limit', '50'],
			],
		],
		[
			'On Stored Event',
			[
				['Read', 'All Streams'],
				['Event Types', '#'],
				['Subscription', ''],
				['Acknowledge', 'When the Run Succeeds'],
			],
		],
		[
			'Outbox',
			[
				['Resource', 'Outbox'],
				['Operation', 'Get Status'],
			],
		],
	])('of %s ask for no more than is needed', async (name, expected) => {
		await editor.openNode(name);
		await until('the store in use is shown', async () => (await editor.valueOf('storeInUse')).includes('SQLite'));
		await editor.screenshot(`store-${name.toLowerCase().replaceAll(' ', '-')}`);
		// The others are for the eye.
		if (expected.length > 0) expect(await editor.parameters()).toEqual([...STORE, ...expected]);
	});
});

describe('an order', () => {
	const id = 'storeorder'.padEnd(16, '0');

	beforeAll(async () => {
		const payload = '{ "order_id": "ord_1001", "customer_id": "cust_12345", "total_amount": 299.99 }';
		await n8n.bringIn(
			scene(id, [
				start(),
				item(payload),
				storing('Created', 'stream.append', { ...stream, eventType: 'order.created' }),
				storing('Paid', 'stream.append', { ...stream, eventType: 'payment.processed' }),
				storing('State', 'state.get', stream),
			]),
		);
		await editor.openWorkflow(id);
	});

	it('is rebuilt from its events with the rules that are there at first', async () => {
		await editor.openNode('State');
		await until('the store in use is shown', async () => (await editor.valueOf('storeInUse')).includes('SQLite'));
		const output = await editor.execute();
		await output.getByText('payment_status').first().waitFor();
		await editor.photographNode('store-state-with-result');
		const shown = await output.innerText();
		for (const text of ['cust_12345', 'paid', 'order.created', 'payment.processed']) expect(shown).toContain(text);
		await editor.closeNode();
	});
});

describe('the node panel', () => {
	const id = 'storesearch'.padEnd(16, '0');

	beforeAll(async () => {
		await n8n.bringIn(scene(id, [start()]));
		await editor.openWorkflow(id);
	});

	it.each(['event sourcing', 'cqrs', 'projection', 'read model', 'audit', 'postgres', 'outbox', 'snapshot'])(
		'offers Event Store to a person who types "%s"',
		async (word) => expect(await editor.searchNodes(word)).toContain('Event Store'),
	);
});

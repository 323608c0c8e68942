/**
 * What a person sees and does in the editor of a real n8n, with no broker set up.
 *
 * Every test leaves screenshots in build/screenshots (or EVENT_BUS_SCREENSHOTS), for the eyes of whoever changes a panel.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INode, INodeProperties } from 'n8n-workflow';
import { brokerTitle } from '../../nodes/shared/brokerTitle';
import { credentialProperties } from '../../nodes/shared/credentialForm';
import { manifests } from '../../src/broker/registry';
import type { WorkflowJson } from '../engine/workflowShelf';
import { choreographyServices } from '../workflows/files';
import { until } from '../conformance/waiting';
import { Editor } from './editor';
import { executionsOf } from './executions';
import { OutsideService } from './outsideService';
import { item, listening, publishing, scene, service, start } from './scenes';
import { TemporaryN8n } from './temporaryN8n';

jest.setTimeout(180_000);

const STICKY_NOTE = 'n8n-nodes-base.stickyNote';

const opened = new AsyncDisposableStack();
let n8n: TemporaryN8n;
let editor: Editor;
let outside: OutsideService;
let folder: string;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'event-bus-editor-'));
	opened.defer(async () => await rm(folder, { recursive: true, force: true }));
	n8n = opened.use(await TemporaryN8n.start());
	outside = opened.use(await OutsideService.connect({ N8N_USER_FOLDER: n8n.folder }));
	editor = opened.use(await Editor.open(n8n));
}, 300_000);
afterAll(async () => {
	await opened.disposeAsync();
});

describe('the node panel', () => {
	const id = 'panelsearch';
	const WORDS = ['event', 'queue', 'topic', 'rabbitmq', 'kafka', 'sqs', 'sns', 'redis', 'pub/sub', 'pulsar', 'saga'];

	beforeAll(async () => {
		await n8n.bringIn(scene(id, [start()]));
		await editor.openWorkflow(id.padEnd(16, '0'));
	});

	it.each(WORDS)('offers Event Bus to a person who types "%s"', async (word) => {
		expect(await editor.searchNodes(word)).toContain('Event Bus');
	});

	it('shows the trigger and each operation once on the card of Event Bus', async () => {
		const offers = await editor.offersOf('Event Bus');
		await editor.screenshot('node-card');
		expect(offers.actions).toContain('Publish an event');
		expect(offers.triggers).toBe(1);
		expect(offers.actions.filter((action, index) => offers.actions.indexOf(action) !== index)).toEqual([]);
	});
});

describe('the panels of the nodes', () => {
	const id = 'panels'.padEnd(16, '0');

	beforeAll(async () => {
		await n8n.bringIn(scene(id, [listening('order.created'), publishing('')]));
		await editor.openWorkflow(id);
	});
	afterEach(async () => {
		await editor.closeNode();
	});

	it('asks to publish for no more than an event type, and says which broker is used', async () => {
		await editor.openNode('Publish');
		await until('the broker in use is shown', async () => (await editor.valueOf('brokerInUse')).includes('Embedded'));
		await editor.screenshot('publish-panel');
		expect(await editor.parameters()).toEqual([
			['Connection', "This n8n's Default"],
			['Broker in Use', expect.stringContaining('Embedded (SQLite)')],
			['Resource', 'Event'],
			['Operation', 'Publish'],
			['Send To', 'Channel'],
			['Channel', 'events'],
			['Event Type', ''],
			['Payload', 'Input Item'],
		]);
	});

	it('asks to listen for no more than event types', async () => {
		await editor.openNode('On Event');
		await until('the broker in use is shown', async () => (await editor.valueOf('brokerInUse')).includes('Embedded'));
		await editor.screenshot('trigger-panel');
		expect(await editor.parameters()).toEqual([
			['Connection', "This n8n's Default"],
			['Broker in Use', expect.stringContaining('Embedded (SQLite)')],
			['Listen To', 'Events'],
			['Channel', 'events'],
			['Event Types', 'order.created'],
			['Consumer Group', ''],
			['Acknowledge', 'When the Run Succeeds'],
		]);
	});
});

describe('working in the editor', () => {
	it('shows the published event and where it is stored after Execute step', async () => {
		await n8n.publish(service('orderlistener', 'order.created', 'order.seen'));
		const publish = { ...publishing('order.created'), name: 'Publish order.created' };
		const order = '{ "order_id": "ord_1001", "customer_id": "cust_12345", "total_amount": 59.98 }';
		const { id } = await n8n.bringIn(scene('webshop', [start(), item(order), publish]));
		await editor.openWorkflow(id);
		await editor.openNode(publish.name);
		const shown = await editor.execute();
		await shown.getByText('order.created').first().waitFor();
		const text = await shown.innerText();
		expect(text).toContain('ord_1001');
		expect(text).toMatch(/Stored in Embedded \(SQLite\) .*, channel events/);
		expect(text).toMatch(/broker:\s*embedded/);
		expect(text).toMatch(/position:\s*\S/);
		await editor.showOutputAs('JSON');
		await editor.photographNode('published-event');
		await editor.closeNode();
	});

	it('shows a newcomer the newest event that is stored, on the first test run of a trigger', async () => {
		const trigger = { ...listening('order.created'), name: 'On order.created' };
		await outside.publish([{ type: 'order.created', payload: { order_id: 'ord_1002', total_amount: 59.98 } }]);
		const { id } = await n8n.bringIn(scene('listenonce', [trigger]));
		await editor.openWorkflow(id);
		await editor.openNode(trigger.name);
		const shown = await editor.execute();
		await shown.getByText('ord_1002').first().waitFor();
		await editor.showOutputAs('JSON');
		await editor.photographNode('caught-event');
		expect(await shown.innerText()).toMatch(/"attempt":\D*1/);
		await editor.closeNode();
	});

	it('gives a test run of the trigger one event, and the live group all of them once', async () => {
		const heard = await outside.listen();
		const live = service('livegroup', 'look.asked', 'look.answered');
		await n8n.publish(live);
		await outside.publish([1, 2, 3].map((number) => ({ type: 'look.asked', payload: { number } })));
		await heard.has(3, 'look.answered');

		await editor.openWorkflow(live.id);
		await editor.openNode('On Event');
		const shown = await editor.execute();
		// The newest stored event, or the next one where nothing is stored any more.
		await outside.publish([{ type: 'look.asked', payload: { number: 4 } }]);
		await shown.getByText('look.asked').first().waitFor();
		await editor.screenshot('trigger-test-run');
		expect(await shown.innerText()).toContain('1 item');
		await editor.closeNode();

		await heard.has(4, 'look.answered');
		await outside.publish([{ type: 'look.asked', payload: { number: 5 } }]);
		await heard.has(5, 'look.answered');
		const causes = heard.ofType('look.answered').map((event) => event.metadata.causation_id);
		expect(new Set(causes)).toEqual(new Set(heard.ofType('look.asked').map((event) => event.event_id)));
		expect(causes).toHaveLength(5);
		const runs = await executionsOf(n8n, live.id);
		expect(runs.filter(({ mode }) => mode === 'trigger')).toHaveLength(5);
		await until('the group of the test is gone', async () => {
			return !(await outside.groups()).some(({ group }) => group.startsWith('test-'));
		});
		await n8n.client.deactivate(live.id);
	});
});

describe('credentials', () => {
	const NAME = 'eventBusApi';

	beforeEach(async () => {
		for (const { id } of await n8n.client.call<{ id: string }[]>('GET', '/rest/credentials')) {
			await n8n.client.call('DELETE', `/rest/credentials/${id}`);
		}
	});

	it('tests a credential when it is saved: what to change when it does not work, success when it does', async () => {
		const { id } = await n8n.bringIn(
			scene('credentialform', [start(), publishing('look.published', { connection: 'credential' })]),
		);
		const file = join(folder, 'a-file');
		await writeFile(file, '');
		await editor.openWorkflow(id);
		await editor.openNode('Publish');
		await editor.page.getByRole('button', { name: 'Connect to Event Bus' }).click();
		await editor.screenshot('credential-form');

		// Nobody, not even root, can make a folder inside a file.
		await editor.fillCredential('embeddedFile', join(file, 'bus.db'));
		const problem = await editor.saveCredential();
		await editor.screenshot('credential-refused');
		expect(problem).toContain(file);
		expect(problem).toMatch(/name a file in a folder/i);

		await editor.fillCredential('embeddedFile', join(folder, 'chosen-bus.db'));
		expect(await editor.saveCredential()).toBe('');
		await until('the broker in use follows', async () => (await editor.valueOf('brokerInUse')).endsWith('bus.db'));
		await editor.part('credential-edit-button').click();
		await editor.part('credentials-config-container-test-success').waitFor();
		await editor.screenshot('credential-tested');
	});

	it('asks for each broker only what it needs, and hides what is secret', async () => {
		const { id } = await n8n.bringIn(
			scene('credentialfields', [start(), publishing('look.published', { connection: 'credential' })]),
		);
		await editor.openWorkflow(id);
		await editor.openNode('Publish');
		await editor.page.getByRole('button', { name: 'Connect to Event Bus' }).click();
		for (const manifest of manifests) {
			await editor.chooseInCredential('broker', brokerTitle(manifest));
			await editor.screenshot(`credential-${manifest.kind}`);
			const fields = fieldsShownFor(manifest.kind);
			expect(await editor.credentialFields()).toEqual(fields.map(({ name }) => name));
			for (const { name, typeOptions } of fields) {
				if (typeOptions?.password) expect(await editor.isMasked(name)).toBe(true);
			}
		}
	});

	it('attaches no credential to a workflow whose nodes are opened and closed', async () => {
		const data = { broker: 'embedded', embeddedFile: join(folder, 'other.db') };
		await n8n.client.call('POST', '/rest/credentials', { name: 'The only one', type: NAME, data });
		const [, validator] = await choreographyServices();
		if (!validator) throw new Error('The choreography has no second workflow');
		const { id } = await n8n.bringIn(validator);
		await editor.openWorkflow(id);
		for (const { name, type } of validator.nodes) {
			if (type === STICKY_NOTE) continue;
			await editor.openNode(name);
			await editor.closeNode();
		}
		await editor.save();
		const saved = await n8n.client.call<WorkflowJson>('GET', `/rest/workflows/${id}`);
		const ours = saved.nodes.filter(({ type }) => type.startsWith('n8n-nodes-event-bus.'));
		expect(ours.length).toBeGreaterThan(1);
		expect(saved.nodes.filter(hasCredentials)).toEqual([]);
	});
});

/** With every field as it is at first. */
function fieldsShownFor(broker: string): readonly INodeProperties[] {
	const form = credentialProperties();
	const values: Record<string, unknown> = { ...Object.fromEntries(form.map((one) => [one.name, one.default])), broker };
	return form.filter(({ displayOptions }) =>
		Object.entries(displayOptions?.show ?? {}).every(([name, wanted]) => wanted?.some((one) => one === values[name])),
	);
}

function hasCredentials({ credentials }: INode): boolean {
	return Object.keys(credentials ?? {}).length > 0;
}

/**
 * What a newcomer does with an n8n that knows nothing of events, by hand in its editor: docs/tutorial/first-ten-minutes.md.
 * Each test goes on where the one before ended.
 *
 * Screenshots as in editor.test.ts.
 */
import { delimiter, join } from 'node:path';

import { until } from '../conformance/waiting';
import { ALL_ON_ONE_CANVAS, pathOf } from '../workflows/files';
import { violationsOf } from './axe';
import { Browser } from './browser';
import { Editor } from './editor';
import { incidentsOf } from './incidents';
import { OutsideService, type EventLog } from './outsideService';
import { PackageRegistry } from './packageRegistry';
import { publishing, scene, start } from './scenes';
import { TemporaryN8n } from './temporaryN8n';

jest.setTimeout(240_000);

const opened = new AsyncDisposableStack();
let n8n: TemporaryN8n;
let editor: Editor;
let heard: EventLog;

beforeAll(async () => {
	const registry = opened.use(await PackageRegistry.start());
	n8n = opened.use(await TemporaryN8n.bare());
	const { env } = await n8n.commandLine();
	await n8n.start({ PATH: [await registry.npmIn(n8n.folder), env.PATH].join(delimiter) });
	editor = opened.use(await Editor.open(n8n));
}, 300_000);
afterAll(async () => {
	await opened.disposeAsync();
});

/** @returns the correlation id */
async function placeOrder(id: string): Promise<string> {
	const items = [{ sku: 'PROD-001', quantity: 2, price: 29.99 }];
	const answer = await n8n.post('orders', { order_id: id, customer_id: 'cust_1', total_amount: 59.98, items });
	expect(answer.status).toBe(202);
	return (JSON.parse(answer.body) as { correlation_id: string }).correlation_id;
}

it('installs the package on the screen of n8n, and offers its nodes at once', async () => {
	await editor.installPackage('n8n-nodes-event-bus');
	const installed = await editor.part('community-package-card').innerText();
	await editor.screenshot('community-nodes');
	expect(installed).toContain('7 nodes');
	await editor.newWorkflow();
	expect(await editor.searchNodes('event bus')).toEqual(['Event Bus']);
});

it('runs six services that are imported from a file, with no broker and no credential', async () => {
	await editor.newWorkflow();
	await editor.importFile(pathOf(ALL_ON_ONE_CANVAS));
	await editor.publish();
	const outside = opened.use(await OutsideService.connect({ N8N_USER_FOLDER: n8n.folder }));
	heard = await outside.listen();
	await placeOrder('ord_1');
	await heard.has(1, 'notifications.sent');
});

it('builds a service of three nodes on an event that is there', async () => {
	await editor.newWorkflow();
	await editor.dragNode('Event Bus', 'On new Event Bus event');
	await editor.fill('eventTypes', 'payment.*');
	const caught = await editor.execute();
	await caught.getByText('payment.processed').first().waitFor();
	await editor.closeNode();

	await editor.dragNode('Edit Fields (Set)');
	await editor.part('assignment-collection-drop-area').click();
	await editor.part('assignment-name').locator('input').fill('thanks');
	await editor.part('assignment-value').locator('input').fill('=');
	await editor.part('assignment-value').locator('.cm-focused').waitFor();
	await editor.page.keyboard.insertText('Thank you, {{ $json.payload.customer_id }}');
	// n8n shows what comes of it with the event that was caught.
	await editor.page.getByText('Thank you, cust_1').first().waitFor();
	await editor.closeNode();

	await editor.dragNode('Event Bus', 'Publish an event');
	await editor.fill('eventType', 'customer.thanked');
	await editor.closeNode();
	await editor.tidyUp();
	await editor.photographCanvas('service-of-three-nodes', { width: 1000, height: 340 });
	await editor.publish();

	const correlationId = await placeOrder('ord_2');
	await heard.has(1, 'customer.thanked');
	const [thanked] = heard.ofType('customer.thanked');
	const payments = heard
		.ofType('payment.processed')
		.filter(({ metadata }) => metadata.correlation_id === correlationId);
	expect(thanked?.payload).toEqual({ thanks: 'Thank you, cust_1' });
	expect(payments.map(({ event_id }) => event_id)).toEqual([thanked?.metadata.causation_id]);
});

it('publishes through a credential that n8n has tested', async () => {
	await editor.newWorkflow();
	await editor.dragNode('Event Bus', 'Publish an event');
	await editor.choose('connection', 'Credential');
	await editor.page.getByRole('button', { name: 'Connect to Event Bus' }).click();
	await editor.fillCredential('embeddedFile', join(n8n.folder, 'another-bus.db'));
	expect(await editor.saveCredential()).toBe('');
	await until('the broker in use follows', async () =>
		(await editor.valueOf('brokerInUse')).endsWith('another-bus.db'),
	);
	await editor.fill('eventType', 'parcel.sent');
	const published = await editor.execute();
	await published.getByText('parcel.sent').first().waitFor();
	expect(await published.innerText()).toMatch(/Stored in Embedded \(SQLite\) .*another-bus\.db, channel events/);
	await editor.closeNode();
});

it('shows the story of an order and who talks to whom, as pages', async () => {
	await editor.newWorkflow();
	await editor.importFile(pathOf('event-trail/00-trail-viewer.json'));
	await editor.publish();
	const story = `${n8n.url}/webhook/trail?correlation_id=${await placeOrder('ord_3')}`;
	await heard.has(2, 'customer.thanked');
	await heard.has(3, 'notifications.sent');

	await using strict = await Browser.open();
	const incidents = incidentsOf(strict.page, (url) => url.startsWith(n8n.url));
	// The trail is written a moment after the event.
	await until('the last event is in the trail', async () => {
		await strict.page.goto(story);
		return await strict.page.locator('.row', { hasText: 'notifications.sent' }).first().isVisible();
	});
	await strict.page.locator('.row', { hasText: 'payment.processed' }).click();
	await strict.screenshot('first-trail');
	expect(await strict.page.getByRole('complementary', { name: 'The chosen event' }).innerText()).toContain('ord_3');
	expect(await strict.page.getByRole('link', { name: /^execution / }).count()).toBeGreaterThan(0);
	await strict.page.goto(`${n8n.url}/webhook/flow-map`);
	await strict.page.locator('.node', { hasText: 'payment-processor' }).first().click();
	await strict.screenshot('first-flow-map');
	expect(incidents).toEqual([]);

	await using lenient = await Browser.open({ bypassCSP: true });
	for (const page of [story, `${n8n.url}/webhook/flow-map`]) {
		await lenient.page.goto(page);
		expect(await violationsOf(lenient.page)).toEqual([]);
	}
});

it('is removed and installed again, and the published workflows go on', async () => {
	await n8n.client.call('DELETE', '/rest/community-packages?name=n8n-nodes-event-bus');
	expect(await n8n.refusalOf(scene('without', [start(), publishing('nobody.home')]))).toContain(
		'n8n-nodes-event-bus.eventBus',
	);
	await editor.installPackage('n8n-nodes-event-bus');
	await placeOrder('ord_4');
	await heard.has(4, 'notifications.sent');
});

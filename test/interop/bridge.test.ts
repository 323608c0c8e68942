/**
 * The bridge that ships, between the built-in broker and RabbitMQ.
 */
import type { Server } from '../../scripts/servers/server';
import type { EventEnvelope } from '../../src/event/envelope';
import { onOtherBroker, partnersBroker } from '../engine/bridgeEnds';
import { eventually } from '../engine/eventually';
import { items, type WorkflowJson } from '../engine/n8nEngine';
import { openBus, type Bus } from '../engine/openBus';
import { readJson } from '../workflows/files';
import { startServer } from './onServer';

const opened = new AsyncDisposableStack();
let server: Server;
let bus: Bus;

beforeAll(async () => {
	server = opened.use(await startServer('rabbitmq'));
	const { host, username, password } = new URL(server.url());
	const data = { broker: 'rabbitmq', rabbitmqHosts: host, rabbitmqUser: username, rabbitmqPassword: password };
	bus = await openBus({ credentials: [partnersBroker(data)] });
	opened.defer(async () => await bus.close());
}, 180_000);
afterAll(async () => {
	await opened.disposeAsync();
}, 60_000);

it('carries an order from one broker to the other, and the answer back', async () => {
	const ends = onOtherBroker(await readJson<WorkflowJson>('bridge/01-try-the-bridge.json'));
	await bus.engine.activate(onOtherBroker(await readJson<WorkflowJson>('bridge/00-bridge.json')));
	await bus.engine.activate(ends);
	await bus.engine.runManual(ends, 'When You Press Execute');
	const got = (trigger: string) =>
		bus
			.runs(ends)
			.flatMap(({ run }) => (run ? (items(run, trigger) ?? []) : []))
			.map((event) => event as unknown as EventEnvelope);
	await eventually('the shop hears of the shipment', () => got('Shop Hears of It').length > 0);
	const order = await bus.event('order.created');
	expect(got('Partner Hears of It')).toMatchObject([
		{ event_id: order.event_id, source: order.source, delivery: { broker: 'rabbitmq', channel: 'events' } },
	]);
	expect(got('Shop Hears of It')).toMatchObject([
		{
			event_type: 'shipment.booked',
			metadata: { correlation_id: order.metadata.correlation_id, causation_id: order.event_id },
			delivery: { broker: 'embedded' },
		},
	]);
});

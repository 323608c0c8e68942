/**
 * The bridge, as it ships: two channels of one broker as imported, two brokers once one side has a credential.
 */
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INode } from 'n8n-workflow';
import type { EventEnvelope } from '../../src/event/envelope';
import { pause } from '../conformance/waiting';
import { readJson } from '../workflows/files';
import { onOtherBroker, partnersBroker } from './bridgeEnds';
import { eventually } from './eventually';
import { items, type WorkflowJson } from './n8nEngine';
import { openBus, type Bus } from './openBus';

let folder: string;
let bus: Bus;
let bridge: WorkflowJson;
let ends: WorkflowJson;

beforeAll(async () => {
	folder = await mkdtemp(join(await realpath(tmpdir()), 'event-bus-bridge-'));
	bridge = await readJson('bridge/00-bridge.json');
	ends = await readJson('bridge/01-try-the-bridge.json');
});
afterAll(async () => {
	await rm(folder, { recursive: true, force: true });
});
afterEach(async () => {
	await bus.close();
});

async function open(file?: string): Promise<(workflow: WorkflowJson) => WorkflowJson> {
	bus = await openBus(file ? { credentials: [partnersBroker({ broker: 'embedded', embeddedFile: file })] } : {});
	return file ? onOtherBroker : (workflow) => workflow;
}

/** What a trigger of the workflow at the ends got. */
const got = (trigger: string) =>
	bus
		.runs(ends)
		.flatMap(({ run }) => (run ? (items(run, trigger) ?? []) : []))
		.map((event) => event as unknown as EventEnvelope & { readonly delivery: { readonly channel: string } });

describe.each([
	['two channels', undefined, 'partner'],
	['two brokers', 'partner.db', 'events'],
])('between %s', (_what, file, channel) => {
	beforeEach(async () => {
		const adapt = await open(file && join(folder, file));
		await bus.engine.activate(adapt(bridge));
		await bus.engine.activate(adapt(ends));
		await bus.engine.runManual(adapt(ends), 'When You Press Execute');
	});

	it('an order goes over as it is, and the answer comes back once', async () => {
		await eventually('the shop hears of the shipment', () => got('Shop Hears of It').length > 0);
		await eventually('all are recorded', () => bus.events().length >= 2);
		expect(await bus.engine.drain(5_000)).toBe(0);
		const [order, ...others] = bus.events().filter(({ event_type }) => event_type === 'order.created');
		if (!order) throw new Error('There is no order');
		expect(others).toEqual([]);
		const [there] = got('Partner Hears of It');
		expect({ ...there, delivery: null }).toEqual({ ...order, delivery: null });
		expect(there?.delivery.channel).toBe(channel);
		expect(got('Shop Hears of It')).toMatchObject([
			{
				event_type: 'shipment.booked',
				source: 'partner',
				metadata: {
					correlation_id: order.metadata.correlation_id,
					causation_id: order.event_id,
					hops: 1,
				},
				delivery: { channel: 'events' },
			},
		]);
	});
});

it('carries everything in both directions, and nothing goes in circles', async () => {
	await open();
	const everything = (node: INode): INode =>
		node.type.endsWith('Trigger') ? { ...node, parameters: { ...node.parameters, eventTypes: '#' } } : node;
	await bus.engine.activate({ ...bridge, nodes: bridge.nodes.map(everything) });
	await bus.engine.activate(ends);
	await bus.engine.runManual(ends, 'When You Press Execute');
	await eventually('the shop hears of the shipment', () => got('Shop Hears of It').length > 0);
	// Two events, each over the bridge once in either direction, and then recognised.
	await eventually('all have crossed', () => bus.runs(bridge).length >= 4);
	await pause(1_000);
	expect(await bus.engine.drain(5_000)).toBe(0);
	expect(bus.runs(bridge)).toHaveLength(4);
	expect(got('Partner Hears of It')).toHaveLength(1);
	expect(got('Shop Hears of It')).toHaveLength(1);
});

it('waits with what it cannot hand over, and loses nothing', async () => {
	const adapt = await open(join(folder, 'away.db'));
	const away = {
		...adapt(bridge),
		nodes: adapt(bridge).nodes.map((node) =>
			node.name === 'Forward to the Partner'
				? { ...node, parameters: { ...node.parameters, sendTo: 'existing', existing: 'not there' } }
				: node,
		),
	};
	await bus.engine.activate(away);
	await bus.engine.activate(adapt(ends));
	await bus.engine.runManual(adapt(ends), 'When You Press Execute');
	await eventually('it fails', () => bus.runs(bridge).some(({ status }) => status === 'error'));
	expect(got('Partner Hears of It')).toEqual([]);
	await bus.engine.activate(adapt(bridge));
	await eventually('it is handed over', () => got('Partner Hears of It').length === 1);
});

/**
 * docs/how-to/change-an-event.md: two versions of an event side by side, and one that is translated.
 */
import type { INodeParameters } from 'n8n-workflow';
import type { EventEnvelope } from '../../src/event/envelope';
import { eventually } from './eventually';
import { items, type WorkflowJson } from './n8nEngine';
import { openBus, publish, trigger, type Bus } from './openBus';
import { node, workflow } from './workflowBuilder';

const OLD: INodeParameters = { order_id: 'ord_1', total_amount: 5 };
const NEW: INodeParameters = { order_id: 'ord_1', total: { amount: 5, currency: 'EUR' } };

let bus: Bus;

beforeEach(async () => {
	bus = await openBus();
});
afterEach(async () => {
	await bus.close();
});

const listener = (name: string, types: string): WorkflowJson => workflow(name, [trigger(types), node('End', 'noOp')]);

const heard = (by: WorkflowJson) =>
	bus
		.runs(by)
		.flatMap(({ run }) => (run ? (items(run, 'On Event') ?? []) : []))
		.map((event) => (event as unknown as EventEnvelope).event_version)
		.sort();

const version = (name: string, eventVersion: string, payload: INodeParameters) => ({
	...publish('order.created', {
		payload: JSON.stringify(payload),
		options: { eventVersion, eventId: `evt_ord_1_created${name}` },
	}),
	name: `Publish ${eventVersion}`,
});

it('each service hears the versions it names, while the publisher says both', async () => {
	const [before, moved, both] = [
		listener('Before', 'order.created@1.*'),
		listener('Moved', 'order.created@2.*'),
		listener('Both', 'order.created'),
	];
	for (const one of [before, moved, both]) await bus.engine.activate(one);
	const shop = [node('Start', 'manualTrigger'), version('', '1.0', OLD), version('_v2', '2.0', NEW)];
	await bus.engine.runManual(workflow('Shop', shop));
	await eventually('all are heard', () => [before, moved, both].flatMap(heard).length === 4);
	expect(await bus.engine.drain(5_000)).toBe(0);
	expect([before, moved, both].map(heard)).toEqual([['1.0'], ['2.0'], ['1.0', '2.0']]);
});

it('one workflow speaks for those who only know the old version', async () => {
	const before = listener('Before', 'order.created@1.*');
	const translator = workflow('Translator', [
		{ ...trigger('order.created@2.*'), name: 'Event Bus Trigger' },
		node(
			'Old Payload',
			'set',
			{
				mode: 'raw',
				jsonOutput: '={{ { order_id: $json.payload.order_id, total_amount: $json.payload.total.amount } }}',
				options: {},
			},
			{ typeVersion: 3.4 },
		),
		publish('order.created', {
			options: {
				eventVersion: '1.0',
				eventId: "=evt_{{ $('Event Bus Trigger').item.json.payload.order_id }}_created",
			},
		}),
	]);
	for (const one of [before, translator]) await bus.engine.activate(one);
	await bus.engine.runManual(workflow('Shop', [node('Start', 'manualTrigger'), version('_v2', '2.0', NEW)]));
	await eventually('the old one is heard', () => heard(before).length === 1 && bus.events().length === 2);
	expect(await bus.engine.drain(5_000)).toBe(0);
	expect(bus.runs(translator)).toHaveLength(1);
	expect(bus.events().at(-1)).toMatchObject({
		event_id: 'evt_ord_1_created',
		event_version: '1.0',
		payload: OLD,
		metadata: { causation_id: 'evt_ord_1_created_v2' },
	});
});

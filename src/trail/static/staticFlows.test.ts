import { flowMapOf } from '../flowMap';
import { problemsOf } from '../problems';
import type { Flows } from '../types';
import { staticFlows } from './staticFlows';
import { looksLikeWorkflow, workflowsOf } from './workflowFile';

interface Part {
	readonly name: string;
	readonly type: string;
	readonly parameters?: object;
	readonly credentials?: object;
	readonly disabled?: boolean;
}

const bus = (name: string, parameters: object, more: object = {}): Part => ({
	name,
	type: 'n8n-nodes-event-bus.eventBus',
	parameters,
	...more,
});
const trigger = (name: string, parameters: object, more: object = {}): Part => ({
	name,
	type: 'n8n-nodes-event-bus.eventBusTrigger',
	parameters,
	...more,
});
const store = (name: string, parameters: object): Part => ({
	name,
	type: 'n8n-nodes-event-bus.eventStore',
	parameters,
});
const other = (name: string): Part => ({ name, type: 'n8n-nodes-base.set' });

/** @param links 'A>B', main connections */
function workflow(nodes: readonly Part[], links: readonly string[] = [], name = 'Flow'): object {
	const connections: Record<string, { main: { node: string }[][] }> = {};
	for (const link of links) {
		const [from = '', to = ''] = link.split('>');
		(connections[from] ??= { main: [[]] }).main[0]?.push({ node: to });
	}
	return { id: 'wf', name, nodes: nodes.map((node) => ({ id: node.name.toLowerCase(), ...node })), connections };
}

function flowsOf(...workflows: readonly object[]): Flows {
	return staticFlows(workflowsOf(workflows, 'test.json'));
}

/** What is published as 'service > type @channel', consumed as 'type @channel > service', caused as 'cause => effect'. */
function drawn({ publications, consumptions, causations }: Flows): readonly string[] {
	return [
		...publications.map(({ service, eventType, channel }) => `${service} > ${eventType} @${channel}`),
		...consumptions.map(({ service, eventType, channel }) => `${eventType} @${channel} > ${service}`),
		...causations.map(({ cause, effect }) => `${cause} => ${effect}`),
	];
}

describe('what a workflow publishes', () => {
	it.each<[string, readonly Part[], readonly string[]]>([
		['is an event of the default channel', [bus('P', { eventType: 'a.b' })], ['n8n/Flow > a.b @events']],
		[
			'goes by its source and channel',
			[bus('P', { eventType: 'a.b', channel: { value: 'orders' }, options: { source: 'shop' } })],
			['shop > a.b @orders'],
		],
		[
			'is an expression where it is known only in a run',
			[bus('P', { eventType: '={{ $json.type }}' })],
			['n8n/Flow > ={{ $json.type }} @events'],
		],
		['is what an expression says that computes nothing', [bus('P', { eventType: '=a.b' })], ['n8n/Flow > a.b @events']],
		[
			'goes to what somebody else owns',
			[bus('P', { eventType: 'a', sendTo: 'existing', existing: 'legacy' })],
			['n8n/Flow > a @existing legacy'],
		],
		[
			'goes to the channel of a credential',
			[
				bus(
					'P',
					{ eventType: 'a', connection: 'credential' },
					{ credentials: { eventBusApi: { id: '1', name: 'Kafka prod' } } },
				),
			],
			['n8n/Flow > a @events (Kafka prod)'],
		],
		[
			'is stored, and also published',
			[store('S', { eventType: 'a', alsoPublish: true, channel: { value: 'orders' } }), store('T', { eventType: 'b' })],
			['n8n/Flow > a @event store', 'n8n/Flow > a @orders', 'n8n/Flow > b @event store'],
		],
		[
			'waits for a reply',
			[bus('P', { operation: 'publishAndWait', eventType: 'a' })],
			['n8n/Flow > a @events', '# @events.replies > n8n/Flow'],
		],
		[
			'is nothing for other operations',
			[bus('P', { resource: 'channel', operation: 'getStatus' }), store('S', { resource: 'state', operation: 'get' })],
			[],
		],
		['is nothing for a node that is switched off', [bus('P', { eventType: 'a' }, { disabled: true })], []],
		[
			'is what a tool of an agent publishes',
			[{ ...bus('P', { eventType: 'a' }), type: 'n8n-nodes-event-bus.eventBusTool' }],
			['n8n/Flow > a @events'],
		],
		[
			'is nothing for a node of another package',
			[{ ...bus('P', { eventType: 'a' }), type: 'n8n-nodes-other.eventBus' }],
			[],
		],
	])('%s', (_name, nodes, expected) => expect(drawn(flowsOf(workflow(nodes)))).toEqual(expected));
});

describe('what a workflow consumes', () => {
	it.each<[string, object, readonly string[]]>([
		['is a list of patterns', { eventTypes: 'a.b, c.*@1.#' }, ['a.b @events > n8n/Flow', 'c.*@1.# @events > n8n/Flow']],
		['may be an expression', { eventTypes: '={{ $vars.types }}' }, ['={{ $vars.types }} @events > n8n/Flow']],
		['may be dead letters', { listenTo: 'deadLetters' }, ['# @dead letters of events > n8n/Flow']],
		[
			'may be what somebody else owns',
			{ eventTypes: 'a', options: { existing: 'legacy' } },
			['a @existing legacy > n8n/Flow'],
		],
	])('%s', (_name, parameters, expected) =>
		expect(drawn(flowsOf(workflow([trigger('T', parameters)])))).toEqual(expected),
	);

	it('goes by the group that is given, else by the node', () => {
		const groups = (parameters: object): readonly string[] => {
			return flowsOf(workflow([trigger('T', { eventTypes: 'a', ...parameters })])).consumptions.map(
				({ group }) => group,
			);
		};
		expect(groups({ group: 'billing' })).toEqual(['billing']);
		expect(groups({})).toEqual(['wf.t']);
	});

	it('comes from the log of the event store', () => {
		const node = { name: 'T', type: 'n8n-nodes-event-bus.eventStoreTrigger', parameters: { subscription: 'orders' } };
		expect(flowsOf(workflow([node])).consumptions).toMatchObject([
			{ eventType: '#', channel: 'event store', group: 'orders' },
		]);
	});
});

describe('what follows from what', () => {
	const on = trigger('On', { eventTypes: 'a' });
	const publish = bus('Publish', { eventType: 'b', options: { source: 'billing' } });

	it.each<[string, object, readonly string[]]>([
		[
			'is what is published after a trigger, whatever lies between',
			workflow([on, other('Set'), other('If'), publish], ['On>Set', 'Set>If', 'If>Publish', 'If>Set']),
			['billing > b @events', 'a @events > billing', 'a => b'],
		],
		[
			'is not what another trigger starts',
			workflow([on, publish], []),
			['billing > b @events', 'a @events > n8n/Flow'],
		],
		[
			'is a service for each trigger of a canvas',
			workflow(
				[
					on,
					publish,
					trigger('On 2', { eventTypes: 'b' }),
					bus('Publish 2', { eventType: 'c', options: { source: 'shipping' } }),
				],
				['On>Publish', 'On 2>Publish 2'],
			),
			[
				'billing > b @events',
				'shipping > c @events',
				'a @events > billing',
				'b @events > shipping',
				'a => b',
				'b => c',
			],
		],
		[
			'is the reply to what was asked',
			workflow([on, bus('Reply', { operation: 'reply' })], ['On>Reply']),
			['n8n/Flow > a.reply @events.replies', 'a @events > n8n/Flow', 'a => a.reply'],
		],
	])('%s', (_name, json, expected) => expect(drawn(flowsOf(json))).toEqual(expected));

	it('reaches a tool through the agent that uses it', () => {
		const json = {
			...workflow([on, other('Agent'), publish], ['On>Agent']),
			connections: {
				On: { main: [[{ node: 'Agent' }]] },
				Publish: { ai_tool: [[{ node: 'Agent', type: 'ai_tool' }]] },
			},
		};
		expect(drawn(flowsOf(json))).toContain('a => b');
	});

	it('is every known type that a bridge forwards', () => {
		const bridge = workflow(
			[trigger('On', { eventTypes: 'order.*' }), bus('Forward', { operation: 'forward', channel: { value: 'copy' } })],
			['On>Forward'],
			'Bridge',
		);
		const shop = workflow([bus('P', { eventType: 'order.created' }), bus('Q', { eventType: 'other.thing' })]);
		expect(drawn(flowsOf(shop, bridge))).toContain('n8n/Bridge > order.created @copy');
		expect(flowMapOf(flowsOf(shop, bridge)).cycles).toEqual([]);
		expect(drawn(flowsOf(bridge))).toContain('n8n/Bridge > order.* @copy');
	});
});

it('finds workflows that start each other', () => {
	const ping = workflow([trigger('On', { eventTypes: 'pong' }), bus('P', { eventType: 'ping' })], ['On>P'], 'Ping');
	const pong = workflow([trigger('On', { eventTypes: 'ping' }), bus('P', { eventType: 'pong' })], ['On>P'], 'Pong');
	expect(problemsOf(flowMapOf(flowsOf(ping, pong)))).toEqual([
		'Cycle: ping → pong → ping (through n8n/Pong, n8n/Ping)',
	]);
});

describe('a workflow file', () => {
	it.each([[{}], [null], ['text'], [[1]], [{ nodes: {} }]])('is not %j', (json) => {
		expect(() => workflowsOf(json, 'x.json')).toThrow('x.json is not a workflow');
		expect(looksLikeWorkflow(json)).toBe(false);
	});

	it('may have anything in it', () => {
		const json = {
			nodes: [
				null,
				3,
				{},
				{ type: 7, parameters: [] },
				{ type: 'n8n-nodes-event-bus.eventBus', parameters: { eventType: 5, options: [] } },
			],
			connections: { x: null, y: { main: 'z' }, z: { main: [[null, { node: 3 }], 'no'] } },
		};
		expect(drawn(flowsOf(json))).toEqual(['n8n/workflow >  @events']);
	});
});

describe('a saga', () => {
	const rows = [
		{
			name: 'pay',
			do: 'event',
			eventType: 'payment.requested',
			succeedsOn: 'payment.processed',
			failsOn: 'payment.declined',
		},
		{ name: 'tell', do: 'event', eventType: 'order.told', options: { channel: 'news' } },
		{ name: 'ship', do: 'http', undo: 'event', undoEventType: 'shipping.cancelled' },
	];
	const node = (name: string, type: string, parameters: object) => ({
		name,
		type: `n8n-nodes-event-bus.${type}`,
		parameters,
	});
	const orders = { name: 'Orders', nodes: [node('Saga', 'saga', { steps: { values: rows } })], connections: {} };
	const flowsOf = (...given: object[]) => staticFlows(workflowsOf(given, 'test'));

	it('publishes commands and waits for answers', () => {
		const { publications, consumptions } = flowsOf(orders);
		expect(publications.map(({ eventType, channel }) => `${eventType} in ${channel}`)).toEqual([
			'payment.requested in events',
			'order.told in news',
			'shipping.cancelled in events',
		]);
		expect(consumptions.map(({ eventType, group }) => `${eventType} by ${group}`)).toEqual([
			'payment.processed by sagas',
			'payment.declined by sagas',
		]);
	});

	it('offers its outcomes to those who want them', () => {
		const alarm = {
			name: 'Alarm',
			nodes: [node('On', 'eventBusTrigger', { eventTypes: 'saga.stuck' })],
			connections: {},
		};
		const types = flowsOf(orders, alarm).publications.map(({ eventType }) => eventType);
		expect(types).toContain('saga.stuck');
		expect(types).not.toContain('saga.completed');
	});
});

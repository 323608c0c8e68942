/**
 * The Event Trail node: a chain of three workflows of which the last one fails, seen in every form, and two that go in
 * a circle.
 */
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Parser } from '@asyncapi/parser';
import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';
import { eventually } from './eventually';
import { publish, trigger } from './openBus';
import { given, named, openStore, type Store } from './openStore';
import { node, workflow } from './workflowBuilder';

const QUICK = { maxAttempts: 2, backoff: { delays: { initialSeconds: 0.05, jitterPercent: 0 } } };
/** Says that there is a later version of AsyncAPI than 3.0. */
const ONLY_A_HINT = 'asyncapi-latest-version';

const HOSTILE = '</script><script>alert(1)</script><img src=x onerror=alert(2)>';
const ORDER = { order_id: 'ord_1', total_amount: 29.99, customer: { note: HOSTILE } };

let n8n: Store;
let userFolder: string;
/** Of the story that every test looks at. */
let correlationId: string;

// Nothing here changes the trail, so one is enough.
beforeAll(async () => {
	userFolder = await mkdtemp(join(await realpath(tmpdir()), 'event-bus-trail-node-'));
	n8n = await openStore({ userFolder, env: { EVENT_BUS_TRAIL: 'on' } });
	for (const json of [
		workflow('Check', [trigger('order.created'), publish('order.checked')]),
		workflow('Pay', [trigger('order.checked'), publish('order.paid', { options: { source: 'payment-service' } })]),
		workflow('Ship', [
			trigger('order.paid', QUICK),
			node('Fail', 'stopAndError', { errorMessage: `no stock ${HOSTILE}` }),
		]),
		workflow('Ping', [trigger('game.ping', { hopLimit: 4 }, GAMES), publish('game.pong', GAMES)]),
		workflow('Pong', [trigger('game.pong', { hopLimit: 4 }, GAMES), publish('game.ping', GAMES)]),
	]) {
		await n8n.engine.activate(json);
	}
	correlationId = (await n8n.publish('order.created', ORDER)).metadata.correlation_id;
	await n8n.output(publish('game.ping', { ...GAMES, payload: '{}' }));
	await eventually('the story and the game have ended', async () => {
		return (await seen('search', { options: { outcome: 'dead-letter' } })).length === 2;
	});
}, 60_000);
afterAll(async () => {
	await n8n.close();
	await rm(userFolder, { recursive: true, force: true });
});

const GAMES = { channel: named('games') };

const look = (operation: string, parameters: INodeParameters = {}, extras: Partial<INode> = {}): INode =>
	node('Look', 'n8n-nodes-event-bus.eventTrail', { operation, ...parameters }, extras);

const seen = async (operation: string, parameters: INodeParameters = {}): Promise<readonly IDataObject[]> =>
	await n8n.output(look(operation, parameters));

const trailAs = async (form: string) => await seen('getTrail', { correlationId, trailAs: form });
const mapAs = async (form: string, options: INodeParameters = {}) => await seen('getFlowMap', { mapAs: form, options });

/** What the output pane says of the run. */
async function hintsOf(...nodes: INode[]): Promise<readonly string[]> {
	const run = await n8n.run(nodes);
	return run.data.resultData.runData.Look?.at(-1)?.hints?.map(({ message }) => message) ?? [];
}

const typesOf = (list: readonly IDataObject[]) => list.map(({ event_type }) => event_type);

describe('a trail', () => {
	it('is the events of the story, each with what happened to it', async () => {
		const events = await trailAs('items');
		expect(typesOf(events)).toEqual(['order.created', 'order.checked', 'order.paid']);
		const [created, checked, paid] = events;
		expect(created).toMatchObject({ payload: ORDER, metadata: { correlation_id: correlationId, hops: 0 } });
		expect(checked).toMatchObject({ source: 'n8n/Check', metadata: { causation_id: created?.event_id } });
		expect(paid?.trail).toMatchObject([
			{ what: 'published', service: 'payment-service', workflow_id: 'pay0000000000000' },
			{ what: 'started', service: 'n8n/Ship', attempt: 1 },
			{ what: 'retry', delay_ms: 50, error: expect.stringContaining('no stock') as string },
			{ what: 'started', attempt: 2 },
			{ what: 'dead-letter', reason: 'max_attempts', workflow_id: 'ship000000000000' },
		]);
	});

	it('is found from an event, without anything filled in', async () => {
		const event = given([{ metadata: { correlation_id: correlationId } }]);
		expect(typesOf(await n8n.output(event, look('getTrail')))).toHaveLength(3);
	});

	it('is a tree of causes', async () => {
		expect(await trailAs('tree')).toMatchObject([
			{
				event_type: 'order.created',
				caused: [{ event_type: 'order.checked', caused: [{ event_type: 'order.paid', caused: [] }] }],
			},
		]);
	});

	it('is a page that has the events, and in which nothing is an element that was a text', async () => {
		const [{ html } = {}] = await trailAs('html');
		for (const text of ['order.created', 'order.checked', 'order.paid', 'payment-service', 'n8n/Ship', correlationId]) {
			expect(html).toContain(text);
		}
		expect(html).toMatch(/^<!doctype html>/);
		expect(html).not.toContain('<script>alert');
		expect(html).not.toContain('<img');
		// Style and script of the page, its data, and no more.
		expect(JSON.stringify(html).match(/<(script|style)\b/g)).toEqual(['<style', '<script', '<script']);
	});

	it('links a run in the page to its execution in n8n', async () => {
		const [{ html } = {}] = await trailAs('html');
		expect(html).toMatch(/https?:[^"]*\/workflow\/check00000000000\/executions\/\d+/);
	});

	it('is a sequence diagram', async () => {
		const [{ mermaid, correlation_id } = {}] = await trailAs('mermaid');
		expect(correlation_id).toBe(correlationId);
		expect(mermaid).toMatch(/^sequenceDiagram\n/);
		expect(mermaid).toContain('order.checked');
		expect(mermaid).not.toContain('<script');
		expect(mermaid).not.toContain('<img');
	});

	it('says that it is cut', async () => {
		const cut = look('getTrail', { correlationId, options: { maxEvents: 2 } });
		expect(await n8n.output(cut)).toHaveLength(2);
		expect(await hintsOf(cut)).toContain('Only the first 2 events of the story were read');
	});

	it.each([
		['items', 0],
		['tree', 0],
		['html', 1],
		['mermaid', 1],
	])('of a story nobody knows is a hint and no error, as %s', async (trailAs, count) => {
		const unknown = look('getTrail', { correlationId: 'corr_unknown', trailAs });
		expect(await n8n.output(unknown)).toHaveLength(count);
		expect(await hintsOf(unknown)).toContain('Nothing is recorded of corr_unknown');
	});
});

describe('a flow map', () => {
	it('says who publishes what to whom, and what is wrong', async () => {
		const [map] = await mapAs('items', { channel: 'events' });
		expect(map).toMatchObject({
			services: ['n8n/Check', 'n8n/Publisher', 'n8n/Ship', 'payment-service'],
			cycles: [],
			unconsumed: [],
			dead_letters: 1,
			retries: 1,
		});
		expect(map?.publishes).toContainEqual({
			service: 'payment-service',
			event_type: 'order.paid',
			channel: 'events',
			count: 1,
		});
		expect(map?.consumes).toContainEqual(
			expect.objectContaining({ service: 'n8n/Ship', event_type: 'order.paid', retries: 1, dead_letters: 1 }),
		);
	});

	it('tells of two workflows that start each other', async () => {
		const [map] = await mapAs('items');
		const name = 'game.ping → game.pong → game.ping';
		expect(map).toMatchObject({ cycles: [{ name, services: ['n8n/Ping', 'n8n/Pong'] }] });
		expect(await hintsOf(look('getFlowMap'))).toContain(`Events go in a circle: ${name}`);
		expect(await hintsOf(look('getFlowMap', { options: { channel: 'events' } }))).not.toContainEqual(
			expect.stringContaining('circle'),
		);
	});

	it('is a page', async () => {
		const [{ html } = {}] = await mapAs('html', { title: 'The shop' });
		for (const text of ['The shop', 'order.paid', 'payment-service', 'n8n/Ship', 'game.ping']) {
			expect(html).toContain(text);
		}
	});

	it('is a flowchart', async () => {
		const [{ mermaid } = {}] = await mapAs('mermaid');
		expect(mermaid).toMatch(/^flowchart/);
		expect(mermaid).toContain('order.checked');
	});

	it('is an AsyncAPI document with which the official parser has no problem', async () => {
		const [json] = await mapAs('asyncapi', { title: 'The shop' });
		const { document, diagnostics } = await new Parser().parse(JSON.stringify(json));
		expect(diagnostics.filter(({ code }) => code !== ONLY_A_HINT)).toEqual([]);
		expect(document?.info().title()).toBe('The shop');
		expect(
			document
				?.channels()
				.all()
				.map((channel) => channel.address()),
		).toEqual(['events', 'games']);
	});
});

describe('a search', () => {
	it.each<[string, INodeParameters, readonly string[]]>([
		['a type', { eventTypes: 'order.checked' }, ['order.checked']],
		['type patterns, newest first', { eventTypes: 'order.*' }, ['order.paid', 'order.checked', 'order.created']],
		['a source', { options: { source: 'payment-service' } }, ['order.paid']],
		['a channel', { eventTypes: 'order.*', options: { channel: 'games' } }, []],
		[
			'a text in the payload',
			{ options: { payloadField: 'order_id', payloadEquals: 'ord_1', source: 'n8n/Publisher' } },
			['order.created'],
		],
		[
			'a number in the payload',
			{ eventTypes: 'order.created', options: { payloadField: 'total_amount', payloadEquals: '29.99' } },
			['order.created'],
		],
		[
			'a value nobody has',
			{ eventTypes: 'order.#', options: { payloadField: 'total_amount', payloadEquals: '"29.99"' } },
			[],
		],
		['dead letters', { eventTypes: 'order.#', options: { outcome: 'dead-letter' } }, ['order.paid']],
		['what was tried again', { options: { outcome: 'retry' } }, ['order.paid']],
		['a time that is to come', { options: { from: '2100-01-01T00:00:00Z' } }, []],
		['a time that is over', { options: { to: '2020-01-01T00:00:00Z' } }, []],
		['no more than the limit', { eventTypes: 'order.*', limit: 2 }, ['order.paid', 'order.checked']],
	])('is for %s', async (_what, parameters, expected) => {
		expect(typesOf(await seen('search', parameters))).toEqual(expected);
	});

	it('gives events with what happened to them', async () => {
		const [paid] = await seen('search', { eventTypes: 'order.paid' });
		expect(paid?.trail).toHaveLength(5);
	});

	it('says that it found nothing', async () => {
		expect(await hintsOf(look('search', { eventTypes: 'nobody.knows' }))).toContain(
			'No recorded event fits the search',
		);
	});
});

describe('what cannot be', () => {
	it.each<[string, INodeParameters, string, string]>([
		['search', { options: { payloadField: 'a..b', payloadEquals: '1' } }, 'the path "a..b" has an empty name', 'dots'],
		['search', { options: { from: 'yesterday' } }, 'From is not a date', 'ISO 8601'],
		['search', { eventTypes: 'order..x' }, 'order..x', ''],
		['getTrail', { correlationId: '={{ $json.nothing }}' }, 'Correlation ID is empty', 'Fill in Correlation ID'],
		['getFlowMap', { lastHours: 0 }, 'Last Hours is 0', 'above 0'],
		['forget', {}, 'Operation is "forget"', 'Choose one of'],
	])('is told: %s with %j', async (operation, parameters, message, hint) => {
		expect(await n8n.failure(look(operation, parameters))).toMatchObject({
			message: expect.stringContaining(message) as string,
			description: expect.stringContaining(hint) as string,
		});
	});

	it('is an item where the node is to continue, and the other items are answered', async () => {
		const asked = given([{ id: '' }, { id: correlationId }]);
		const parameters = { correlationId: '={{ $json.id }}', trailAs: 'mermaid' };
		const answers = await n8n.output(asked, look('getTrail', parameters, { onError: 'continueRegularOutput' }));
		expect(answers).toMatchObject([
			{ error: expect.stringContaining('Correlation ID is empty') as string },
			{ mermaid: expect.stringContaining('order.paid') as string },
		]);
	});
});

/**
 * What n8n remembers of its events: a chain of workflows, failures, and what it was told to forget.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INodeParameters } from 'n8n-workflow';
import { defaultStore } from '../../nodes/shared/defaultConnection';
import { systemClock } from '../../src/kernel/clock';
import { silentLogger } from '../../src/kernel/logger';
import { EventTrail, type ObservedFlows } from '../../src/trail/trail';
import type { TrailEntry, TrailFact } from '../../src/trail/types';
import { eventually } from './eventually';
import { openBus, publish, trigger, type Bus } from './openBus';
import { node, workflow } from './workflowBuilder';

let bus: Bus;
let userFolder: string;

beforeEach(async () => {
	userFolder = await mkdtemp(join(await realpath(tmpdir()), 'event-bus-trail-'));
});
afterEach(async () => {
	await bus.close();
	await rm(userFolder, { recursive: true, force: true });
});

const open = async (env: Readonly<Record<string, string>> = {}, record = false) => {
	bus = await openBus({ userFolder, record, env: { EVENT_BUS_TRAIL: 'on', ...env } });
};

const call = () => ({ signal: AbortSignal.timeout(10_000), timeoutMs: 10_000 });

async function ask<T>(question: (trail: EventTrail) => Promise<T>): Promise<T> {
	const { manifest, settings } = defaultStore({ N8N_USER_FOLDER: userFolder });
	const host = { logger: silentLogger, clock: systemClock, clientName: 'reader', signal: AbortSignal.timeout(10_000) };
	await using engine = await manifest.open(settings, host);
	return await question(new EventTrail(engine));
}

const trailOf = async (correlationId: string): Promise<readonly TrailEntry[]> =>
	await ask(async (trail) => (await trail.trail(correlationId, call())).entries);

/** Waits until the story is written down that far. */
async function whole(
	correlationId: string,
	isWhole: (facts: readonly TrailFact[]) => boolean,
): Promise<readonly TrailEntry[]> {
	let entries: readonly TrailEntry[] = [];
	await eventually('the trail is written', async () => {
		entries = await trailOf(correlationId);
		return isWhole(entries.flatMap(({ facts }) => facts));
	});
	return entries;
}

const count = (facts: readonly TrailFact[], kind: TrailFact['kind']) =>
	facts.filter((fact) => fact.kind === kind).length;

const told = ({ facts }: TrailEntry) => facts.map(({ kind, service }) => `${kind} ${service}`);

const QUICK = { maxAttempts: 2, backoff: { delays: { initialSeconds: 0.05, jitterPercent: 0 } } };

it('holds every event of a chain, who published it, who processed it, and in which execution', async () => {
	await open();
	const check = workflow('Check', [trigger('order.created'), publish('order.checked')]);
	const pay = workflow('Pay', [
		trigger('order.checked'),
		publish('order.paid', { options: { source: 'payment-service' } }),
	]);
	const ship = workflow('Ship', [trigger('order.paid'), node('Work', 'noOp')]);
	for (const json of [check, pay, ship]) await bus.engine.activate(json);
	const { event_id, metadata } = await bus.publish('order.created', { order_id: 'ord_1' });

	const entries = await whole(metadata.correlation_id, (facts) => count(facts, 'done') === 3);
	expect(entries.map(({ event }) => event.eventType)).toEqual(['order.created', 'order.checked', 'order.paid']);
	expect(entries.map(told)).toEqual([
		['published n8n/Publisher', 'started n8n/Check', 'done n8n/Check'],
		['published n8n/Check', 'started payment-service', 'done payment-service'],
		['published payment-service', 'started n8n/Ship', 'done n8n/Ship'],
	]);
	const [created, checked, paid] = entries;
	expect(created?.event).toMatchObject({
		eventId: event_id,
		causationId: null,
		hops: 0,
		payload: { order_id: 'ord_1' },
	});
	expect(checked?.event).toMatchObject({ causationId: event_id, hops: 1, source: 'n8n/Check' });
	expect(created?.facts[1]).toMatchObject({ broker: 'embedded', channel: 'events', attempt: 1, workflowId: check.id });
	// The run that checked the order is known through what it published.
	const ranAs = (json: typeof check) => bus.runs(json)[0]?.id;
	expect(checked?.facts[0]).toMatchObject({ workflowId: check.id, executionId: ranAs(check) });
	expect(created?.facts[2]).toMatchObject({ executionId: ranAs(check) });
	expect(checked?.facts[2]).toMatchObject({ executionId: ranAs(pay) });
	expect(paid?.facts[2]).toMatchObject({ workflowId: ship.id, executionId: null });

	const flows = await ask(async (trail) => await trail.flows({ from: 0, to: Date.now() + 1000, ...call() }));
	expectChain(flows);
});

function expectChain(flows: ObservedFlows): void {
	expect(flows.publications.map(({ service, eventType }) => `${service} ${eventType}`).sort()).toEqual([
		'n8n/Check order.checked',
		'n8n/Publisher order.created',
		'payment-service order.paid',
	]);
	expect(flows.consumptions.map(({ service, eventType }) => `${eventType} ${service}`).sort()).toEqual([
		'order.checked payment-service',
		'order.created n8n/Check',
		'order.paid n8n/Ship',
	]);
	expect(flows.consumptions.every(({ latencyMs }) => latencyMs !== null && latencyMs.p95 < 10_000)).toBe(true);
	expect(flows.causations.map(({ cause, effect }) => `${cause} > ${effect}`).sort()).toEqual([
		'order.checked > order.paid',
		'order.created > order.checked',
	]);
}

it('tells each attempt of a workflow that fails, and why the event was given up', async () => {
	await open();
	const fail = node('Fail', 'stopAndError', { errorMessage: 'no stock' });
	const failing = workflow('Failing', [trigger('order.created', QUICK), fail]);
	await bus.engine.activate(failing);
	const { metadata } = await bus.publish('order.created');
	const [entry] = await whole(metadata.correlation_id, (facts) => count(facts, 'dead-letter') === 1);
	expect(entry?.facts.map(({ kind, attempt }) => [kind, attempt])).toEqual([
		['published', null],
		['started', 1],
		['retry', 1],
		['started', 2],
		['dead-letter', 2],
	]);
	expect(entry?.facts[2]).toMatchObject({ delayMs: 50, error: expect.stringContaining('no stock'), reason: null });
	expect(entry?.facts[4]).toMatchObject({
		reason: 'max_attempts',
		error: expect.stringContaining('no stock'),
		service: 'n8n/Failing',
		workflowId: failing.id,
	});
	const letters = await ask(async (trail) => await trail.search({ outcome: 'dead-letter', ...call() }));
	expect(letters.entries).toEqual([{ event: entry?.event, facts: entry?.facts }]);
});

it('tells of a payload that does not fit and never started a run', async () => {
	await open();
	const schema = '{ "type": "object", "required": ["order_id"] }';
	await bus.engine.activate(
		workflow('Strict', [trigger('order.created', { payloadSchema: schema }), node('End', 'noOp')]),
	);
	const { metadata } = await bus.publish('order.created', {});
	const [entry] = await whole(metadata.correlation_id, (facts) => count(facts, 'dead-letter') === 1);
	expect(entry?.facts.map(({ kind }) => kind)).toEqual(['published', 'dead-letter']);
	expect(entry?.facts[1]).toMatchObject({ reason: 'invalid_payload', service: 'n8n/Strict' });
});

it('names a bridge as the one who forwards, and the event stays that of its source', async () => {
	await open();
	const forward = node('Forward', 'n8n-nodes-event-bus.eventBus', { operation: 'forward', channel: named('partners') });
	await bus.engine.activate(workflow('Bridge', [trigger('order.created'), forward]));
	const { metadata } = await bus.publish('order.created');
	const [entry] = await whole(metadata.correlation_id, (facts) => count(facts, 'done') === 1);
	expect(entry?.event.source).toBe('n8n/Publisher');
	expect(entry?.facts.map(({ kind, service, channel }) => [kind, service, channel])).toEqual([
		['published', 'n8n/Publisher', 'events'],
		['started', 'n8n/Bridge', 'events'],
		['published', 'n8n/Bridge', 'partners'],
		['done', 'n8n/Bridge', 'events'],
	]);
});

it('tells of an event that was stored first and published through the outbox', async () => {
	await open();
	await bus.engine.activate(workflow('Reader', [trigger('order.placed'), node('End', 'noOp')]));
	const append = node('Append', 'n8n-nodes-event-bus.eventStore', {
		resource: 'stream',
		operation: 'append',
		stream: named('order-1'),
		eventType: 'order.placed',
		payloadSource: 'json',
		payload: '{}',
		alsoPublish: true,
		channel: named('events'),
	});
	const run = await bus.engine.runManual(workflow('Shop', [node('Start', 'manualTrigger'), append]));
	expect(run.data.resultData.error).toBeUndefined();
	let [found] = await foundOf('order.placed');
	await eventually('it is processed', async () => {
		[found] = await foundOf('order.placed');
		return found?.facts.some(({ kind }) => kind === 'done') ?? false;
	});
	expect(found?.facts.map(({ kind, service }) => `${kind} ${service}`)).toEqual([
		'published n8n/Shop',
		'started n8n/Reader',
		'done n8n/Reader',
	]);
});

async function foundOf(type: string): Promise<readonly TrailEntry[]> {
	return await ask(async (trail) => (await trail.search({ types: [type], ...call() })).entries);
}

it('blanks the fields it was told to', async () => {
	await open({ EVENT_BUS_TRAIL_REDACT: 'customer.email, card.*' });
	const payload = { customer: { email: 'ada@example.com', name: 'Ada' }, card: { number: '4111', cvc: '1' } };
	const { metadata } = await bus.publish('order.created', payload);
	const [entry] = await whole(metadata.correlation_id, (facts) => count(facts, 'published') === 1);
	expect(entry?.event.payload).toEqual({
		customer: { email: '[redacted]', name: 'Ada' },
		card: { number: '[redacted]', cvc: '[redacted]' },
	});
});

it.each<[string, Readonly<Record<string, string>>, INodeParameters]>([
	['it was told to', { EVENT_BUS_TRAIL_PAYLOADS: 'none' }, { secret: 'yes' }],
	['what is to be blanked cannot be read', { EVENT_BUS_TRAIL_REDACT: 'a..b' }, { secret: 'yes' }],
])('keeps no payload when %s', async (_when, env, payload) => {
	await open(env);
	const { metadata } = await bus.publish('order.created', payload);
	const [entry] = await whole(metadata.correlation_id, (facts) => count(facts, 'published') === 1);
	expect(entry?.event).not.toHaveProperty('payload', expect.anything());
	expect(entry?.event.eventType).toBe('order.created');
});

it('remembers nothing when it is switched off', async () => {
	await open({ EVENT_BUS_TRAIL: 'off' });
	const reader = workflow('Reader', [trigger('#'), node('End', 'noOp')]);
	await bus.engine.activate(reader);
	const { metadata } = await bus.publish('order.created');
	await eventually('the run ends', () => bus.runs(reader).some(({ status }) => status === 'success'));
	await bus.engine.deactivate(reader.id);
	expect(await trailOf(metadata.correlation_id)).toEqual([]);
});

it('is off where there is no event store, and events flow all the same', async () => {
	const url = `sqlite:${join(userFolder, 'shared.db')}`;
	await open({ EXECUTIONS_MODE: 'queue', EVENT_BUS_URL: url });
	const reader = workflow('Reader', [trigger('#'), node('End', 'noOp')]);
	await bus.engine.activate(reader);
	await bus.publish('order.created');
	await eventually('the run ends', () => bus.runs(reader).some(({ status }) => status === 'success'));
	expect(existsSync(join(userFolder, '.n8n', 'event-bus', 'event-bus.db'))).toBe(false);
});

it('writes what the last runs reported when their trigger ends', async () => {
	await open();
	const reader = workflow('Reader', [trigger('order.created'), node('End', 'noOp')]);
	await bus.engine.activate(reader);
	const { metadata } = await bus.publish('order.created');
	await eventually('the run ends', () => bus.runs(reader).some(({ status }) => status === 'success'));
	await bus.engine.deactivate(reader.id);
	const [entry] = await trailOf(metadata.correlation_id);
	expect(entry?.facts.map(({ kind }) => kind)).toEqual(['published', 'started', 'done']);
});

function named(value: string): INodeParameters {
	return { __rl: true, mode: 'name', value };
}

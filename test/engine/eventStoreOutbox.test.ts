/**
 * Also Publish: what is stored reaches the bus, in one commit, whatever the broker does.
 */
import { freePort } from '../../scripts/n8n/freePort';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultConnection, defaultStore, type Environment } from '../../nodes/shared/defaultConnection';
import { createEvent } from '../../src/event/createEvent';
import { systemClock } from '../../src/kernel/clock';
import { silentLogger } from '../../src/kernel/logger';
import { outboxTarget } from '../../src/publisher/outboxRelay';
import { eventually } from './eventually';
import { trigger } from './openBus';
import { append, named, openStore, store, type Store } from './openStore';
import { node, workflow } from './workflowBuilder';

let events: Store;

afterEach(async () => {
	await events.close();
});

const publishing = { alsoPublish: true, channel: named('events') };

it('stores an event and publishes the same one', async () => {
	events = await openStore({ record: true });
	const [stored] = await events.output(append('order-1', 'order.created', { order_id: 'ord_1' }, publishing));
	expect(stored).toMatchObject({
		stored: { stream: 'order-1', version: 1, is_new: true },
		published: { broker: 'embedded', channel: 'events', status: 'sent' },
	});
	const published = await events.event('order.created');
	expect(published).toMatchObject({ event_id: stored?.event_id, payload: { order_id: 'ord_1' }, subject: 'order-1' });
	expect(await events.output(store('outbox.getStatus'))).toEqual([{ target: null, waiting: 0, oldest_at: null }]);
});

it('publishes nothing of what was not stored', async () => {
	events = await openStore({ record: true });
	await events.output(append('order-1', 'order.created', {}));
	const late = append('order-1', 'order.created', {}, { ...publishing, expectedVersion: 'noStream' });
	await events.failure(late);
	await events.output(append('order-1', 'order.noticed', {}, publishing));
	await events.event('order.noticed');
	expect(events.events().map(({ event_type }) => event_type)).toEqual(['order.noticed']);
});

it('stores the event while the broker is away, and says that it waits', async () => {
	events = await openStore({ env: { EVENT_BUS_URL: `redis://127.0.0.1:${await freePort(0)}` } });
	const [stored] = await events.output(append('order-1', 'order.created', {}, publishing));
	expect(stored).toMatchObject({ stored: { version: 1 }, published: { broker: 'redis-streams', status: 'waiting' } });
	expect(await events.output(store('outbox.getStatus'))).toMatchObject([
		{ target: expect.stringContaining('127.0.0.1'), waiting: 1, oldest_at: expect.stringMatching(/^20/) },
	]);
});

it('publishes what a process left behind that was killed, as soon as a trigger is active', async () => {
	// The process environment of a test is a copy, so the folder is one that both know.
	const userFolder = await mkdtemp(join(await realpath(tmpdir()), 'event-bus-outbox-'));
	events = await openStore({ userFolder });
	await leaveBehind({ N8N_USER_FOLDER: userFolder }, 'order-1', 'order.created');
	const reader = workflow('Reader', [trigger('order.created'), node('End', 'noOp')]);
	await events.engine.activate(reader);
	await eventually('a run', () => events.runs(reader).length === 1);
	await eventually('an empty outbox', async () => {
		const [status] = await events.output(store('outbox.getStatus'));
		return status?.waiting === 0;
	});
	expect(events.runs(reader)).toHaveLength(1);
	await rm(userFolder, { recursive: true, force: true });
});

/** Stores an event that is to be published, and does nothing about it. */
async function leaveBehind(environment: Environment, stream: string, type: string): Promise<void> {
	const { manifest, settings } = defaultStore(environment);
	const target = outboxTarget(defaultConnection(environment));
	const signal = AbortSignal.timeout(10_000);
	const host = { logger: silentLogger, clock: systemClock, clientName: 'killed', signal };
	await using engine = await manifest.open(settings, host);
	const event = createEvent({ type, payload: {} }, { now: Date.now(), defaultSource: 'killed', cause: null });
	const publish = { target, channel: 'events' };
	await engine.write('append', { stream, events: [event], expect: 'any', publish }, { signal, timeoutMs: 10_000 });
}

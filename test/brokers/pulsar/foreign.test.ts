/**
 * Topics, subscriptions and messages that somebody else made, and what a server without the admin API can do.
 */
import { randomUUID } from 'node:crypto';
import type { Server } from '../../../scripts/servers/server';
import { DEFAULT_FRAME_BYTES } from '../../../src/brokers/pulsar/settings';
import { event, events, numberOf } from '../../conformance/events';
import { failing, fails } from '../../conformance/recorder';
import { times, until } from '../../conformance/waiting';
import { publish } from '../../interop/pulsarClient';
import { errorOf } from '../errorOf';
import { admin, rigOn, start } from './pulsarBus';

let server: Server;
beforeAll(async () => {
	// The largest message is the server's own; what the WebSocket service takes is less.
	server = await start();
}, 180_000);
afterAll(async () => await server[Symbol.asyncDispose]());

const here = () => ({ host: `${server.host}:${server.port}` });
const legacy = () => `legacy-${randomUUID()}`;
const existing = (name: string) => ({ kind: 'existing', name }) as const;

describe('an existing topic', () => {
	it('is read by a subscription that was there before us, from where it stands', async () => {
		await using bus = rigOn(here());
		const name = legacy();
		await admin(server, 'PUT', `persistent/public/default/${name}`);
		const properties = { owner: 'shop' };
		const body = { ledgerId: -1, entryId: -1, partitionIndex: -1, properties };
		await admin(server, 'PUT', `persistent/public/default/${name}/subscription/billing`, { body });
		await publish(server, name, [{ body: '{"n":1}' }, { body: '{"n":2}', key: 'k' }]);
		const ours = await bus.consume({ from: existing(`persistent://public/default/${name}`), group: 'billing' });
		await until('both run', () => ours.factsOf('done').length === 2);
		expect(ours.runs.map((run) => numberOf(run.event)).toSorted()).toEqual([1, 2]);
		const path = `persistent/public/default/${name}/subscription/billing/properties`;
		expect((await admin(server, 'GET', path)).body).toMatchObject({ owner: 'shop', 'event-bus.types': '["#"]' });
	});

	it('with partitions is read, retried and kept in order by key', async () => {
		await using bus = rigOn(here());
		const name = legacy();
		await admin(server, 'PUT', `persistent/public/default/${name}/partitions`, { body: 3 });
		const from = existing(name);
		const ours = await bus.consume({ from, order: 'key', handle: failing(1, (run) => numberOf(run.event) === 4) });
		const messages = times(12, (n) => ({ body: JSON.stringify({ n }), key: `key ${n % 4}` }));
		await publish(server, name, messages);
		await until('all are done', () => ours.factsOf('done').length === 12);
		const done = ours.runs.filter(({ verdict }) => verdict?.as === 'done').map((run) => numberOf(run.event));
		for (const key of times(4, (n) => n)) {
			expect(done.filter((n) => n % 4 === key)).toEqual([key, key + 4, key + 8]);
		}
		const shared = await bus.consume({ from, group: 'shared', start: { at: 'earliest' }, handle: failing(1) });
		await until('all are done twice', () => shared.factsOf('done').length === 12);
		const state = await bus.inspect(from);
		expect(state.native).toMatchObject({ partitioned: true });
		await until('nothing waits', async () => (await bus.groupState(from, 'shared'))?.backlog === 0);
		await shared.consumer.close(1000);
		const again = await bus.consume({ from, group: 'shared', start: { at: 'earliest' } });
		await until('all are done again', () => again.factsOf('done').length === 12);
		const cursor = again.runs[0]?.delivery.position ?? '1:1';
		const position = { from, group: 'shared', start: { at: 'cursor', cursor } } as const;
		expect(await errorOf(bus.consume(position))).toMatchObject({ code: 'unsupported' });
	});

	it('must be there, whatever Provision says', async () => {
		await using bus = rigOn(here());
		const from = existing(legacy());
		expect(await errorOf(bus.consume({ from }))).toMatchObject({ code: 'not-found' });
		expect(await errorOf(bus.publish(from, events(1)))).toMatchObject({ code: 'not-found' });
	});

	it('with dead letters of clients of Java shows them, and they can be removed', async () => {
		await using bus = rigOn(here());
		const name = legacy();
		await admin(server, 'PUT', `persistent/public/default/${name}-group-DLQ`);
		const path = `persistent/public/default/${name}-group-DLQ/subscription/keeper`;
		await admin(server, 'PUT', path, { body: 'earliest' });
		await publish(server, `${name}-group-DLQ`, [{ body: '{"n":1}' }, { body: '{"n":2}' }]);
		const letters = await bus.rawDeadLetters(existing(name));
		expect(letters.map(({ body }) => Buffer.from(body).toString())).toEqual(['{"n":1}', '{"n":2}']);
		const { deadLetters } = await bus.connection();
		const of = { kind: 'dead-letters', of: existing(name), group: 'group' } as const;
		const { items } = await deadLetters.list(of, { after: null, limit: 1 }, bus.call());
		expect(
			await deadLetters.remove(
				of,
				items.map(({ id }) => id),
				bus.call(),
			),
		).toBe(1);
		expect(
			await deadLetters.remove(
				of,
				items.map(({ id }) => id),
				bus.call(),
			),
		).toBe(0);
		expect(await bus.rawDeadLetters(existing(name))).toHaveLength(1);
	});

	it('keeps nothing when it is not persistent, so only a publish makes sense', async () => {
		await using bus = rigOn(here());
		const name = `non-persistent://public/default/${legacy()}`;
		expect(await errorOf(bus.consume({ from: existing(name) }))).toMatchObject({ code: 'unsupported' });
		await bus.publish(existing(name), events(1));
	});
});

describe('sizes', () => {
	it('an event that fits no frame is refused by itself, and the others of its batch are stored', async () => {
		await using bus = rigOn(here());
		const channel = bus.channel();
		const ours = await bus.consume({ from: channel });
		// Fits the limit of the adapter, but its headers grow in JSON.
		const headers = { 'x-control': '\u0001'.repeat(100_000) };
		const [refused] = await bus.tryToPublish(channel, [event({ payload: 'x'.repeat(600_000) })], { headers });
		expect(refused).toMatchObject({ ok: false, error: { code: 'too-large', hint: expect.stringContaining('Frame') } });
		await bus.publish(channel, events(2));
		await until('both run', () => ours.factsOf('done').length === 2);
	});

	it('a message of others that is too large for a copy is retried all the same', async () => {
		await using bus = rigOn(here());
		const channel = bus.channel();
		const ours = await bus.consume({ from: channel, handle: failing(2) });
		await publish(server, channel.channel, [{ body: JSON.stringify({ text: 'x'.repeat(0.8 * DEFAULT_FRAME_BYTES) }) }]);
		await until('it is done', () => ours.factsOf('done').length === 1);
		expect(ours.runs.map(({ delivery }) => delivery.attempt)).toEqual([1, 2, 3]);
	});

	it('a service that takes less than we think closes the connection, and nothing else is lost', async () => {
		await using bus = rigOn({ ...here(), maxFrameBytes: 10 * DEFAULT_FRAME_BYTES });
		const channel = bus.channel();
		const ours = await bus.consume({ from: channel });
		const messages = times(5, (n) => {
			const body = n === 2 ? Buffer.alloc(0.8 * DEFAULT_FRAME_BYTES, 'x') : Buffer.from(`{"n":${n}}`);
			return { id: `m${n}`, type: '', body, headers: {} };
		});
		const options = { ...bus.call(), provision: 'create' } as const;
		const outcomes = await (await bus.connection()).publish(channel, messages, options);
		const codes = outcomes.map((outcome) => (outcome.ok ? 'stored' : outcome.error.code));
		// It may close before it has said why.
		const refused = outcomes[2];
		expect(refused).toMatchObject({ ok: false, error: { hint: expect.stringContaining('webSocketMaxTextFrameSize') } });
		for (const other of codes.toSpliced(2, 1)) expect(['stored', 'unreachable']).toContain(other);
		const stored = codes.filter((code) => code === 'stored').length;
		await until('what was stored has run', () => ours.factsOf('done').length >= stored);
		await bus.publish(channel, events(2));
		await until('both run', () => ours.factsOf('done').length >= stored + 2);
	});
});

describe('without the admin API', () => {
	const alone = () => rigOn({ ...here(), admin: 'none' });

	it('events are published, read, retried, and given up to dead letters, which others can list', async () => {
		await using bus = alone();
		const from = { kind: 'channel', channel: legacy() } as const;
		const provision = 'off';
		const ours = await bus.consume({
			from,
			provision,
			retry: { maxAttempts: 2, backoff: { initialMs: 100, factor: 1, maxMs: 100, jitter: 0 } },
			handle: (run) => (numberOf(run.event) === 1 ? fails() : undefined),
		});
		expect(ours.consumer.effective.start).toEqual(new Set(['committed', 'latest']));
		const stored = await bus.publish(from, events(3), { provision });
		expect(stored.map(({ matched }) => matched)).toEqual(['unknown', 'unknown', 'unknown']);
		await until('two are done', () => ours.factsOf('done').length === 2);
		await until('one is a dead letter', () => ours.factsOf('dead-letter').length === 1);
		await using watched = rigOn(here());
		watched.owns(from.channel);
		const letters = await watched.deadLetters(from);
		expect(letters.map(({ deadLetter }) => deadLetter.attempts)).toEqual([2]);
	});

	it('what needs it is refused, with what to do', async () => {
		await using bus = alone();
		const from = { kind: 'channel', channel: legacy() } as const;
		const wanted = { code: 'unsupported', hint: expect.stringContaining('Admin API') };
		expect(await errorOf(bus.consume({ from }))).toMatchObject(wanted);
		expect(await errorOf(bus.consume({ from, provision: 'off', start: { at: 'earliest' } }))).toMatchObject(wanted);
		expect(await errorOf(bus.publish(from, events(1)))).toMatchObject(wanted);
		expect(await errorOf(bus.inspect(from))).toMatchObject(wanted);
		expect(await errorOf(bus.deadLetters(from))).toMatchObject(wanted);
		expect(await (await bus.connection()).health(bus.call())).toMatchObject({
			status: 'up',
			detail: expect.stringContaining('without the admin API'),
		});
	});
});

describe('groups', () => {
	it('a group whose subscription the server has removed goes on at the oldest event', async () => {
		await using bus = rigOn(here());
		const channel = bus.channel();
		await bus.consume({ from: channel, group: 'keeper' });
		await (await bus.consume({ from: channel })).consumer.close(1000);
		await admin(server, 'DELETE', `persistent/public/default/${channel.channel}/subscription/group`);
		await bus.publish(channel, events(3));
		const back = await bus.consume({ from: channel });
		await until('all three are received', () => back.factsOf('done').length === 3);
		expect(bus.complaints.join()).toContain('has lost where group stands');
	});

	it('what is older than the retention is let go and counted, also while somebody reads', async () => {
		await using bus = rigOn(here());
		const channel = bus.channel();
		const options = { from: channel, maxInFlight: 1, retentionMs: 1000, handle: () => bus.hang() };
		const ours = await bus.consume(options);
		await bus.publish(channel, events(20));
		await until('one runs', () => ours.runs.length === 1);
		await until('they are gone', async () => (await bus.groupState(channel))?.expired === 20);
		expect(await bus.groupState(channel)).toMatchObject({ backlog: 0, consumers: 1, removedAt: null });
	});

	it('a group goes on after a position, and back to one', async () => {
		await using bus = rigOn(here());
		const channel = bus.channel();
		const ours = await bus.consume({ from: channel });
		const stored = await bus.publish(
			channel,
			times(4, (n) => event({ payload: { n } })),
		);
		await until('all are done', () => ours.factsOf('done').length === 4);
		await ours.consumer.close(1000);
		const cursor = stored[1]?.cursor ?? '';
		const again = await bus.consume({ from: channel, start: { at: 'cursor', cursor } });
		await until('two are done', () => again.factsOf('done').length === 2);
		expect(again.runs.map((run) => numberOf(run.event))).toEqual([2, 3]);
	});

	it('readers with and without order cannot share a group', async () => {
		await using bus = rigOn(here());
		const channel = bus.channel();
		await bus.consume({ from: channel });
		const error = await errorOf(bus.consume({ from: channel, order: 'key' }));
		expect(error).toMatchObject({ code: 'conflict', hint: expect.stringContaining('Order') });
	});
});

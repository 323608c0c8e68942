/**
 * Logins, rights and servers that must not be used: each is refused with what to change, and the least rights suffice.
 */
import type { Server } from '../../../scripts/servers/server';
import { redisPubSub } from '../../../src/brokers/redis/pubSub/manifest';
import { event, events } from '../../conformance/events';
import { failing } from '../../conformance/recorder';
import { until } from '../../conformance/waiting';
import { redisCli } from '../../interop/redisCli';
import { errorOf } from '../errorOf';
import { addressOf, rigOn, start } from './redisBus';

/** As in docs/how-to/redis-streams.md. */
const STREAM_RIGHTS =
	'~events ~{events}:* ~event-bus:* +@read +@write +@scripting -@dangerous +ping +time +info +wait +client|setname +client|id +client|unblock';
/** As in docs/how-to/redis-pubsub.md. */
const PUBSUB_RIGHTS =
	'resetchannels &events +publish +subscribe +unsubscribe +ping +info +client|setname +pubsub|numsub';

let server: Server;
beforeAll(async () => {
	server = await start();
	const users = { streams: STREAM_RIGHTS, pubsub: PUBSUB_RIGHTS, reader: '~* +@read +ping +info', quiet: '~* +ping' };
	for (const [user, rights] of Object.entries(users)) {
		await redisCli(server, 'ACL', 'SETUSER', user, 'on', '>secret', ...rights.split(' '));
	}
});
afterAll(async () => await server[Symbol.asyncDispose]());

const as = (user: string, password = 'secret') => ({ addresses: addressOf(server), user, password });
const channel = { kind: 'channel', channel: 'events' } as const;

it('the documented rights suffice for everything on one stream', async () => {
	await using bus = rigOn(as('streams'));
	const retry = { maxAttempts: 2, backoff: { initialMs: 100, factor: 1, maxMs: 100, jitter: 0 } };
	const handle = failing(2, (run) => run.event.event_type === 'order.bad' || run.delivery.attempt === 1);
	const one = await bus.consume({ from: channel, retry, handle });
	await bus.publish(channel, [...events(3), event({ type: 'order.bad' })]);
	await until('a dead letter', async () => (await bus.deadLetters(channel)).length === 1);
	await until('each has run twice', () => one.runs.length === 8);
	expect(await bus.redrive(channel)).toBe(1);
	await until('it is done', () => one.factsOf('done').length === 4);
	await bus.consume({ from: channel, group: 'ordered', order: 'key' });
	expect((await bus.inspect(channel)).groups).toHaveLength(2);
	await one.consumer.close(1000);
	const connection = await bus.connection();
	const { topology } = connection;
	expect(await connection.health(bus.call())).toMatchObject({
		status: 'up',
		detail: expect.stringContaining('Redis 7'),
	});
	const absent = [{ kind: 'group', of: channel, group: 'group' } as const];
	await topology.apply(await topology.plan({ present: [], absent }, bus.call()), bus.call());
	expect(bus.complaints.filter((line) => /NOPERM|right/.test(line))).toEqual([]);
});

it('another stream is out of reach with them, and the error names the right', async () => {
	await using bus = rigOn(as('streams'));
	const other = { kind: 'channel', channel: 'payroll' } as const;
	const [outcome] = await bus.tryToPublish(other, [event()]);
	expect(outcome).toMatchObject({ ok: false, error: { code: 'auth', hint: expect.stringContaining('ACL SETUSER') } });
	expect(await errorOf(bus.consume({ from: other }))).toMatchObject({ code: 'auth' });
});

it('a user that may only read publishes nothing', async () => {
	await using bus = rigOn(as('reader'));
	const [outcome] = await bus.tryToPublish(channel, [event()]);
	expect(outcome).toMatchObject({ ok: false, error: { code: 'auth' } });
});

it('a wrong password is refused, and stands in no error', async () => {
	await using bus = rigOn(as('streams', 'not-the-secret'));
	const error = await errorOf(bus.open());
	expect(error).toMatchObject({ code: 'auth', hint: 'Check user and password in the credential' });
	expect(`${error.message}${error.stack}${String(error.cause)}`).not.toContain('not-the-secret');
});

it('a login that is wanted and missing is said to be missing', async () => {
	await using locked = await start({ settings: { requirepass: 'secret' } });
	await using bus = rigOn({ addresses: addressOf(locked) });
	expect(await errorOf(bus.open())).toMatchObject({ code: 'auth', message: expect.stringContaining('wants a login') });
	await using allowed = rigOn({ addresses: addressOf(locked), password: 'secret' });
	expect((await (await allowed.open()).health(allowed.call())).status).toBe('up');
});

it('nobody at the address is unreachable', async () => {
	await using bus = rigOn({ addresses: '127.0.0.1:1' });
	expect(await errorOf(bus.open())).toMatchObject({
		code: 'unreachable',
		hint: expect.stringContaining('host and port'),
	});
});

it('a server that evicts keys of any kind is refused, for it would evict events', async () => {
	await using cache = await start({ settings: { maxmemory: '100mb', 'maxmemory-policy': 'allkeys-lru' } });
	await using bus = rigOn({ addresses: addressOf(cache) });
	const expected = { code: 'settings', hint: expect.stringContaining('noeviction') };
	expect(await errorOf(bus.consume({ from: channel }))).toMatchObject(expected);
	expect(await errorOf(bus.tryToPublish(channel, [event()]))).toMatchObject(expected);
});

it('a server that evicts what expires is used with a warning', async () => {
	await using cache = await start({ settings: { maxmemory: '100mb', 'maxmemory-policy': 'volatile-lru' } });
	await using bus = rigOn({ addresses: addressOf(cache) });
	await bus.publish(bus.channel(), [event()]);
	expect(bus.complaints.join('\n')).toContain('they may then run twice');
});

it('a full server refuses what it cannot keep, and takes events again when there is room', async () => {
	await using full = await start({ settings: { maxmemory: '4mb', 'maxmemory-policy': 'noeviction' } });
	await using bus = rigOn({ addresses: addressOf(full) });
	const to = bus.channel();
	const payload = { filling: 'x'.repeat(900_000) };
	const outcomes = [];
	for (let n = 0; n < 8; n += 1) outcomes.push(...(await bus.tryToPublish(to, [event({ payload })])));
	const refused = outcomes.find(({ ok }) => !ok);
	expect(refused).toMatchObject({
		error: { code: 'storage', retryable: true, hint: expect.stringContaining('maxmemory') },
	});
	await redisCli(full, 'CONFIG', 'SET', 'maxmemory', '100mb');
	await bus.publish(to, [event({ payload })]);
});

describe('Pub/Sub', () => {
	it('needs the right to its channel and no key', async () => {
		await using bus = rigOn(as('pubsub'), redisPubSub);
		const one = await bus.consume({ from: channel });
		await bus.publish(channel, events(2));
		await until('both are heard', () => one.runs.length === 2);
		expect((await bus.inspect(channel)).native).toMatchObject({ listeners: 1 });
	});

	it('is refused on another channel', async () => {
		await using bus = rigOn(as('pubsub'), redisPubSub);
		const other = { kind: 'channel', channel: 'payroll' } as const;
		expect(await errorOf(bus.consume({ from: other }))).toMatchObject({ code: 'auth' });
		const [outcome] = await bus.tryToPublish(other, [event()]);
		expect(outcome).toMatchObject({ ok: false, error: { code: 'auth' } });
	});
});

/**
 * Redis Pub/Sub: what it cannot do is said, and what is lost is counted.
 */
import type { Server } from '../../../scripts/servers/server';
import { brokerTitle } from '../../../nodes/shared/brokerTitle';
import { redisPubSub } from '../../../src/brokers/redis/pubSub/manifest';
import { event, events } from '../../conformance/events';
import { failing, fails } from '../../conformance/recorder';
import { pause, until } from '../../conformance/waiting';
import { redisCli } from '../../interop/redisCli';
import { errorOf } from '../errorOf';
import { addressOf, rigOn, start } from './redisBus';

let server: Server;
beforeAll(async () => {
	server = await start();
});
afterAll(async () => await server[Symbol.asyncDispose]());

const rig = () => rigOn({ addresses: addressOf(server) }, redisPubSub);

it('says what it is wherever it can be chosen', () => {
	expect(brokerTitle(redisPubSub)).toBe('Redis Pub/Sub (at most once)');
});

it('drops what a slow reader has no room for, counts it, and goes on', async () => {
	await using bus = rig();
	const channel = bus.channel();
	const connection = await bus.open();
	const slow = await bus.subscribe(channel, { maxInFlight: 10 }, connection);
	await bus.publish(channel, events(1500));
	await until('490 are lost', async () => {
		const [state] = await connection.topology.inspect([channel], bus.call());
		return state?.native.lostHere === 490;
	});
	expect(bus.complaints.join('\n')).toMatch(/events of .* are lost/);
	expect(await connection.health(bus.call())).toMatchObject({
		status: 'degraded',
		detail: expect.stringContaining('490 events lost'),
	});
	let received = 0;
	for await (const deliveries of slow.batches()) {
		received += deliveries.length;
		await slow.settle(
			deliveries.map((delivery) => ({ delivery, as: 'ack' })),
			bus.call(),
		);
		if (received === 1010) break;
	}
	// Now that there is room again, nothing is missed.
	await bus.publish(channel, events(5));
	await until('nothing more is lost', async () => (await bus.inspect(channel)).native.lostHere === 0);
});

it('drops what would take too much memory', async () => {
	await using bus = rig();
	const channel = bus.channel();
	const connection = await bus.open();
	await bus.subscribe(channel, { maxInFlight: 1000 }, connection);
	const payload = { filling: 'x'.repeat(1_000_000) };
	for (let n = 0; n < 40; n += 1) await bus.publish(channel, [event({ payload })]);
	await until('some are lost', async () => {
		const [state] = await connection.topology.inspect([channel], bus.call());
		return Number(state?.native.lostHere) >= 6;
	});
});

it('listens to a pattern of channels', async () => {
	await using bus = rig();
	const heard = await bus.consume({ from: { kind: 'existing', name: 'sensors.*' } });
	const literal = await bus.consume({ from: { kind: 'existing', name: 'sensors.\\*' } });
	await redisCli(server, 'PUBLISH', 'sensors.kitchen', '{"celsius":21}');
	await redisCli(server, 'PUBLISH', 'sensors.*', '{"celsius":22}');
	await redisCli(server, 'PUBLISH', 'motors.kitchen', '{"rpm":7}');
	await until('both are heard', () => heard.runs.length === 2);
	await pause(200);
	expect(heard.runs.map((run) => run.event.payload)).toEqual([{ celsius: 21 }, { celsius: 22 }]);
	expect(literal.runs).toHaveLength(0);
	const error = await errorOf(bus.publish({ kind: 'existing', name: 'sensors.*' }, [event()]));
	expect(error).toMatchObject({ code: 'settings', hint: 'Name the channel' });
});

it('tells from the answer of the server when nobody listens', async () => {
	await using bus = rig();
	const channel = bus.channel();
	expect(await bus.publish(channel, [event()])).toMatchObject([{ matched: 'no', cursor: null }]);
	await bus.consume({ from: channel });
	expect(await bus.publish(channel, [event()])).toMatchObject([{ matched: 'unknown' }]);
	expect(await (await bus.connection()).topology.channels(bus.call())).toContain(channel.channel);
});

it('tries a failed event again from memory, while others go on', async () => {
	await using bus = rig();
	const channel = bus.channel();
	const retry = { maxAttempts: 3, backoff: { initialMs: 300, factor: 1, maxMs: 300, jitter: 0 } };
	const one = await bus.consume({ from: channel, maxInFlight: 2, retry, handle: failing(1) });
	const published = events(20);
	await bus.publish(channel, published);
	await until('all are done', () => one.factsOf('done').length === 20, 10_000);
	expect(one.runs).toHaveLength(40);
	// Many more wait for their second attempt than may run at once.
	const seconds = one.runs.filter(({ delivery }) => delivery.attempt === 2);
	const firsts = one.runs.filter(({ delivery }) => delivery.attempt === 1);
	expect(Math.min(...seconds.map(({ order }) => order))).toBeGreaterThan(Math.max(...firsts.map(({ order }) => order)));
});

it('keeps no dead letters, and says so when an event is given up', async () => {
	await using bus = rig();
	const channel = bus.channel();
	const one = await bus.consume({ from: channel, handle: () => fails('no stock left', false) });
	await bus.publish(channel, [event()]);
	await until('it is given up', () => one.factsOf('dead-letter').length === 1);
	expect(bus.complaints.join('\n')).toContain('keeps no dead letters');
	expect(await bus.deadLetters(channel)).toEqual([]);
	const listening = bus.consume({ from: { kind: 'dead-letters', of: channel, group: null } });
	expect(await errorOf(listening)).toMatchObject({
		code: 'unsupported',
		hint: expect.stringContaining('Redis Streams'),
	});
});

it('refuses what a message without headers cannot carry', async () => {
	await using bus = rig();
	const channel = bus.channel();
	const [delayed] = await bus.tryToPublish(channel, [event()], { notBefore: Date.now() + 1000 });
	expect(delayed).toMatchObject({ ok: false, error: { code: 'unsupported' } });
	const [binary] = await bus.tryToPublish(channel, [event()], { format: 'cloudevents-binary' });
	expect(binary).toMatchObject({
		ok: false,
		error: { code: 'unsupported', hint: expect.stringContaining('structured') },
	});
});

it('hears again after the server was away, and nothing of what was said meanwhile', async () => {
	await using away = await start();
	await using bus = rigOn({ addresses: addressOf(away) }, redisPubSub);
	const channel = bus.channel();
	const one = await bus.consume({ from: channel });
	await away.stop();
	await away.startAgain();
	await until('it hears again', async () => {
		await bus.tryToPublish(channel, [event()]).catch(() => []);
		return one.runs.length > 0;
	});
	expect(one.fatal).toBeNull();
});

it('keeps a quiet link alive', async () => {
	await using bus = rig();
	const channel = bus.channel();
	const one = await bus.consume({ from: channel });
	// Longer than a heartbeat, whose answer looks like no other on such a link.
	await pause(6000);
	await bus.publish(channel, [event()]);
	await until('it is heard', () => one.runs.length === 1);
	expect(one.factsOf('reconnecting')).toEqual([]);
});

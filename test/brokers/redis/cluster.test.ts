/**
 * A Redis Cluster: every key of a channel in one slot, channels on all nodes, and nodes and slots that move.
 */
import type { Server } from '../../../scripts/servers/server';
import { redisPubSub } from '../../../src/brokers/redis/pubSub/manifest';
import { event, events, idsOf, missingIn } from '../../conformance/events';
import { failing, fails } from '../../conformance/recorder';
import type { Channel, Rig } from '../../conformance/rig';
import { pause, times, until } from '../../conformance/waiting';
import { redisCli } from '../../interop/redisCli';
import { Cluster } from './cluster';
import { rigOn } from './redisBus';

const ONE_ATTEMPT = { maxAttempts: 1, backoff: { initialMs: 100, factor: 1, maxMs: 100, jitter: 0 } };

describe('three masters', () => {
	let cluster: Cluster;
	beforeAll(async () => {
		cluster = await Cluster.start();
	});
	afterAll(async () => await cluster[Symbol.asyncDispose]());
	const rig = () => rigOn({ mode: 'cluster', addresses: cluster.addresses });

	it('carry channels on every node: retries, dead letters, redrives, order, and the inbox', async () => {
		await using bus = rig();
		const masters = cluster.masters.flatMap((master) => times(4, () => master));
		const channels = await Promise.all(masters.map(async (master) => await channelOn(bus, cluster, master)));
		const consumers = await Promise.all(
			channels.map(async (from) => await bus.consume({ from, handle: failing(1), order: 'none' })),
		);
		const published = channels.map(() => events(10));
		await Promise.all(
			channels.map(async (to, n) => await bus.publish(to, [...(published[n] ?? []), ...(published[n] ?? [])])),
		);
		await until('all are done', () => consumers.every((one) => one.doneIds.length === 10), 60_000);
		consumers.forEach((one, n) => expect(one.doneIds).toEqual(idsOf(published[n] ?? []).toSorted()));
		// Twice published, and once failed: one completed run each.
		for (const one of consumers) expect(one.runs).toHaveLength(20);
		const { topology } = await bus.connection();
		const listed = await topology.channels(bus.call());
		for (const { channel } of channels) expect(listed).toContain(channel);
	});

	it('keep dead letters, and give them back in order', async () => {
		await using bus = rig();
		const channel = bus.channel();
		let broken = true;
		const one = await bus.consume({
			from: channel,
			order: 'key',
			retry: ONE_ATTEMPT,
			handle: () => (broken ? fails() : undefined),
		});
		const alerts = await bus.consume({ from: { kind: 'dead-letters', of: channel, group: null }, group: 'alerts' });
		const published = times(5, (n) => event({ payload: { n }, key: 'k' }));
		await bus.publish(channel, published);
		await until('five dead letters', async () => (await bus.deadLetters(channel, {}, null)).length === 5);
		await until('the listener has seen them', () => alerts.runs.length === 5);
		broken = false;
		expect(await bus.redrive(channel)).toBe(5);
		await until('all are done', () => one.factsOf('done').length === 5);
		expect(one.runs.slice(5).map(({ id }) => id)).toEqual(idsOf(published));
	});

	it('go on while a slot with a channel in use moves to another node', async () => {
		await using bus = rig();
		const channel = bus.channel();
		const home = await cluster.masterOf(channel.channel);
		const target = cluster.masters.find((server) => server !== home);
		if (!target) throw new Error('There is no other node');
		const one = await bus.consume({ from: channel, maxInFlight: 20, leaseMs: 2000, handle: failing(1) });
		const confirmed: string[] = [];
		const stopping = new AbortController();
		const flood = times(3, async () => {
			while (!stopping.signal.aborted) {
				const each = event();
				const [outcome] = await bus.tryToPublish(channel, [each], { timeoutMs: 2000 }).catch(() => []);
				if (outcome?.ok) confirmed.push(each.event_id);
				await pause(5);
			}
		});
		await until('100 are confirmed', () => confirmed.length >= 100);
		await cluster.move(channel.channel, target, async () => await pause(500));
		const before = confirmed.length;
		await until('100 more are confirmed', () => confirmed.length >= before + 100, 20_000);
		stopping.abort();
		await Promise.all(flood);
		expect(await redisCli(target, 'EXISTS', channel.channel)).toBe(1);
		await until('each confirmed one is done', () => missingIn(one.doneIds, confirmed) === 0, 30_000);
		expect(one.fatal).toBeNull();
	});

	it('carry Pub/Sub from any node to any other', async () => {
		await using bus = rigOn({ mode: 'cluster', addresses: cluster.addresses }, redisPubSub);
		const channels = times(6, () => bus.channel());
		const listeners = await Promise.all(channels.map(async (from) => await bus.consume({ from })));
		for (const to of channels)
			expect(await bus.publish(to, events(5))).toMatchObject([{ matched: 'unknown' }, {}, {}, {}, {}]);
		await until('all are heard', () => listeners.every(({ runs }) => runs.length === 5));
		const [state] = await (await bus.connection()).topology.inspect(channels.slice(0, 1), bus.call());
		expect(state).toMatchObject({ exists: true, native: { listeners: 1 } });
	});
});

it('a node that is killed is replaced by its replica, and nothing confirmed by it is lost', async () => {
	await using cluster = await Cluster.start({ withReplica: true });
	await using bus = rigOn({ mode: 'cluster', addresses: cluster.addresses });
	const [first] = cluster.masters;
	if (!first) throw new Error('There is no node');
	const channel = await channelOn(bus, cluster, first);
	await using careful = rigOn({ mode: 'cluster', addresses: cluster.addresses, replicas: 1 });
	const one = await careful.consume({ from: channel, leaseMs: 2000 });
	const confirmed: string[] = [];
	const publish = async () => {
		const each = event();
		const [outcome] = await careful.tryToPublish(channel, [each], { timeoutMs: 3000 }).catch(() => []);
		if (outcome?.ok) confirmed.push(each.event_id);
	};
	while (confirmed.length < 50) await publish();
	expect(confirmed).toHaveLength(50);
	await first.kill();
	// Alone by now, the new master has nobody to confirm it.
	await using alone = rigOn({ mode: 'cluster', addresses: cluster.addresses });
	await until(
		'events are taken again',
		async () => {
			const each = event();
			const [outcome] = await alone.tryToPublish(channel, [each], { timeoutMs: 2000 }).catch(() => []);
			if (outcome?.ok) confirmed.push(each.event_id);
			return outcome?.ok === true;
		},
		30_000,
	);
	await until('each confirmed one is done', () => missingIn(one.doneIds, confirmed) === 0, 30_000);
	const [lonely] = await careful.tryToPublish(channel, [event()], { timeoutMs: 3000 });
	expect(lonely).toMatchObject({
		ok: false,
		error: { code: 'timeout', hint: expect.stringContaining('Confirmed by Replicas') },
	});
	expect(one.fatal).toBeNull();
	await first.startAgain();
});

/** A channel that lies there. */
async function channelOn(bus: Rig, cluster: Cluster, master: Server): Promise<Channel> {
	for (;;) {
		const channel = bus.channel();
		if ((await cluster.masterOf(channel.channel)) === master) return channel;
	}
}

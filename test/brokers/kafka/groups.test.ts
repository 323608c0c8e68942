/**
 * Groups over restarts and rebalances: nothing lost, nothing run twice, nothing left behind, and no flood into memory.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Server } from '../../../scripts/servers/server';
import type { Delivery, Subscription } from '../../../src/broker/types';
import { events, idsOf } from '../../conformance/events';
import { failing } from '../../conformance/recorder';
import { pause, times, until } from '../../conformance/waiting';
import { adminOf } from './admin';
import { addressOf, rigOn, start, START_MS } from './kafkaBus';

let server: Server;
beforeAll(async () => {
	server = await start();
}, START_MS);
afterAll(async () => await server[Symbol.asyncDispose]());

const here = () => ({ brokers: addressOf(server) });

it('loses nothing while three consumers join and leave during a thousand events', async () => {
	await using bus = rigOn(here());
	const from = bus.channel();
	const options = { from, maxInFlight: 20, handle: async () => await pause(5) };
	const all = [await bus.consume(options)];
	const published = events(1000);
	const publishing = (async () => {
		for (const batch of times(20, (n) => published.slice(n * 50, n * 50 + 50))) {
			await bus.publish(from, batch);
			await pause(200);
		}
	})();
	// The first stays; two others come and go, with what they have in work and in their buffers.
	const comesAndGoes = async (stayMs: number) => {
		for (let rounds = 0; rounds < 4; rounds += 1) {
			const one = await bus.consume(options);
			all.push(one);
			await pause(stayMs);
			await one.consumer.close(5000);
		}
	};
	await Promise.all([publishing, comesAndGoes(400), comesAndGoes(550)]);
	const done = () => all.flatMap((one) => one.doneIds);
	await until('all are done', () => new Set(done()).size === 1000, 30_000);
	expect(done().toSorted()).toEqual(idsOf(published).toSorted());
	await until('nothing is left', async () => (await bus.groupState(from))?.backlog === 0);
	expect(bus.complaints).toEqual([]);
});

it('skips after a restart what was settled above the position', async () => {
	await using bus = rigOn({ ...here(), partitions: 1 });
	const from = bus.channel();
	const first = await bus.subscribe(from);
	await bus.publish(from, events(10));
	const deliveries = await take(first, 10);
	const settled = deliveries.filter((_delivery, index) => ![0, 4].includes(index));
	await first.settle(
		settled.map((delivery) => ({ delivery, as: 'ack' })),
		bus.call(),
	);
	await first[Symbol.asyncDispose]();

	await using admin = await adminOf(server);
	const [group] = await admin.fetchOffsets({ groupId: `${from.channel}..group`, topics: [from.channel] });
	expect(group?.partitions).toMatchObject([{ offset: '0', metadata: expect.stringContaining('"s":') }]);
	const again = await take(await bus.subscribe(from), 2);
	expect(again.map(({ cursor }) => cursor)).toEqual(['0:0', '0:4']);
});

it('goes on at the oldest messages when the broker has forgotten where the group stood', async () => {
	await using bus = rigOn(here());
	const from = bus.channel();
	const first = await bus.consume({ from });
	await bus.publish(from, events(3));
	await until('three are done', () => first.factsOf('done').length === 3);
	await first.consumer.close(1000);
	await bus.publish(from, events(2));
	// As after offsets.retention.minutes.
	await using admin = await adminOf(server);
	await admin.deleteGroups([`${from.channel}..group`]);
	const back = await bus.consume({ from, start: { at: 'committed', otherwise: { at: 'latest' } } });
	await until('what was done is recognised, and the rest runs', () => back.factsOf('done').length === 2);
	expect(back.factsOf('duplicate')).toHaveLength(3);
	expect(bus.complaints).toEqual([expect.stringContaining('has forgotten')]);
});

it('leaves nothing of a test run', async () => {
	await using bus = rigOn(here());
	const from = bus.channel();
	const test = await bus.consume({ from, group: 'test', lifetime: 'ephemeral', handle: failing(1) });
	await bus.publish(from, events(2));
	await until('they are done', () => test.factsOf('done').length === 2);
	await test.consumer.close(1000);
	await using admin = await adminOf(server);
	await until('the group is gone', async () => {
		return !(await admin.listGroups()).groups.some(({ groupId }) => groupId.startsWith(from.channel));
	});
	expect((await admin.listTopics()).filter((name) => name.startsWith(from.channel))).toEqual([from.channel]);
});

it('takes little into memory of a large backlog', async () => {
	await using bus = rigOn(here());
	const from = bus.channel();
	await bus.publish(from, []);
	// 80 MB in six partitions.
	for (let n = 0; n < 8; n += 1) {
		await bus.publishRaw(
			from,
			times(100, () => Buffer.alloc(100_000, 'x')),
		);
	}
	const before = bytesInUse();
	const one = await bus.consume({
		from,
		start: { at: 'earliest' },
		maxInFlight: 1,
		handle: async () => await bus.hang(),
	});
	await until('the first runs', () => one.runs.length === 1);
	await pause(2000);
	expect(bytesInUse() - before).toBeLessThan(24 * 1024 * 1024);
});

async function take(subscription: Subscription, count: number): Promise<readonly Delivery[]> {
	const taken: Delivery[] = [];
	for await (const deliveries of subscription.batches()) {
		taken.push(...deliveries);
		if (taken.length >= count) break;
	}
	return taken;
}

/** Of buffers, after the collector has run. */
function bytesInUse(): number {
	setFlagsFromString('--expose-gc');
	const collect = runInNewContext('gc') as () => void;
	collect();
	return process.memoryUsage().arrayBuffers;
}

/**
 * Topics and messages of others: read as they are, written as others expect, never changed.
 */
import { createHash, randomBytes } from 'node:crypto';
import { ConfigResourceTypes, ConfigSource, Kafka, logLevel, type Message } from 'kafkajs';
import type { Server } from '../../../scripts/servers/server';
import type { Source } from '../../../src/broker/types';
import { event, events, idsOf, numberOf } from '../../conformance/events';
import { fails } from '../../conformance/recorder';
import { takeMessages } from '../../conformance/bareSubscription';
import { times, until } from '../../conformance/waiting';
import { ensureKcat, Kcat } from '../../interop/kcat';
import { adminOf, makeTopic } from './admin';
import { errorOf } from '../errorOf';
import { addressOf, rigOn, start, START_MS } from './kafkaBus';

const EARLIEST = { at: 'committed', otherwise: { at: 'earliest' } } as const;

let server: Server;
beforeAll(async () => {
	await ensureKcat();
	server = await start();
}, START_MS);
afterAll(async () => await server[Symbol.asyncDispose]());

const existing = (name: string): Source => ({ kind: 'existing', name });
const here = () => ({ brokers: addressOf(server) });
const theirs = () => new Kafka({ clientId: 'theirs', brokers: [addressOf(server)], logLevel: logLevel.NOTHING });

describe('a topic of others', () => {
	it('is read in the order of its keys, tombstones and bytes included, and stays as it is', async () => {
		await makeTopic(server, 'legacy.orders', 3);
		const messages = times(30, (n) => ({
			key: `customer-${n % 5}`,
			value: JSON.stringify({ n }),
			headers: { region: 'eu' },
		}));
		const bytes = Buffer.from([0xff, 0x00, 0xfe]);
		await produce('legacy.orders', [
			...messages,
			{ key: 'gone', value: null },
			{ key: Buffer.from([0xfe, 0xff]), value: bytes },
		]);

		await using bus = rigOn(here());
		const from = existing('legacy.orders');
		const one = await bus.consume({ from, start: EARLIEST, order: 'key', provision: 'create' });
		await until('all are done', () => one.factsOf('done').length === 32);
		const payloads = one.runs.map(({ event: { payload } }) => payload);
		expect(payloads).toContainEqual(null);
		expect(payloads).toContainEqual({ data_base64: bytes.toString('base64') });
		for (const key of times(5, (n) => `customer-${n}`)) {
			const ofKey = one.runs.filter(({ event: { metadata } }) => metadata.ordering_key === key);
			const numbers = ofKey.map((run) => numberOf(run.event));
			expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
			expect(numbers).toHaveLength(6);
		}
		await using admin = await adminOf(server);
		const names = (await admin.listTopics()).filter((name) => name.startsWith('legacy.'));
		expect(names.toSorted()).toEqual(['legacy.orders', 'legacy.orders..group..retry.0']);
		const resources = [{ type: ConfigResourceTypes.TOPIC, name: 'legacy.orders' }];
		const [described] = (await admin.describeConfigs({ includeSynonyms: false, resources })).resources;
		const changed = described?.configEntries.filter(({ configSource }) => configSource === ConfigSource.TOPIC_CONFIG);
		expect(changed).toEqual([]);
	});

	it('gets what we publish where their own clients put the same key', async () => {
		await makeTopic(server, 'legacy.keys', 7);
		const keys = times(20, (n) => `kunde-${n}-ü`);
		await using bus = rigOn(here());
		await bus.publish(
			existing('legacy.keys'),
			keys.map((key) => event({ key })),
			{ provision: 'verify' },
		);
		const kcat = new Kcat(server, { partitioner: 'murmur2_random' });
		for (const key of keys) await kcat.produce('legacy.keys', { key, body: '{}' });
		const partitions = await partitionsByKey('legacy.keys', 40);
		expect([...partitions.keys()].toSorted()).toEqual(keys.toSorted());
		for (const [, found] of partitions) expect(found.size).toBe(1);
	});

	it('shows committed transactions and hides those that were aborted', async () => {
		await makeTopic(server, 'legacy.transactions', 1);
		const producer = theirs().producer({ transactionalId: 'theirs', maxInFlightRequests: 1, idempotent: true });
		await producer.connect();
		for (const [n, ends] of [
			[1, 'commit'],
			[2, 'abort'],
			[3, 'commit'],
			[4, 'abort'],
		] as const) {
			const transaction = await producer.transaction();
			await transaction.send({ topic: 'legacy.transactions', messages: [{ value: JSON.stringify({ n }) }] });
			await transaction[ends]();
		}
		await producer.disconnect();
		await using bus = rigOn(here());
		const from = existing('legacy.transactions');
		const one = await bus.consume({ from, start: EARLIEST });
		await until('both are done', () => one.factsOf('done').length === 2);
		expect(one.runs.map((run) => numberOf(run.event))).toEqual([1, 3]);
		await until('nothing is left, markers included', async () => (await bus.groupState(from))?.backlog === 0);
	});

	it('that is not there is not made', async () => {
		await using bus = rigOn(here());
		const from = existing('legacy.nowhere');
		expect(await errorOf(bus.consume({ from, provision: 'create' }))).toMatchObject({ code: 'not-found' });
		expect(await errorOf(bus.publish(from, [event()]))).toMatchObject({ code: 'not-found' });
		const channel = bus.channel();
		expect(await errorOf(bus.consume({ from: channel, provision: 'verify' }))).toMatchObject({ code: 'not-found' });
		await using admin = await adminOf(server);
		expect(await admin.listTopics()).not.toContain('legacy.nowhere');
	});
});

describe('a new group starts', () => {
	const from = existing('legacy.history');
	let times10: readonly number[] = [];

	beforeAll(async () => {
		await makeTopic(server, 'legacy.history', 1);
		times10 = times(10, (n) => Date.now() - 10_000 + n * 1000);
		const messages = times10.map((time, n) => ({ value: JSON.stringify({ n }), timestamp: String(time) }));
		await produce('legacy.history', messages);
	});

	it.each([
		['at the earliest', () => ({ at: 'earliest' }) as const, times(10, (n) => n)],
		['at the latest', () => ({ at: 'latest' }) as const, []],
		['at a time', () => ({ at: 'time', time: (times10[6] ?? 0) - 500 }) as const, [6, 7, 8, 9]],
		['after an offset', () => ({ at: 'cursor', cursor: '0:7' }) as const, [8, 9]],
	])('%s', async (_says, startOf, expected) => {
		await using bus = rigOn(here());
		const one = await bus.consume({ from, group: `g${expected.length}`, start: startOf() });
		await until('they are done', () => one.factsOf('done').length >= expected.length);
		expect(one.runs.map((run) => numberOf(run.event))).toEqual(expected);
	});

	it('nowhere else', async () => {
		await using bus = rigOn(here());
		for (const cursor of ['9:1', 'abc', '']) {
			const error = await errorOf(bus.consume({ from, group: 'other', start: { at: 'cursor', cursor } }));
			expect(error).toMatchObject({ code: 'settings', hint: expect.any(String) });
		}
	});
});

describe.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('%s', (compression) => {
	const bodies = [Buffer.from('{}'), Buffer.alloc(300_000, 'compressible '), randomBytes(150_000)];

	it('what the server compresses is read', async () => {
		// It does so with the libraries of the Java client.
		await makeTopic(server, `java.to.us.${compression}`, 1, { 'compression.type': compression });
		await using bus = rigOn(here());
		await bus.publishRaw(existing(`java.to.us.${compression}`), bodies);
		expect(await read(`java.to.us.${compression}`, bodies.length)).toEqual(bodies.map(digest));
	});

	it('what we compress is read by the server', async () => {
		// To store it without compression it must read it.
		await makeTopic(server, `us.to.java.${compression}`, 1, { 'compression.type': 'uncompressed' });
		await using bus = rigOn({ ...here(), compression });
		await bus.publishRaw(existing(`us.to.java.${compression}`), bodies);
		expect(await read(`us.to.java.${compression}`, bodies.length)).toEqual(bodies.map(digest));
	});

	it('what we compress is read by librdkafka, and what it compresses by us', async () => {
		await makeTopic(server, `rd.${compression}`, 1);
		await using bus = rigOn({ ...here(), compression });
		await bus.publishRaw(existing(`rd.${compression}`), bodies);
		const kcat = new Kcat(server, { 'compression.codec': compression });
		expect(digest(await kcat.consumeBytes(`rd.${compression}`, bodies.length))).toBe(digest(Buffer.concat(bodies)));
		for (const body of bodies) await kcat.produce(`rd.${compression}`, { body });
		expect(await read(`rd.${compression}`, bodies.length * 2)).toEqual([...bodies, ...bodies].map(digest));
	});
});

describe('sizes', () => {
	it('of a batch only the entry that is too large fails, and the order stays', async () => {
		await makeTopic(server, 'legacy.small', 1, { 'max.message.bytes': '10000' });
		await using bus = rigOn(here());
		// All together are more than the topic takes at once.
		const batch = times(40, (n) => event({ key: 'k', payload: { n, text: 'x'.repeat(n === 17 ? 20_000 : 500) } }));
		const from = existing('legacy.small');
		const outcomes = await bus.tryToPublish(from, batch);
		expect(outcomes.flatMap((outcome, index) => (outcome.ok ? [] : [index]))).toEqual([17]);
		expect(outcomes[17]).toMatchObject({
			error: { code: 'too-large', hint: expect.stringContaining('max.message.bytes') },
		});
		const one = await bus.consume({ from, start: EARLIEST });
		await until('the others are done', () => one.factsOf('done').length === 39);
		expect(one.ids).toEqual(idsOf(batch).filter((_id, index) => index !== 17));
	});

	it('a message as large as its topic takes can fail, be tried again and become a dead letter', async () => {
		await makeTopic(server, 'legacy.large', 1);
		await using bus = rigOn(here());
		const from = existing('legacy.large');
		bus.owns('legacy.large');
		await bus.publishRaw(from, [JSON.stringify({ text: 'x'.repeat(1_048_300) })]);
		const retry = { maxAttempts: 2, backoff: { initialMs: 100, factor: 1, maxMs: 100, jitter: 0 } };
		const one = await bus.consume({ from, start: EARLIEST, retry, handle: () => fails('y'.repeat(900)) });
		await until('a dead letter', async () => (await bus.deadLetters(from)).length === 1);
		expect(one.runs.map(({ delivery }) => delivery.attempt)).toEqual([1, 2]);
	});
});

describe('topics of ours', () => {
	it('are made as the credential says', async () => {
		await using bus = rigOn({ ...here(), partitions: 2, replicationFactor: 1 });
		const channel = bus.channel();
		await bus.publish(channel, events(1));
		expect((await bus.inspect(channel)).native).toMatchObject({ partitions: 2 });
	});

	it('and not at all when the cluster cannot', async () => {
		await using bus = rigOn({ ...here(), replicationFactor: 3 });
		const error = await errorOf(bus.publish(bus.channel(), events(1)));
		expect(error).toMatchObject({ code: 'settings', hint: expect.stringContaining('replicas') });
	});
});

/** By a client of others, in one batch a partition. */
async function produce(topic: string, messages: Message[]): Promise<void> {
	// Without sequences it stores a batch twice now and then, when the topic has just been made.
	const producer = theirs().producer({ idempotent: true });
	await producer.connect();
	await producer.send({ topic, messages });
	await producer.disconnect();
}

/** Of the bodies of a topic with one partition, as we read them. */
async function read(topic: string, count: number): Promise<readonly string[]> {
	await using bus = rigOn(here());
	const subscription = await bus.subscribe(existing(topic), { start: EARLIEST, maxInFlight: 100 });
	return (await takeMessages(bus, subscription, count)).map(({ body }) => digest(body));
}

/** To compare much at once. */
function digest(bytes: Uint8Array): string {
	return createHash('sha256').update(bytes).digest('hex');
}

/** In which partitions each key of a topic is. */
async function partitionsByKey(topic: string, count: number): Promise<ReadonlyMap<string, ReadonlySet<number>>> {
	const consumer = theirs().consumer({ groupId: `looks-at-${topic}` });
	const found = new Map<string, Set<number>>();
	let seen = 0;
	await consumer.connect();
	await consumer.subscribe({ topic, fromBeginning: true });
	await consumer.run({
		eachMessage: async ({ partition, message }) => {
			const key = message.key?.toString() ?? '';
			found.set(key, (found.get(key) ?? new Set()).add(partition));
			seen += 1;
			await Promise.resolve();
		},
	});
	await until('all are seen', () => seen >= count, 20_000);
	await consumer.disconnect();
	return found;
}

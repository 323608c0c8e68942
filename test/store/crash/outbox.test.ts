/**
 * The outbox and kill -9: what was stored to be published is published, in order, and once for each inbox.
 */
import assert from 'node:assert/strict';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrokerConnection } from '../../../src/broker/types';
import { type EventBus, openEventBus } from '../../../src/eventBus';
import { freePort } from '../../../scripts/n8n/freePort';
import { startRedis } from '../../../scripts/servers/redis';
import type { EventEnvelope } from '../../../src/event/envelope';
import { assertSame } from '../../conformance/same';
import { pause, times, until } from '../../conformance/waiting';
import { MovableClock } from '../../embedded/rig';
import { Child } from './child';
import { type Addresses, byStream, CHANNEL, orderEvents, OutboxOffice } from './outboxOffice';
import type { OutboxBrief, OutboxReport } from './outboxProcess';

const STREAMS = 4;
/** Publishes that a relay lives to see. */
const CONFIRMED = 19;
/** Longer than the lease that a killed relay leaves behind. */
const LEASE_IS_OVER_MS = 21_000;
const ARRIVED_WITHIN_MS = 40_000;
/** A copy would have come by then. */
const NO_MORE_MS = 300;

describe('outbox and kill -9', () => {
	let folder = '';
	beforeEach(async () => {
		folder = await mkdtemp(join(await realpath(tmpdir()), 'event-bus-outbox-'));
	});
	afterEach(async () => await rm(folder, { recursive: true, force: true }));

	const at = (instance: string): Addresses => ({
		storeUrl: `sqlite:${join(folder, 'store.db')}`,
		busUrl: `sqlite:${join(folder, 'bus.db')}`,
		instance,
	});
	const child = (instance: string, brief: Omit<OutboxBrief, keyof Addresses>) =>
		new Child<OutboxReport>(join(__dirname, 'outboxProcess.js'), { ...at(instance), ...brief });

	it('publishes what a process stored that died before it could publish', async () => {
		await using stack = new AsyncDisposableStack();
		const arrivals = stack.use(await Arrivals.at(at('test').busUrl, ['billing', 'shipping']));
		const dying = stack.use(child('a', { streams: 5, count: 100, then: 'die' }));
		assert.equal(await dying.ended(), 'SIGKILL');

		const office = stack.use(new OutboxOffice(at('b')));
		assert.equal(await office.waiting(), 100);
		assert.equal(arrivals.count, 0);
		stack.defer(office.relay.watch());
		await arrivals.assertAll(office, 100);
	});

	it.each([
		{ then: 'die-publishing', when: 'before the broker was asked', extra: 0 },
		{ then: 'die-published', when: 'before it could note what the broker has stored', extra: STREAMS },
	] as const)('goes on where a relay was killed in the middle, $when', async ({ then, extra }) => {
		await using stack = new AsyncDisposableStack();
		const arrivals = stack.use(await Arrivals.at(at('test').busUrl, ['billing', 'shipping']));
		const dying = stack.use(child('a', { streams: STREAMS, count: 600, then, confirmed: CONFIRMED }));
		assert.equal(await dying.ended(), 'SIGKILL');

		const storeClock = new MovableClock();
		const office = stack.use(new OutboxOffice(at('b'), { storeClock }));
		// One event of each stream at a time.
		const noted = CONFIRMED * STREAMS;
		assert.equal(await office.waiting(), 600 - noted);
		await until('what the broker has stored arrives', () => arrivals.count === noted + extra);
		// The next relay waits until it is sure that the first is gone.
		storeClock.advance(LEASE_IS_OVER_MS);
		stack.defer(office.relay.watch());
		await arrivals.assertAll(office, 600);
	});

	it('keeps order and loses nothing when several processes append to the same streams and relay', async () => {
		await using stack = new AsyncDisposableStack();
		const arrivals = stack.use(await Arrivals.at(at('test').busUrl, ['billing']));
		const brief = { streams: 4, count: 80, then: 'relay' } as const;
		const children = times(3, (n) => stack.use(child(`process-${n}`, brief)));
		const published: string[] = [];
		const through = (connection: BrokerConnection): BrokerConnection => ({
			...connection,
			publish: async (...call) => {
				published.push(...call[1].map(({ id }) => id));
				return await connection.publish(...call);
			},
		});
		const offices = times(2, (n) => stack.use(new OutboxOffice(at(`test-${n}`), { through })));
		for (const { relay } of offices) stack.defer(relay.watch());

		const [office] = offices;
		assert.ok(office);
		await arrivals.assertAll(office, 3 * 80);
		const reports = () => children.flatMap((one) => one.reports);
		const allSent = () => reports().filter(({ kind }) => kind === 'all sent');
		await until('every process knows that its events are out', () => allSent().length === children.length);
		const byOthers = reports().flatMap((report) => (report.kind === 'publishes' ? report.ids : []));
		assert.equal(published.length + byOthers.length, 3 * 80, 'Nobody publishes what somebody else publishes');
	});

	it('waits for a broker that is away, and publishes when it is there', async () => {
		await using stack = new AsyncDisposableStack();
		const port = await freePort(0);
		const busUrl = `redis://127.0.0.1:${port}`;
		const office = stack.use(new OutboxOffice({ ...at('a'), busUrl }));
		const positions = await office.append(orderEvents('a', { streams: 3, count: 30 }));
		const signal = new AbortController().signal;
		assert.equal(await office.relay.relay(positions, 2_000, signal), 'waiting');
		assert.equal(await office.waiting(), 30);

		stack.use(await startRedis({ port }));
		const arrivals = stack.use(await Arrivals.at(busUrl, ['billing']));
		await arrivals.assertAll(office, 30);
		assert.equal(await office.relay.relay(positions, 2_000, signal), 'sent');
	});
});

/** What consumers of the bus were given, each with an inbox of its own. */
class Arrivals implements AsyncDisposable {
	private constructor(
		private readonly bus: EventBus,
		private readonly byGroup: ReadonlyMap<string, readonly EventEnvelope[]>,
	) {}

	static async at(busUrl: string, groups: readonly string[]): Promise<Arrivals> {
		const bus = openEventBus(busUrl, { source: 'test' });
		const byGroup = new Map<string, EventEnvelope[]>();
		for (const group of groups) {
			const received: EventEnvelope[] = [];
			byGroup.set(group, received);
			const start = { at: 'committed', otherwise: { at: 'earliest' } } as const;
			const settings = { types: ['#'], group, channel: CHANNEL, order: 'key', start } as const;
			await bus.consume(settings, async (event) => {
				received.push(event);
			});
		}
		return new Arrivals(bus, byGroup);
	}

	/** Of the group that has the fewest. */
	get count(): number {
		return Math.min(...[...this.byGroup.values()].map(({ length }) => length));
	}

	/** Every group is given every stored event once, those of a stream in its order; and nothing waits any more. */
	async assertAll(office: OutboxOffice, count: number): Promise<void> {
		await until('every event arrives', () => this.count >= count, ARRIVED_WITHIN_MS);
		await until('the outbox is empty', async () => (await office.waiting()) === 0);
		await pause(NO_MORE_MS);
		const stored = await office.stored();
		for (const received of this.byGroup.values()) {
			assert.equal(received.length, count);
			const streams = byStream(received);
			assert.equal(streams.size, stored.size);
			for (const [stream, ids] of stored)
				assertSame(
					streams.get(stream)?.map(({ event_id }) => event_id),
					ids,
				);
		}
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.bus.close();
	}
}

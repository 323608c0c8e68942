import { setTimeout as sleep } from 'node:timers/promises';
import { createEvent } from '../event/createEvent';
import type { EventEnvelope } from '../event/envelope';
import { systemClock } from '../kernel/clock';
import { EventBusError } from '../kernel/errors';
import { silentLogger } from '../kernel/logger';
import { MovableClock } from '../../test/embedded/rig';
import type { StoreEngine } from '../store/engine';
import { DEFAULT_POLICY } from './policy';
import { TrailRecorder } from './recorder';
import type { ConsumerFact } from '../consumer/types';
import type { TrailFact } from './types';
import type { RecordedEntry } from '../store/sql/trail';

const WHERE = { broker: 'embedded', channel: 'events', at: 0 };
const away = new EventBusError('unreachable', 'The store is away');

/** A store that takes what it is given, unless it is told to fail. */
class Sink {
	readonly clock = new MovableClock();
	readonly written: RecordedEntry[] = [];
	readonly warnings: string[] = [];
	calls = 0;
	error: Error | null = null;
	answersAfterMs = 0;
	/** Steps of forgetting that have more to do. */
	old = 0;

	readonly recorder = new TrailRecorder(
		{
			borrowStore: async () =>
				await Promise.resolve({ connection: this.engine, [Symbol.asyncDispose]: async () => await Promise.resolve() }),
			clock: this.clock,
			logger: { ...silentLogger, warn: (message) => void this.warnings.push(message) },
			random: () => 0,
		},
		{ policy: DEFAULT_POLICY, retentionMs: 1000, maxBytes: 1e9 },
	);

	private readonly engine = {
		write: async (command: string, args: { readonly entries: readonly RecordedEntry[] }) => {
			this.calls += 1;
			if (this.answersAfterMs > 0) await sleep(this.answersAfterMs);
			if (this.error) throw this.error;
			if (command === 'forgetTrail') return (this.old -= 1) > 0;
			this.written.push(...args.entries);
			return undefined;
		},
	} as unknown as StoreEngine;

	publish(count: number): void {
		this.recorder.published(events(count), WHERE);
	}
}

function events(count: number): EventEnvelope[] {
	const context = { now: systemClock.now(), defaultSource: 'shop', cause: null };
	return Array.from({ length: count }, () => createEvent({ type: 'order.created', payload: {} }, context));
}

function givenUp(event: EventEnvelope): ConsumerFact {
	const tries = { attempt: 5, max_attempts: 5, redrives: 0 };
	const where = { broker: 'embedded', channel: 'events', group: 'payments', position: '1', received_at: '' };
	const delivery = { ...where, ...tries };
	const why = { reason: 'max_attempts', error: 'No money', run: {} } as const;
	return { kind: 'dead-letter', at: 0, eventId: event.event_id, event, delivery, ...why };
}

let sink: Sink;
beforeEach(() => {
	sink = new Sink();
});
afterEach(async () => {
	await sink.recorder[Symbol.asyncDispose]();
});

const until = async (condition: () => boolean) => {
	for (let waited = 0; !condition() && waited < 5000; waited += 10) await sleep(10);
	expect(condition()).toBe(true);
};

describe('the recorder', () => {
	it('writes by itself, a moment later, what came together', async () => {
		sink.publish(3);
		await sleep(20);
		sink.publish(2);
		expect(sink.calls).toBe(0);
		await until(() => sink.written.length === 5);
		expect(sink.calls).toBe(1);
	});

	it('writes at once what fills a batch, and rests between batches', async () => {
		sink.answersAfterMs = 20;
		const startedAt = performance.now();
		sink.publish(1000);
		await sleep(100);
		expect(sink.calls).toBe(1);
		await until(() => sink.written.length === 1000);
		// 49 times as long as the first batch took.
		expect(performance.now() - startedAt).toBeGreaterThan(450);
	});

	it('writes everything when it is asked to, without rests', async () => {
		sink.publish(2300);
		expect(await sink.recorder.flush(5000)).toBe(true);
		expect(sink.written).toHaveLength(2300);
		expect(await sink.recorder.flush(5000)).toBe(true);
	});

	it('does not wait longer than it is told to', async () => {
		sink.answersAfterMs = 300;
		sink.publish(1);
		expect(await sink.recorder.flush(50)).toBe(false);
		expect(sink.written).toEqual([]);
		await until(() => sink.written.length === 1);
	});

	it('keeps what it cannot write, says so once a minute, and writes it when the store is back', async () => {
		sink.error = away;
		sink.publish(10);
		expect(await sink.recorder.flush(1000)).toBe(false);
		expect(await sink.recorder.flush(1000)).toBe(false);
		expect(sink.warnings).toEqual([expect.stringContaining('10 facts wait: The store is away')]);
		sink.clock.advance(61_000);
		expect(await sink.recorder.flush(1000)).toBe(false);
		expect(sink.warnings).toHaveLength(2);
		sink.error = null;
		sink.publish(1);
		expect(await sink.recorder.flush(1000)).toBe(true);
		expect(sink.written).toHaveLength(11);
	});

	it('keeps no more than it may, and says how many facts are lost', async () => {
		sink.error = away;
		sink.publish(100_000);
		const { waiting, lost } = sink.recorder.counts;
		expect(waiting).toBeLessThanOrEqual(20_000);
		expect(lost).toBe(100_000 - waiting);
		expect(sink.warnings).toEqual([expect.stringMatching(new RegExp(`^${lost} facts of the event trail are lost`))]);
		sink.error = null;
		sink.clock.advance(61_000);
		expect(await sink.recorder.flush(10_000)).toBe(true);
		expect(sink.recorder.counts).toEqual({ waiting: 0, written: waiting, lost });
	});

	it('remembers whole stories while more happens than it can write, and everything that was given up', async () => {
		const stories = events(30_000);
		for (const event of stories) sink.recorder.published([event], WHERE);
		for (const event of stories) sink.recorder.published([event], { ...WHERE, channel: 'more' });
		const [given] = stories;
		if (!given) throw new Error('There are no events');
		sink.recorder.consumed(givenUp(given), { service: 'payments', workflowId: null });
		expect(await sink.recorder.flush(10_000)).toBe(true);
		const told = (wanted: (fact: TrailFact) => boolean) =>
			sink.written.filter(({ facts }) => facts.some(wanted)).map(({ event }) => event.eventId);
		const first = told(({ channel }) => channel === 'events');
		const later = told(({ channel }) => channel === 'more');
		expect(later.length).toBeGreaterThan(500);
		expect(later.filter((id) => !first.includes(id))).toEqual([]);
		expect(told(({ kind }) => kind === 'dead-letter')).toEqual([given.event_id]);
	});

	it('gives a batch up that the store refuses again and again', async () => {
		sink.error = new EventBusError('storage', 'There is something odd in it');
		sink.publish(3);
		for (let n = 0; n < 5; n += 1) expect(await sink.recorder.flush(1000)).toBe(false);
		expect(sink.recorder.counts.waiting).toBe(0);
		sink.error = null;
		sink.publish(1);
		expect(await sink.recorder.flush(1000)).toBe(true);
		expect(sink.written).toHaveLength(1);
	});

	it('never fails by what it is told', () => {
		const hostile = { event_id: 'e', source: 's', payload: 1n, metadata: {} } as unknown as EventEnvelope;
		expect(() => sink.recorder.published([hostile], WHERE)).not.toThrow();
		expect(sink.recorder.counts.waiting).toBe(0);
	});

	it('forgets in steps until nothing is old', async () => {
		sink.old = 4;
		expect(await sink.recorder.forget()).toBe(4);
		sink.error = away;
		expect(await sink.recorder.forget()).toBe(0);
	});
});

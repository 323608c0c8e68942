import { call, EVENTS, message, messages, publishing, read, Rig } from '../../../test/embedded/rig';
import type { BrokerConnection } from '../../broker/types';

let rig: Rig;
let bus: BrokerConnection;

beforeEach(async () => {
	rig = await Rig.create();
	bus = await rig.connect();
});
afterEach(async () => await rig[Symbol.asyncDispose]());

it('gives every group each message, as it was published', async () => {
	const one = await read(bus, { group: 'one' });
	const two = await read(bus, { group: 'two' });
	const sent = message('e1', { headers: { a: 'ü' }, orderingKey: 'k', expiresAt: Date.now() + 60_000 });
	const [outcome] = await bus.publish(EVENTS, [sent], publishing());
	expect(outcome).toMatchObject({ ok: true, matched: 'yes' });
	for (const reading of [one, two]) {
		const [delivery] = await reading.take(1);
		expect(delivery?.message).toEqual({ ...sent, body: new Uint8Array(sent.body) });
		expect(delivery).toMatchObject({ receives: 1, lane: 'k', cursor: outcome?.ok ? outcome.cursor : '' });
	}
});

it('gives each message to one consumer of a group only', async () => {
	const other = await rig.connect();
	const readings = [await read(bus), await read(bus), await read(other)];
	for (const part of [0, 1, 2, 3, 4, 5]) {
		await bus.publish(
			EVENTS,
			messages(50).map((one) => ({ ...one, id: `${part}-${one.id}` })),
			publishing(),
		);
	}
	const seen: string[] = [];
	await Promise.all(
		readings.map(async (reading) => {
			for (let batch = await reading.batch(500); batch !== null; batch = await reading.batch(500)) {
				seen.push(...batch.map((delivery) => delivery.message.id));
				await reading.ack(batch);
			}
		}),
	);
	expect(seen).toHaveLength(300);
	expect(new Set(seen).size).toBe(300);
});

it('says whether a group wants a message, and passes a type it cannot judge', async () => {
	await read(bus, { types: ['order.*@1.*', 'payment.#'] });
	const sent = [
		message('wanted'),
		message('other-version', { headers: { 'eb-event-version': '2.0' } }),
		message('other-type', { type: 'stock.changed' }),
		message('foreign', { type: '', headers: {} }),
		message('no-version', { headers: {} }),
	];
	const outcomes = await bus.publish(EVENTS, sent, publishing());
	expect(outcomes.map((outcome) => outcome.ok && outcome.matched)).toEqual(['yes', 'no', 'no', 'yes', 'yes']);
});

it('refuses only the message that is too large', async () => {
	const outcomes = await bus.publish(
		EVENTS,
		[message('a'), message('huge', { body: new Uint8Array(17 * 1024 * 1024) }), message('b')],
		publishing(),
	);
	expect(outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.error.code))).toEqual(['ok', 'too-large', 'ok']);
});

it('wakes a parked consumer at once after a publish in the same process', async () => {
	const reading = await read(bus);
	const taking = reading.take(1);
	await new Promise((resolve) => setTimeout(resolve, 300));
	const publishedAt = performance.now();
	await bus.publish(EVENTS, [message('e1')], publishing());
	await taking;
	expect(performance.now() - publishedAt).toBeLessThan(1500);
});

it('never delivers before the time a publish asks for', async () => {
	const reading = await read(bus);
	const notBefore = Date.now() + 700;
	await bus.publish(EVENTS, [message('later', { notBefore }), message('now')], publishing());
	expect(await reading.ids(1)).toEqual(['now']);
	expect(await reading.ids(1)).toEqual(['later']);
	expect(Date.now()).toBeGreaterThanOrEqual(notBefore);
});

it('keeps a retry for its delay, with its headers, while others go on', async () => {
	const reading = await read(bus);
	await bus.publish(EVENTS, [message('bad'), message('good')], publishing());
	const [bad, good] = await reading.take(2);
	if (!bad || !good) throw new Error('not delivered');
	const dueAt = Date.now() + 500;
	await reading.settle([bad], { as: 'retry', delayMs: 500, headers: { 'eb-failures': '1' } });
	await reading.ack([good]);
	const [again] = await reading.take(1);
	expect(Date.now()).toBeGreaterThanOrEqual(dueAt);
	expect(again).toMatchObject({ receives: 2, message: { id: 'bad' } });
	expect(again?.message.headers).toEqual({ 'eb-event-version': '1.0', 'eb-failures': '1' });
});

it.each([
	['retry', 2],
	['defer', 1],
] as const)('counts a hand-out after %s as %d', async (as, receives) => {
	const reading = await read(bus);
	await bus.publish(EVENTS, [message('e')], publishing());
	await reading.settle(await reading.take(1), { as, delayMs: 0, headers: {} });
	expect((await reading.take(1))[0]?.receives).toBe(receives);
});

it('puts a released message back into its old place, fifty times, without counting it', async () => {
	const reading = await read(bus, { batch: { size: 1, waitMs: 0 } });
	await bus.publish(EVENTS, [message('first'), message('second')], publishing());
	for (let round = 0; round < 50; round += 1) {
		const [delivery] = await reading.take(1);
		expect(delivery).toMatchObject({ receives: 1, message: { id: 'first' } });
		expect(await reading.settle(delivery ? [delivery] : [], { as: 'release' })).toEqual(['ok']);
	}
	expect(await reading.ids(2)).toEqual(['first', 'second']);
});

it('hands a message out again when its lease ends, and refuses the settlement of the one who lost it', async () => {
	const slow = await read(bus, { leaseMs: 300 });
	await bus.publish(EVENTS, [message('e')], publishing());
	const lost = await slow.take(1);
	await slow.subscription.pause();
	const quick = await read(bus);
	const [again] = await quick.take(1);
	expect(again).toMatchObject({ receives: 2, message: { id: 'e' } });
	expect(await slow.ack(lost)).toEqual(['lease-lost']);
	expect(await quick.ack(again ? [again] : [])).toEqual(['ok']);
	expect(await quick.ack(again ? [again] : [])).toEqual(['lease-lost']);
});

it('keeps a message while its lease is extended', async () => {
	const holder = await read(bus, { leaseMs: 400 });
	const other = await read(bus);
	await bus.publish(EVENTS, [message('e')], publishing());
	const taken = await Promise.race([holder.take(1), other.take(1).then(() => null)]);
	const [reading, rival] = taken === null ? [other, holder] : [holder, other];
	const held = taken ?? [];
	if (reading === other) return expect(await rival.batch(200)).toBeNull();
	for (let round = 0; round < 6; round += 1) {
		const [outcome] = await holder.subscription.extend(held, 400, call());
		expect(outcome?.ok).toBe(true);
		await new Promise((resolve) => setTimeout(resolve, 150));
	}
	expect(await rival.batch(1)).toBeNull();
	expect(await reading.ack(held)).toEqual(['ok']);
});

it('hands out no more than maxInFlight until something is settled', async () => {
	const reading = await read(bus, { maxInFlight: 3, batch: { size: 2, waitMs: 0 } });
	await bus.publish(EVENTS, messages(5), publishing());
	const held = await reading.take(3);
	expect(held).toHaveLength(3);
	expect(await reading.batch(300)).toBeNull();
	await reading.ack(held.slice(0, 1));
	expect(await reading.take(1)).toHaveLength(1);
});

it('waits for a batch to fill, and hands out a part of it when the wait is over', async () => {
	const reading = await read(bus, { batch: { size: 10, waitMs: 600 } });
	const taking = reading.batch();
	await bus.publish(EVENTS, messages(4), publishing());
	await bus.publish(EVENTS, messages(6), publishing());
	expect(await taking).toHaveLength(10);
	const startedAt = Date.now();
	await bus.publish(EVENTS, messages(3), publishing());
	expect(await reading.batch()).toHaveLength(3);
	expect(Date.now() - startedAt).toBeGreaterThanOrEqual(599);
});

it('takes nothing while it is paused, and goes on after', async () => {
	const reading = await read(bus);
	await reading.subscription.pause();
	const taking = reading.batch(500);
	await bus.publish(EVENTS, [message('e')], publishing());
	expect(await taking).toBeNull();
	await reading.subscription.resume();
	expect(await reading.ids(1)).toEqual(['e']);
});

it('ends its batches on drain, and still settles what is held', async () => {
	const reading = await read(bus);
	await bus.publish(EVENTS, messages(2), publishing());
	const held = await reading.take(2);
	const parked = reading.batch();
	await reading.subscription.drain(call());
	expect(await parked).toBeNull();
	await bus.publish(EVENTS, [message('later')], publishing());
	expect(await reading.batch(200)).toBeNull();
	expect(await reading.ack(held)).toEqual(['ok', 'ok']);
});

it('gives back what it holds when it is disposed, in the old order', async () => {
	const first = await read(bus);
	await bus.publish(EVENTS, messages(3), publishing());
	await first.take(3);
	await first[Symbol.asyncDispose]();
	const second = await read(bus);
	const deliveries = await second.take(3);
	expect(deliveries.map(({ message: { id }, receives }) => [id, receives])).toEqual([
		['e0', 1],
		['e1', 1],
		['e2', 1],
	]);
});

it('loses and repeats nothing of 10,000 messages', async () => {
	const readings = [await read(bus), await read(bus)];
	const sending = (async () => {
		for (let part = 0; part < 20; part += 1) {
			const batch = messages(500).map((one, index) => ({ ...one, id: String(part * 500 + index) }));
			await bus.publish(EVENTS, batch, publishing());
		}
	})();
	const seen: number[] = [];
	await Promise.all(
		readings.map(async (reading) => {
			while (seen.length < 10_000) {
				const batch = await reading.batch(500);
				if (batch === null) continue;
				seen.push(...batch.map((delivery) => Number(delivery.message.id)));
				await reading.ack(batch);
			}
		}),
	);
	await sending;
	expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 10_000 }, (_none, index) => index));
});

import { EVENTS, message, publishing, read, Rig } from '../../../test/embedded/rig';
import type { BrokerConnection, Delivery } from '../../broker/types';

let rig: Rig;
let bus: BrokerConnection;

beforeEach(async () => {
	rig = await Rig.create();
	bus = await rig.connect();
});
afterEach(async () => await rig[Symbol.asyncDispose]());

async function publishKeys(...ids: readonly string[]): Promise<void> {
	await bus.publish(
		EVENTS,
		ids.map((id) => message(id, { orderingKey: id.charAt(0) })),
		publishing(),
	);
}

const idsOf = (deliveries: readonly Delivery[]) => deliveries.map(({ message: { id } }) => id);

it('hands the later events of a key to nobody but the holder of the earlier ones', async () => {
	const one = await read(bus, { ordered: true, batch: { size: 1, waitMs: 0 } });
	await publishKeys('a1', 'a2', 'b1', 'a3');
	const [a1] = await one.take(1);
	const two = await read(bus, { ordered: true });
	expect(await two.ids(1)).toEqual(['b1']);
	expect(await two.batch(300)).toBeNull();
	expect(a1?.message.id).toBe('a1');
	expect(await one.ids(2)).toEqual(['a2', 'a3']);
});

it('frees a key for others when its last held event is settled', async () => {
	const one = await read(bus, { ordered: true, maxInFlight: 1 });
	await publishKeys('a1', 'a2');
	const held = await one.take(1);
	await one.subscription.pause();
	const two = await read(bus, { ordered: true });
	const taking = two.ids(1);
	await one.ack(held);
	expect(await taking).toEqual(['a2']);
});

it('holds the later events of a key back while an earlier one waits for its retry', async () => {
	const reading = await read(bus, { ordered: true, batch: { size: 1, waitMs: 0 } });
	await publishKeys('a1', 'a2', 'b1');
	const first = await reading.take(1);
	await reading.settle(first, { as: 'retry', delayMs: 500, headers: {} });
	const rest = await reading.take(3);
	expect(idsOf(rest)).toEqual(['b1', 'a1', 'a2']);
});

it('does not hand out an earlier event of a key while another consumer holds a later one', async () => {
	const one = await read(bus, { ordered: true });
	await publishKeys('a1', 'a2');
	const [a1, a2] = await one.take(2);
	if (!a1 || !a2) throw new Error('not delivered');
	await one.subscription.pause();
	await one.settle([a1], { as: 'release' });
	const two = await read(bus, { ordered: true });
	expect(await two.batch(300)).toBeNull();
	await one.settle([a2], { as: 'release' });
	expect(await two.ids(2)).toEqual(['a1', 'a2']);
});

it('keeps the order of sixteen keys over three consumers, with never two consumers on one key', async () => {
	const readings = await Promise.all([0, 1, 2].map(async () => await read(bus, { ordered: true, maxInFlight: 8 })));
	const keys = Array.from({ length: 16 }, (_none, index) => String.fromCharCode('a'.charCodeAt(0) + index));
	for (let number = 0; number < 30; number += 1) await publishKeys(...keys.map((key) => `${key}${number}`));
	const seen = new Map(keys.map((key) => [key, [] as number[]]));
	const holders = new Map<string, { reader: number; count: number }>();
	let total = 0;
	await Promise.all(
		readings.map(async (reading, reader) => {
			while (total < 480) {
				const batch = await reading.batch(300);
				if (batch === null) continue;
				for (const {
					message: { id },
				} of batch) {
					const key = id.charAt(0);
					const holder = holders.get(key);
					if (holder && holder.count > 0) expect(holder.reader).toBe(reader);
					holders.set(key, { reader, count: (holder?.count ?? 0) + 1 });
					seen.get(key)?.push(Number(id.slice(1)));
				}
				await new Promise((resolve) => setTimeout(resolve, 2));
				total += batch.length;
				for (const {
					message: { id },
				} of batch) {
					const holder = holders.get(id.charAt(0));
					if (holder) holder.count -= 1;
				}
				await reading.ack(batch);
			}
		}),
	);
	const inOrder = Array.from({ length: 30 }, (_none, index) => index);
	for (const [key, numbers] of seen) expect([key, numbers]).toEqual([key, inOrder]);
});

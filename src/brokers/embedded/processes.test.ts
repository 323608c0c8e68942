import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Child, isReady, numbered, tookSome } from '../../../test/embedded/children';
import { EVENTS, message, messages, publishing, read, Rig } from '../../../test/embedded/rig';
import type { BrokerConnection } from '../../broker/types';

let rig: Rig;
let bus: BrokerConnection;

beforeEach(async () => {
	rig = await Rig.create();
	bus = await rig.connect();
});
afterEach(async () => await rig[Symbol.asyncDispose]());

const isLocked = (report: unknown): report is string => report === 'locked';
const isPublished = (report: unknown): report is string => report === 'published';

it('shares a file between processes: nothing is lost, nothing comes twice', async () => {
	await (await read(bus))[Symbol.asyncDispose]();
	await using other = new Child('readerProcess', rig.file, 'ack');
	await using publisher = new Child('publisherProcess', rig.file, '0', '300');
	await other.report(isReady);
	const reading = await read(bus, { batch: { size: 20, waitMs: 0 }, maxInFlight: 20 });
	await bus.publish(EVENTS, numbered(300, 300), publishing());
	await publisher.report(isPublished);
	// Who is quicker may take more; both must get some.
	await other.report(tookSome);
	const ours: string[] = [];
	for (let silent = 0; silent < 3 && ours.length + other.taken().length < 600;) {
		const batch = await reading.batch(1000);
		if (batch === null) {
			silent += 1;
			continue;
		}
		ours.push(...batch.map(({ message: { id } }) => id));
		await reading.ack(batch);
	}
	const all = [...ours, ...other.taken()].map(Number).sort((a, b) => a - b);
	expect(all).toEqual(Array.from({ length: 600 }, (_none, index) => index));
	expect(other.taken().length).toBeGreaterThan(0);
});

it('sees what another process publishes while it waits', async () => {
	const reading = await read(bus);
	const taking = reading.ids(10);
	await using publisher = new Child('publisherProcess', rig.file, '0', '10');
	await publisher.exited();
	expect((await taking).map(Number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

it('frees what a killed process held as soon as somebody subscribes, and counts the hand-out', async () => {
	await (await read(bus))[Symbol.asyncDispose]();
	await bus.publish(EVENTS, messages(5), publishing());
	await using holder = new Child('readerProcess', rig.file, 'hold', '600000');
	await holder.report(tookSome);
	const survivor = await read(bus);
	expect(await survivor.batch(300)).toBeNull();
	await holder.kill();
	await survivor[Symbol.asyncDispose]();
	const next = await read(await rig.connect());
	await read(bus);
	const freed = await next.take(5);
	expect(freed.map(({ receives }) => receives)).toEqual([2, 2, 2, 2, 2]);
});

it('takes what a killed process held when its heartbeat is missed, without anybody doing anything', async () => {
	await (await read(bus))[Symbol.asyncDispose]();
	await bus.publish(EVENTS, messages(5), publishing());
	await using holder = new Child('readerProcess', rig.file, 'hold', '600000');
	await holder.report(tookSome);
	const survivor = await read(bus);
	await holder.kill();
	expect(await survivor.take(5, 15_000)).toHaveLength(5);
});

it('lets a killed process be replaced by one that reads other types', async () => {
	await using dead = new Child('readerProcess', rig.file);
	await dead.report(isReady);
	await expect(read(bus, { types: ['other.*'] })).rejects.toMatchObject({ code: 'conflict' });
	await dead.kill();
	await expect(read(bus, { types: ['other.*'] })).resolves.toBeDefined();
});

it('removes the ephemeral group of a killed process', async () => {
	await using dead = new Child('readerProcess', rig.file, 'hold', '30000', 'ephemeral');
	await dead.report(isReady);
	await dead.kill();
	const groups = async () => {
		const options = { signal: new AbortController().signal, timeoutMs: 5000 };
		return (await bus.topology.inspect([EVENTS], options))[0]?.groups.length;
	};
	for (let round = 0; round < 150 && (await groups()) !== 0; round += 1) {
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
	expect(await groups()).toBe(0);
});

it('never blocks the event loop and loses nothing while another process holds the write lock', async () => {
	const reading = await read(bus);
	await using holder = new Child('lockHolder', rig.file, '1500');
	await holder.report(isLocked);
	const delay = monitorEventLoopDelay({ resolution: 5 });
	delay.enable();
	const startedAt = performance.now();
	const publishes = messages(50).map(async (one) => await bus.publish(EVENTS, [one], publishing()));
	// Reads go on meanwhile: the thread does not wait inside SQLite.
	expect((await bus.health({ signal: new AbortController().signal, timeoutMs: 1000 })).status).toBe('up');
	expect(performance.now() - startedAt).toBeLessThan(1000);
	const outcomes = (await Promise.all(publishes)).flat();
	delay.disable();
	expect(performance.now() - startedAt).toBeGreaterThan(1000);
	expect(outcomes.every(({ ok }) => ok)).toBe(true);
	// A loaded machine may steal some time; the lock would cost 1.5 s at once.
	expect(delay.max / 1e6).toBeLessThan(500);
	expect(await reading.ids(50)).toHaveLength(50);
});

it('gives up with a timeout, and writes nothing later, when the lock is held for too long', async () => {
	const reading = await read(bus);
	await using holder = new Child('lockHolder', rig.file, '1500');
	await holder.report(isLocked);
	const publish = bus.publish(EVENTS, [message('late')], { ...publishing(), timeoutMs: 300 });
	await expect(publish).rejects.toMatchObject({ code: 'timeout' });
	await holder.exited();
	await bus.publish(EVENTS, [message('next')], publishing());
	expect(await reading.ids(1)).toEqual(['next']);
});

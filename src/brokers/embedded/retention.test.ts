import { call, EVENTS, message, type MovableClock, publishing, read, Rig } from '../../../test/embedded/rig';
import type { BrokerConnection, ChannelState, GroupState } from '../../broker/types';
import { silentLogger } from '../../kernel/logger';
import { openSqliteFile } from '../../sqlite/file';
import { join } from 'node:path';
import type { sqliteModule } from './brokerModule';

const HOUR_MS = 60 * 60 * 1000;
const BIG = new Uint8Array(50_000);

let rig: Rig;
let bus: BrokerConnection;

beforeEach(async () => {
	rig = await Rig.create();
	bus = await rig.connect({ maxFileMegabytes: 2 });
});
afterEach(async () => await rig[Symbol.asyncDispose]());

/** The janitor's round, at the time of the test's clock. */
async function sweep(clock: MovableClock): Promise<void> {
	await using file = await openSqliteFile(rig.file, silentLogger, call());
	const port = await file.use<typeof sqliteModule>(join(__dirname, 'brokerModule.js'), clock, call());
	while (await port.write('sweep', {}, call())) continue;
}

async function channel(): Promise<ChannelState | undefined> {
	return (await bus.topology.inspect([EVENTS], call()))[0];
}

async function group(name = 'group'): Promise<GroupState | undefined> {
	return (await channel())?.groups.find((state) => state.group === name);
}

async function leaveGroup(more: Parameters<typeof read>[1] = {}): Promise<void> {
	await (await read(bus, more))[Symbol.asyncDispose]();
}

it('keeps settled history for the retention, and no longer', async () => {
	const reading = await read(bus, { retentionMs: HOUR_MS });
	await bus.publish(EVENTS, [message('e')], publishing());
	await reading.ack(await reading.take(1));
	rig.clock.advance(HOUR_MS / 2);
	await sweep(rig.clock);
	expect(await channel()).toMatchObject({ messages: 1, oldestMs: null });
	rig.clock.advance(HOUR_MS);
	await sweep(rig.clock);
	expect(await channel()).toMatchObject({ messages: 0 });
});

it('counts what retention takes from a group, and leaves what is not due yet', async () => {
	const reading = await read(bus, { retentionMs: HOUR_MS, maxInFlight: 1, leaseMs: 5 * HOUR_MS });
	const notBefore = rig.clock.now() + 10 * HOUR_MS;
	await bus.publish(EVENTS, [message('held'), message('old'), message('delayed', { notBefore })], publishing());
	const held = await reading.take(1);
	rig.clock.advance(2 * HOUR_MS);
	await bus.publish(EVENTS, [message('young')], publishing());
	await sweep(rig.clock);
	expect(await group()).toMatchObject({ expired: 1, backlog: 2, inFlight: 1 });
	expect(await reading.ack(held)).toEqual(['ok']);
	expect(await reading.ids(1)).toEqual(['young']);
});

it('announces when an abandoned group goes, and removes it then', async () => {
	await leaveGroup({ retentionMs: HOUR_MS });
	const state = await group();
	expect(state?.removedAt).toBe(Number(state?.lastReadAt) + HOUR_MS);
	rig.clock.advance(HOUR_MS / 2);
	await sweep(rig.clock);
	expect(await group()).toBeDefined();
	rig.clock.advance(HOUR_MS);
	await sweep(rig.clock);
	expect(await group()).toBeUndefined();
});

it('does not remove a group that somebody reads, however quiet it is', async () => {
	const reading = await read(bus, { retentionMs: HOUR_MS });
	rig.clock.advance(3 * HOUR_MS);
	await sweep(rig.clock);
	expect(await group()).toMatchObject({ consumers: 1, removedAt: null });
	await bus.publish(EVENTS, [message('e')], publishing());
	expect(await reading.ids(1)).toEqual(['e']);
});

it('makes room at the size cap by removing settled history, oldest first', async () => {
	const reading = await read(bus);
	for (let number = 0; number < 100; number += 1) {
		await bus.publish(EVENTS, [message(`e${number}`, { body: BIG })], publishing());
		await reading.ack(await reading.take(1));
	}
	const replay = await read(bus, { group: 'replay', start: { at: 'earliest' } });
	const left = await replay.ids(100, 500);
	expect(left.length).toBeGreaterThan(0);
	expect(left.at(-1)).toBe('e99');
});

it('refuses to publish at the cap when everything is unread, and takes more once something is settled', async () => {
	const reading = await read(bus);
	const stored: string[] = [];
	const fill = async () => {
		for (let number = 0; number < 100; number += 1) {
			const id = `e${stored.length}`;
			await bus.publish(EVENTS, [message(id, { body: BIG })], publishing());
			stored.push(id);
		}
	};
	await expect(fill()).rejects.toMatchObject({ code: 'storage', hint: expect.stringContaining('size limit') });
	expect(stored.length).toBeGreaterThan(10);
	const unread = await reading.take(stored.length);
	expect(unread.map(({ message: { id } }) => id)).toEqual(stored);
	await reading.ack(unread);
	rig.clock.advance(5_000);
	await expect(bus.publish(EVENTS, [message('more', { body: BIG })], publishing())).resolves.toHaveLength(1);
});

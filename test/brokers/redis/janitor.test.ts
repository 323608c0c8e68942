/**
 * Retention: what nobody needs any more goes, and nothing that anybody still needs.
 */
import type { Server } from '../../../scripts/servers/server';
import type { Delivery } from '../../../src/broker/types';
import { openLink, type RedisLink } from '../../../src/brokers/redis/client';
import { ServerFacts } from '../../../src/brokers/redis/serverFacts';
import { readSettings } from '../../../src/brokers/redis/settings';
import { Janitor } from '../../../src/brokers/redis/streams/janitor';
import { Registry } from '../../../src/brokers/redis/streams/registry';
import { systemClock } from '../../../src/kernel/clock';
import { silentLogger } from '../../../src/kernel/logger';
import { events } from '../../conformance/events';
import { pause, until } from '../../conformance/waiting';
import { redisCli } from '../../interop/redisCli';
import { addressOf, rigOn, start } from './redisBus';

/** Redis trims whole nodes of its tree, of so many entries. */
const NODE = 100;

let server: Server;
let link: RedisLink;
beforeAll(async () => {
	server = await start();
	const host = { logger: silentLogger, clock: systemClock, clientName: 'janitor', signal: AbortSignal.timeout(10_000) };
	link = await openLink(readSettings({ addresses: addressOf(server) }), host);
});
afterAll(async () => {
	link.close();
	await server[Symbol.asyncDispose]();
});

const rig = () => rigOn({ addresses: addressOf(server) });
const lengthOf = async (stream: string) => Number(await redisCli(server, 'XLEN', stream));

async function tidy({ keepMs = 0, warnings = [] }: { keepMs?: number; warnings?: string[] } = {}): Promise<void> {
	const logger = { ...silentLogger, warn: (message: string) => warnings.push(message) };
	const facts = new ServerFacts(link, logger);
	const janitor = new Janitor({ link, registry: new Registry(link), facts, logger, keepMs });
	await janitor.tidy();
	await janitor.stop();
}

it('trims what every group has settled, and no entry that one has not read or holds', async () => {
	await using bus = rig();
	const channel = bus.channel();
	const fast = await bus.consume({ from: channel, group: 'fast', maxInFlight: 100 });
	const slow = await bus.subscribe(channel, { group: 'slow', maxInFlight: 1, batch: { size: 1, waitMs: 0 } });
	await bus.publish(channel, events(5 * NODE));
	await until('one group has settled all', () => fast.factsOf('done').length === 5 * NODE);
	await pause(10);
	await tidy();
	expect(await lengthOf(channel.channel)).toBe(5 * NODE);

	// The other holds its first entry, although it reads on behind it.
	await slow[Symbol.asyncDispose]();
	const reader = await bus.subscribe(channel, {
		group: 'slow',
		maxInFlight: 5 * NODE,
		batch: { size: NODE, waitMs: 0 },
	});
	const held: Delivery[] = [];
	for await (const deliveries of reader.batches()) {
		held.push(...deliveries);
		if (held.length === 5 * NODE) break;
	}
	const settle = async (deliveries: readonly Delivery[]) => {
		await reader.settle(
			deliveries.map((delivery) => ({ delivery, as: 'ack' })),
			bus.call(),
		);
	};
	await settle(held.slice(1));
	await tidy();
	expect(await lengthOf(channel.channel)).toBe(5 * NODE);

	await settle(held.slice(0, 1));
	await tidy({ keepMs: 60_000 });
	expect(await lengthOf(channel.channel)).toBe(5 * NODE);
	await pause(10);
	await tidy();
	expect(await lengthOf(channel.channel)).toBeLessThanOrEqual(NODE);
});

it('trims for no group of somebody else what that one has not read', async () => {
	await using bus = rig();
	const channel = bus.channel();
	const ours = await bus.consume({ from: channel, maxInFlight: 100 });
	await redisCli(server, 'XGROUP', 'CREATE', channel.channel, 'theirs', '0');
	await bus.publish(channel, events(3 * NODE));
	await until('ours has settled all', () => ours.factsOf('done').length === 3 * NODE);
	await pause(10);
	await tidy();
	expect(await lengthOf(channel.channel)).toBe(3 * NODE);
});

it('never trims a stream of somebody else, nor skips what is old in it', async () => {
	await using bus = rig();
	const stream = 'legacy:kept';
	for (let n = 1; n <= 5; n += 1) await redisCli(server, 'XADD', stream, `${n}-1`, 'n', String(n));
	const from = { kind: 'existing', name: stream } as const;
	const start = { at: 'committed', otherwise: { at: 'earliest' } } as const;
	await (await bus.subscribe(from, { start, retentionMs: 1000 }))[Symbol.asyncDispose]();
	await tidy();
	expect(await lengthOf(stream)).toBe(5);
	const one = await bus.consume({ from, retentionMs: 1000 });
	await until('all five run', () => one.runs.length === 5);
});

it('counts what waited longer than the retention, and says so', async () => {
	await using bus = rig();
	const channel = bus.channel();
	// A member that lives and takes nothing.
	await bus.subscribe(channel, { retentionMs: 1000 });
	await bus.publish(channel, events(3));
	await pause(1200);
	const warnings: string[] = [];
	await tidy({ warnings });
	expect(warnings.join('\n')).toContain('did not read 3 events within its retention');
	expect(await bus.groupState(channel)).toMatchObject({ expired: 3, backlog: 0 });
});

it('announces the end of a group that nobody reads, and removes it then', async () => {
	await using bus = rig();
	const channel = bus.channel();
	await (await bus.subscribe(channel, { retentionMs: 2000 }))[Symbol.asyncDispose]();
	await bus.publish(channel, events(3));
	await pause(1100);
	const warnings: string[] = [];
	await tidy({ warnings });
	expect(warnings.join('\n')).toContain('is not read by anybody');
	expect((await bus.groupState(channel))?.backlog).toBe(3);
	await pause(1100);
	await tidy({ warnings });
	expect(warnings.join('\n')).toContain('is removed, with 3 unread events');
	expect(await bus.groupState(channel)).toBeNull();
});

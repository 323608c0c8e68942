/**
 * A broker that is away for a moment: publishing waits for it, unless it never was there.
 */
import { ConnectionPool } from '../../src/broker/connectionPool';
import { systemClock } from '../../src/kernel/clock';
import { silentLogger } from '../../src/kernel/logger';
import { publishPersistently } from '../../src/publisher/persistently';
import { events } from './events';
import { memoryManifest } from './memory/memoryBroker';
import { MemoryServer } from './memory/memoryServer';

const channel = { kind: 'channel', channel: 'events' } as const;

function setUp() {
	const server = new MemoryServer();
	const manifest = memoryManifest(server);
	const pool = new ConnectionPool({ logger: silentLogger, clock: systemClock, clientName: 'test' });
	const lender = {
		borrow: async () => await pool.borrow(manifest, {}),
		hasAnswered: () => pool.hasAnswered(manifest, {}),
	};
	const publish = async (timeoutMs: number) =>
		await publishPersistently(lender, channel, events(3), {
			format: 'event-bus',
			provision: 'create',
			capabilities: manifest.capabilities,
			signal: new AbortController().signal,
			timeoutMs,
			clock: systemClock,
			random: Math.random,
		});
	const stored = () => server.topic(channel, 'create').log.size;
	return { server, pool, publish, stored };
}

describe('publishing', () => {
	it('waits for a broker that is away for a moment', async () => {
		const { server, pool, publish, stored } = setUp();
		await publish(5000);
		server.setState('down');
		setTimeout(() => server.setState('up'), 400);
		const outcomes = await publish(5000);
		expect(outcomes.map(({ ok }) => ok)).toEqual([true, true, true]);
		expect(stored()).toBe(6);
		await pool.close();
	});

	it('fails at once on a broker that never answered', async () => {
		const { server, pool, publish } = setUp();
		server.setState('down');
		const startedAt = Date.now();
		const outcomes = await publish(20_000);
		expect(outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.error.code))).toEqual(
			Array.from({ length: 3 }, () => 'unreachable'),
		);
		expect(Date.now() - startedAt).toBeLessThan(5000);
		await pool.close();
	});

	it('gives up when its time is over, and stores nothing later', async () => {
		const { server, pool, publish, stored } = setUp();
		await publish(5000);
		server.setState('down');
		const outcomes = await publish(600);
		expect(outcomes.every(({ ok }) => !ok)).toBe(true);
		server.setState('up');
		await systemClock.sleep(300, new AbortController().signal);
		expect(stored()).toBe(3);
		await pool.close();
	});
});

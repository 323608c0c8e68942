/**
 * Our side of a Redis that a test has started: a rig for publishing and consuming on it.
 */
import { ensureRedisServer } from '../../../scripts/toolchain/redisServer';
import { startRedis, type RedisOptions } from '../../../scripts/servers/redis';
import type { Server } from '../../../scripts/servers/server';
import { checkSettings } from '../../../src/broker/settings';
import type { BrokerManifest, Native } from '../../../src/broker/types';
import { redisStreams } from '../../../src/brokers/redis/streams/manifest';
import { peacefulBroker } from '../../conformance/peacefulBroker';
import { Rig } from '../../conformance/rig';
import { ensureRedisCli } from '../../interop/redisCli';

export async function start(options: RedisOptions = {}): Promise<Server> {
	await ensureRedisServer(() => undefined);
	await ensureRedisCli();
	return await startRedis(options);
}

/** What it opens is closed with `await using`; the channels it used are removed. */
export function rigOn(settings: Native, manifest: BrokerManifest = redisStreams): Rig {
	const checked = checkSettings(manifest, settings);
	return new Rig(
		peacefulBroker(manifest, () => checked),
		'redis',
	);
}

export function addressOf({ host, port }: Pick<Server, 'host' | 'port'>): string {
	return `${host}:${port}`;
}

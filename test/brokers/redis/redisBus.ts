/**
 * Our side of a Redis that a test has started: a rig for publishing and consuming on it.
 */
import { ensureRedisServer } from '../../../scripts/toolchain/redisServer';
import { startRedis, type RedisOptions } from '../../../scripts/servers/redis';
import type { Server } from '../../../scripts/servers/server';
import { checkSettings } from '../../../src/broker/settings';
import type { BrokerManifest, Native } from '../../../src/broker/types';
import { redisStreams } from '../../../src/brokers/redis/streams/manifest';
import { toEventBusError, type EventBusError } from '../../../src/kernel/errors';
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
		{
			manifest,
			start: async () => await Promise.resolve(),
			stop: async () => await Promise.resolve(),
			settings: () => checked,
			features: {
				restart: null,
				network: null,
				processes: null,
				lockStorage: null,
				ephemeralGoneMs: 0,
				retentionMs: null,
			},
		},
		'redis',
	);
}

export function addressOf({ host, port }: Pick<Server, 'host' | 'port'>): string {
	return `${host}:${port}`;
}

/** @throws Error when it succeeds */
export async function errorOf(work: Promise<unknown>): Promise<EventBusError> {
	const outcome = await work.then(
		() => null,
		(error: unknown) => toEventBusError(error, 'testing'),
	);
	if (outcome === null) throw new Error('It succeeded');
	return outcome;
}

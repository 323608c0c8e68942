/**
 * Redis, storing every write before it answers.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../n8n/freePort';
import { ensureRedisServer } from '../toolchain/redisServer';
import { HOST, runningServer } from './runningServer';
import type { Server, ServerOptions, ServerRecipe } from './server';
import { serverFolder } from './serverFolder';
import { accepts, ServerProcess } from './serverProcess';

export const redisStreamsServer = recipe('redis-streams', 'redis');
export const redisPubSubServer = recipe('redis-pubsub', 'redis-pubsub');

function recipe(kind: string, scheme: string): ServerRecipe {
	return {
		kind,
		title: 'Redis',
		ensure: async (log) => {
			await ensureRedisServer(log);
		},
		start: async (options) => await start(scheme, options),
	};
}

async function start(scheme: string, { folder, port }: ServerOptions = {}): Promise<Server> {
	return await startRedis({ scheme, ...(folder !== undefined && { folder }), ...(port !== undefined && { port }) });
}

export interface RedisOptions extends Pick<ServerOptions, 'folder' | 'port'> {
	readonly scheme?: string;
	/** As in redis.conf, over what is set here. */
	readonly settings?: Readonly<Record<string, string | number>>;
	/** As one sentinel of several, with this text as its redis.conf. */
	readonly sentinel?: string;
}

/** Only after `ensure`. */
export async function startRedis(options: RedisOptions = {}): Promise<Server> {
	const { scheme = 'redis', folder: given, port: wanted, sentinel } = options;
	const command = await ensureRedisServer(() => undefined);
	const folder = await serverFolder('redis', given);
	const port = wanted ?? (await freePort(0));
	const settings = {
		port,
		bind: HOST,
		dir: folder.path,
		...(sentinel === undefined && { appendonly: 'yes', appendfsync: 'always', save: '' }),
		...options.settings,
	};
	const settingArgs = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
	const sentinelFile = join(folder.path, 'sentinel.conf');
	// A sentinel keeps what it learns in its configuration.
	if (sentinel !== undefined) await writeFile(sentinelFile, sentinel);
	const process = new ServerProcess({
		title: 'Redis',
		command,
		args: sentinel === undefined ? settingArgs : [sentinelFile, '--sentinel', ...settingArgs],
		cwd: folder.path,
		logFile: join(folder.path, 'redis.log'),
		isReady: async () => await accepts(port),
	});
	return await runningServer({
		process,
		folder,
		port,
		url: (through) => `${scheme}://${HOST}:${through}`,
	});
}

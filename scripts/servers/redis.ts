/**
 * Redis, storing every write before it answers.
 */
import { join } from 'node:path';
import { freePort } from '../n8n/freePort';
import { ensureRedisServer } from '../toolchain/redisServer';
import type { Server, ServerOptions, ServerRecipe } from './server';
import { serverFolder } from './serverFolder';
import { accepts, ServerProcess } from './serverProcess';

const HOST = '127.0.0.1';

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

async function start(scheme: string, { folder: given, port: wanted }: ServerOptions = {}): Promise<Server> {
	const command = await ensureRedisServer(() => undefined);
	const folder = await serverFolder('redis', given);
	const port = wanted ?? (await freePort(0));
	const settings = { port, bind: HOST, dir: folder.path, appendonly: 'yes', appendfsync: 'always', save: '' };
	const process = new ServerProcess({
		title: 'Redis',
		command,
		args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
		cwd: folder.path,
		logFile: join(folder.path, 'redis.log'),
		isReady: async () => await accepts(port),
	});
	try {
		await process.start();
	} catch (error) {
		await folder.release();
		throw error;
	}
	return {
		host: HOST,
		port,
		url: (through = port) => `${scheme}://${HOST}:${through}`,
		stop: async () => await process.stop(),
		kill: async () => await process.kill(),
		startAgain: async () => await process.start(),
		[Symbol.asyncDispose]: async () => {
			await process.kill();
			await folder.release();
		},
	};
}

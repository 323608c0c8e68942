/**
 * A Redis: to carry events, and for n8n's queue mode its jobs.
 */
import type { Log } from './log';
import { ensureProgram } from './systemProgram';

/** @returns the executable. @throws SetupError */
export async function ensureRedisServer(log: Log): Promise<string> {
	return await ensureProgram(
		{ title: 'Redis', variable: 'REDIS_SERVER', names: ['redis-server'], debianPackage: 'redis-server' },
		log,
	);
}

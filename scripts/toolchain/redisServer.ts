/**
 * A Redis for n8n's queue mode. It carries n8n's own jobs; our events do not need it.
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

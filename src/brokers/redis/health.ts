/**
 * How Redis is: one look, without a new link.
 */
import type { CallOptions, HealthReport } from '../../broker/types';
import { redisError } from './errors';
import type { RedisLink } from './client';
import { describeServer } from './serverFacts';

/** @param needsDisk whether a restart of a server without an append-only file would lose events */
export async function healthOf(
	link: RedisLink,
	call: CallOptions,
	{ needsDisk }: { readonly needsDisk: boolean },
): Promise<HealthReport> {
	const startedAt = performance.now();
	const latencyMs = () => Math.round(performance.now() - startedAt);
	try {
		const { detail, isDurable } = await describeServer(link, call);
		if (!needsDisk || isDurable !== false) return { status: 'up', latencyMs: latencyMs(), detail };
		const loss = 'without an append-only file: a restart loses events (set appendonly yes)';
		return { status: 'degraded', latencyMs: latencyMs(), detail: `${detail}, ${loss}` };
	} catch (error) {
		return {
			status: 'down',
			latencyMs: latencyMs(),
			detail: 'Redis',
			error: redisError(error, 'checking the connection'),
		};
	}
}

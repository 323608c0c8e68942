/**
 * How Redis is: one look, without a new link.
 */
import { healthReport } from '../../broker/healthReport';
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
	const toError = (cause: unknown) => redisError(cause, 'checking the connection');
	return await healthReport('Redis', toError, async () => {
		const { detail, isDurable } = await describeServer(link, call);
		if (!needsDisk || isDurable !== false) return { status: 'up', detail };
		const loss = 'without an append-only file: a restart loses events (set appendonly yes)';
		return { status: 'degraded', detail: `${detail}, ${loss}` };
	});
}

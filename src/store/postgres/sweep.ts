/**
 * Forgets what is over. One process does it for all of them, whichever comes first.
 */
import type { CallOptions } from '../../broker/types';
import type { Clock } from '../../kernel/clock';
import { messageOf } from '../../kernel/errors';
import type { Logger } from '../../kernel/logger';
import { forgetChanges } from '../sql/documents';
import { forgetProcessed } from '../sql/inbox';
import { takeLease } from '../sql/leases';
import type { StoreContext } from '../sql/context';
import type { Steps } from '../sql/steps';
import type { Link } from './link';
import { inTransaction, workOf } from './transaction';

const SWEEP_EVERY_MS = 5 * 60 * 1000;
/** Rows in one transaction: few enough that nobody waits long for it. */
const FORGET_AT_ONCE = 1000;
const CALL_TIMEOUT_MS = 30_000;

export interface SweepHost {
	readonly clock: Clock;
	readonly logger: Logger;
	/** Of this process and engine, for the lease. */
	readonly owner: string;
}

/** Returns how to end it. */
export function startSweeping(link: Link, host: SweepHost): () => void {
	const ending = new AbortController();
	const sweepQuietly = async () => {
		const call = { signal: ending.signal, timeoutMs: CALL_TIMEOUT_MS };
		await sweep(link, host, call).catch((error: unknown) => {
			if (!ending.signal.aborted) host.logger.debug(`Housekeeping of the event store failed: ${messageOf(error)}`);
		});
	};
	const timer = setInterval(() => void sweepQuietly(), SWEEP_EVERY_MS);
	timer.unref();
	return () => {
		clearInterval(timer);
		ending.abort();
	};
}

/** @returns false when another process has done it a moment ago */
export async function sweep(link: Link, { clock, owner }: SweepHost, call: CallOptions): Promise<boolean> {
	const run = async <T>(command: (context: StoreContext) => Steps<T>) => {
		const work = workOf(() => command({ now: clock.now() }));
		return await inTransaction(link, { name: 'cleaning up', work, atCommit: '' }, clock, call);
	};
	const leaseMs = SWEEP_EVERY_MS / 2;
	if (!(await run((context) => takeLease(context, { name: 'sweep', owner, leaseMs })))) return false;
	for (const forget of [forgetProcessed, forgetChanges]) {
		while (await run((context) => forget(context, { limit: FORGET_AT_ONCE })));
	}
	return true;
}

/**
 * What to do with a delivery before anything runs. Pure: everything it decides from is passed in.
 */
import type { Delivery } from '../broker/types';
import type { EventEnvelope } from '../event/envelope';
import type { FailureHistory } from './inbox';
import type { ConsumerSettings, DeadLetterReason } from './types';

export type Gate =
	| { readonly open: true }
	/** Not wanted, or too late: acknowledged without a run. */
	| { readonly open: false; readonly as: 'filtered' | 'expired' }
	| { readonly open: false; readonly as: 'defer'; readonly until: number }
	| { readonly open: false; readonly as: 'dead-letter'; readonly reason: DeadLetterReason; readonly error: string }
	/** An event, but not one this consumer understands. */
	| { readonly open: false; readonly as: 'bad-payload'; readonly error: string };

/** Deliveries of one message after which a crash loop is assumed; a release may count as a delivery (SQS, Redis). */
const MIN_CRASH_LOOP_DELIVERIES = 100;

export interface GateInput {
	readonly event: EventEnvelope;
	readonly delivery: Delivery;
	readonly carried: FailureHistory;
	readonly settings: Pick<ConsumerSettings, 'hopLimit' | 'retry' | 'payloadCheck'>;
	readonly matches: (type: string, version: string) => boolean;
	readonly now: number;
}

export function gate({ event, delivery, carried, settings, matches, now }: GateInput): Gate {
	if (!matches(event.event_type, event.event_version)) return { open: false, as: 'filtered' };
	const expiresAt = Date.parse(event.metadata.expires_at ?? '');
	if (expiresAt <= now || (delivery.message.expiresAt ?? Infinity) <= now) return { open: false, as: 'expired' };
	if (event.metadata.hops >= settings.hopLimit) {
		return {
			open: false,
			as: 'dead-letter',
			reason: 'hop_limit',
			error: `The event has ${event.metadata.hops} causes before it, and Hop Limit is ${settings.hopLimit}: do two workflows trigger each other?`,
		};
	}
	if (delivery.receives > Math.max(MIN_CRASH_LOOP_DELIVERIES, 5 * settings.retry.maxAttempts)) {
		return {
			open: false,
			as: 'dead-letter',
			reason: 'broker',
			error: `Delivered ${delivery.receives} times without a result: something ends the process before the run ends`,
		};
	}
	const misfit = settings.payloadCheck?.(event.payload) ?? null;
	if (misfit !== null) return { open: false, as: 'bad-payload', error: misfit };
	if (carried.notBefore !== null && carried.notBefore > now) {
		return { open: false, as: 'defer', until: carried.notBefore };
	}
	return { open: true };
}

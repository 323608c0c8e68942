/**
 * A message that was pulled, as a delivery and as what settles it.
 */
import type { Delivery } from '../../broker/types';
import { ACK_DEADLINE_SECONDS, type Leases } from './leases';
import type { Received } from './reader';
import type { Receipt } from './settling';
import { fromNative } from './wire';

export interface Fetched {
	readonly delivery: Delivery;
	readonly receipt: Receipt;
}

export interface Pull {
	/** Of the subscription it came from. */
	readonly leases: Leases;
	/** Milliseconds since the epoch. */
	readonly now: number;
	/** Whether the subscription keeps the order of a key. */
	readonly isOrdered: boolean;
}

/** It has the deadline of its subscription, which is never shorter than ours. */
export function fetchedOf(received: Received, { leases, now, isOrdered }: Pull): Fetched {
	const message = fromNative(received.message ?? {});
	const leaseUntil = now + ACK_DEADLINE_SECONDS * 1000;
	const delivery: Delivery = {
		message,
		// Only counted where somebody has set a dead letter policy.
		receives: Math.max(1, received.deliveryAttempt ?? 1),
		lane: isOrdered ? (message.orderingKey ?? '') : '',
		cursor: received.message?.messageId ?? '',
		leaseUntil,
	};
	const receipt = { ackId: received.ackId ?? '', leases, leaseUntil, isSettling: false, extending: null };
	return { delivery, receipt };
}

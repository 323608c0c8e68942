/**
 * A message that was pulled, as a delivery and as what settles it.
 */
import type { Delivery } from '../../broker/types';
import type { Leases } from './leases';
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
	/** What is sure already, milliseconds since the epoch. */
	readonly leaseUntil: number;
	/** Whether the subscription keeps the order of a key. */
	readonly isOrdered: boolean;
}

export function fetchedOf(received: Received, { leases, leaseUntil, isOrdered }: Pull): Fetched {
	const message = fromNative(received.message ?? {});
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

export function ackIdsOf(messages: readonly Received[]): readonly string[] {
	return messages.flatMap(({ ackId }) => ackId ?? []);
}

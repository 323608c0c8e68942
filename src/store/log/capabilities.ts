/**
 * What the event store can do as a broker.
 */
import type { BrokerCapabilities } from '../../broker/types';
import { DEFAULT_LIMITS } from '../../event/limits';

export const LOG_CAPABILITIES: BrokerCapabilities = {
	delivery: 'at-least-once',
	ack: 'in-order',
	delayedRetryMaxMs: Number.MAX_SAFE_INTEGER,
	delayedPublishMaxMs: 0,
	// A parked event is looked for when it is due; this is for a loaded event loop.
	delayToleranceMs: 250,
	ordering: 'key',
	start: new Set(['committed', 'earliest', 'latest', 'time', 'cursor']),
	// One member reads, the others stand by.
	groups: false,
	headers: 'none',
	maxLeaseMs: null,
	replies: true,
	maxBatch: 500,
	maxBytes: DEFAULT_LIMITS.maxBytes,
	topology: new Set(),
	deadLetterListing: 'complete',
};

/**
 * The headers of our own that a message may carry, named `eb-…`.
 *
 * They speak of deliveries, not of the event: a service that knows nothing of them may ignore them.
 */
export const HEADER = {
	failures: 'eb-failures',
	firstFailureAt: 'eb-first-failure-at',
	lastFailureAt: 'eb-last-failure-at',
	lastError: 'eb-last-error',
	/** Not to be processed earlier, milliseconds since the epoch: delays longer than the broker can keep are chained. */
	notBefore: 'eb-not-before',
	redrives: 'eb-redrives',
	/** The id given to a foreign message at its first delivery. */
	eventId: 'eb-event-id',
	eventVersion: 'eb-event-version',
} as const;

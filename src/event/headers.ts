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

/** Of a dead letter: why it is one. Some brokers give a message up by themselves and say so in another way. */
export const DEAD_LETTER_HEADER = {
	reason: 'eb-dl-reason',
	error: 'eb-dl-error',
	attempts: 'eb-dl-attempts',
	channel: 'eb-dl-channel',
	group: 'eb-dl-group',
	at: 'eb-dl-at',
	firstFailureAt: 'eb-dl-first-failure-at',
	lastFailureAt: 'eb-dl-last-failure-at',
	workflowId: 'eb-dl-workflow-id',
	executionId: 'eb-dl-execution-id',
	position: 'eb-dl-position',
} as const;

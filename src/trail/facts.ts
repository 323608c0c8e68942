/**
 * What publishers and consumers report, as facts of the trail. Pure.
 */
import type { ConsumerFact } from '../consumer/types';
import type { EventEnvelope } from '../event/envelope';
import type { TrailFact } from './types';

export interface ReportedFact {
	readonly event: EventEnvelope;
	readonly fact: TrailFact;
}

/** Where an event was stored, and by whom it was handed over. */
export interface Publishing {
	readonly broker: string;
	readonly channel: string;
	/** Milliseconds since the epoch. */
	readonly at: number;
	/** Absent: whoever the event names as its source, and the run it names. */
	readonly by?: { readonly service: string; readonly workflowId: string | null; readonly executionId: string | null };
}

/** Whoever consumes: named as the source of what it publishes. */
export interface ConsumingService {
	readonly service: string;
	readonly workflowId: string | null;
}

/** An error message is no place for a page of HTML. */
const MAX_ERROR_LENGTH = 2000;

const NOTHING_WRONG = { error: null, reason: null, delayMs: null } as const;

export function publishedFact(event: EventEnvelope, { broker, channel, at, by }: Publishing): ReportedFact {
	const { workflow_id, execution_id } = event.metadata;
	const who = by ?? {
		service: event.source,
		workflowId: workflow_id ?? null,
		executionId: execution_id ?? null,
	};
	return {
		event,
		fact: { kind: 'published', at, broker, channel, group: null, attempt: null, ...who, ...NOTHING_WRONG },
	};
}

/** null: nothing that the trail tells of. */
export function consumerFact(reported: ConsumerFact, by: ConsumingService): ReportedFact | null {
	switch (reported.kind) {
		case 'started':
		case 'done':
		case 'handed-over':
		case 'duplicate':
		case 'expired':
			return factOf(reported, reported.kind, by);
		case 'retry':
			return factOf(reported, 'retry', by, { delayMs: reported.delayMs });
		case 'dead-letter':
		case 'discarded':
			// Bytes that are no event have no trail: their dead letter tells everything there is.
			if (reported.event === null) return null;
			return factOf({ ...reported, event: reported.event }, reported.kind, by, { reason: reported.reason });
		default:
			return null;
	}
}

type FactOfEvent = Extract<ConsumerFact, { readonly kind: 'started' | 'retry' }>;

function factOf(
	reported: Pick<FactOfEvent, 'at' | 'event' | 'delivery'> & {
		readonly error?: string;
		readonly run?: { readonly executionId?: string };
	},
	kind: TrailFact['kind'],
	{ service, workflowId }: ConsumingService,
	more: Partial<Pick<TrailFact, 'reason' | 'delayMs'>> = {},
): ReportedFact {
	const { at, event, delivery, error, run } = reported;
	const { broker, channel, group, attempt } = delivery;
	const executionId = run?.executionId ?? null;
	const about = { kind, at, broker, channel, group, attempt, service, workflowId, executionId };
	return {
		event,
		fact: { ...about, ...NOTHING_WRONG, ...more, error: error?.slice(0, MAX_ERROR_LENGTH) ?? null },
	};
}

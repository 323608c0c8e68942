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

type Publisher = Pick<TrailFact, 'service' | 'workflowId' | 'executionId'>;

/** Where events were stored, and by whom they were handed over. */
export interface Publishing {
	readonly broker: string;
	readonly channel: string;
	/** Milliseconds since the epoch. */
	readonly at: number;
	/** Absent: whoever the event names as its source, and the run it names. */
	readonly by?: Publisher;
}

/** Whoever consumes: named as the source of what it publishes. */
export interface ConsumingService {
	readonly service: string;
	readonly workflowId: string | null;
}

/** An error message is no place for a page of HTML. */
const MAX_ERROR_LENGTH = 2000;

const NOTHING_WRONG = { error: null, reason: null, delayMs: null } as const;

/** Events of one batch are told by one fact where it says the same of them: there may be thousands. */
export function publishedFacts(events: readonly EventEnvelope[], publishing: Publishing): readonly ReportedFact[] {
	let fact: TrailFact | null = null;
	return events.map((event) => {
		const by = publishing.by ?? publisherOf(event);
		if (fact === null || !isBy(fact, by)) {
			const { broker, channel, at } = publishing;
			fact = { kind: 'published', at, broker, channel, group: null, attempt: null, ...by, ...NOTHING_WRONG };
		}
		return { event, fact };
	});
}

function publisherOf({ source, metadata }: EventEnvelope): Publisher {
	return { service: source, workflowId: metadata.workflow_id ?? null, executionId: metadata.execution_id ?? null };
}

function isBy(fact: TrailFact, { service, workflowId, executionId }: Publisher): boolean {
	return fact.service === service && fact.workflowId === workflowId && fact.executionId === executionId;
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

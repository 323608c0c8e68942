/**
 * The event a node publishes: what the user gave, linked to what caused it.
 */
import type { IExecuteFunctions } from 'n8n-workflow';
import { createEvent, type EventEnvelope } from '../../src/event';
import type { Json } from '../../src/event/envelope';
import type { PayloadCheck } from '../../src/event/payloadSchema';
import { EventBusError } from '../../src/kernel/errors';
import type { Cause } from './cause';
import type { EventSettings } from './eventSettings';
import { placeOf, type PlaceContext } from './place';
import { workflowSource } from './workflowSource';

/** Enough to find the way back, and no more than a header or a log line bears. */
const MAX_CAUSES = 50;

export type NewEventContext = PlaceContext & Pick<IExecuteFunctions, 'getWorkflow' | 'getExecutionId'>;

/**
 * @param now milliseconds since the epoch
 * @throws EventBusError `settings` | `too-large`
 */
export function newEvent(
	context: NewEventContext,
	settings: EventSettings,
	cause: Cause,
	itemIndex: number,
	now: number,
): EventEnvelope {
	const { occurredAt, expiresAt, eventId, payloadCheck, ...given } = settings;
	const event = createEvent(
		{
			...given,
			id: eventId,
			occurredAt: isoTime(occurredAt),
			expiresAt: isoTime(expiresAt),
			correlationId: settings.correlationId ?? sharedCorrelation(cause),
		},
		{
			now,
			defaultSource: workflowSource(context),
			cause: cause.kind === 'event' ? cause.event : null,
			workflowId: context.getWorkflow().id,
			executionId: context.getExecutionId(),
			effect: placeOf(context, cause, itemIndex) ?? undefined,
		},
	);
	// Not before: only now it is what goes out, a date its text.
	mustFit(event.payload, payloadCheck);
	return cause.kind === 'several' ? withCauses(event, cause.events) : event;
}

function mustFit(payload: Json, check: PayloadCheck | null): void {
	const problem = check?.(payload) ?? null;
	if (problem === null) return;
	throw new EventBusError('settings', problem, { hint: 'Correct the payload, or the option Payload Schema' });
}

/** Several events of one story still tell which story it is. */
export function sharedCorrelation(cause: Cause): string | undefined {
	if (cause.kind !== 'several') return undefined;
	const [first, ...others] = new Set(cause.events.map((event) => event.metadata.correlation_id));
	return others.length === 0 ? first : undefined;
}

/** No single cause can be named, so all are; the causal depth goes on counting, or the loop guard would be lost. */
function withCauses(event: EventEnvelope, causes: readonly EventEnvelope[]): EventEnvelope {
	const hops = Math.max(...causes.map(({ metadata }) => metadata.hops)) + 1;
	const named = causes.slice(0, MAX_CAUSES).map(({ event_id }) => event_id);
	return { ...event, metadata: { ...event.metadata, hops, causes: named } };
}

function isoTime(time: number | undefined): string | undefined {
	return time === undefined ? undefined : new Date(time).toISOString();
}

/**
 * New events: defaults, correlation, causation and trace, in one place for every node and service.
 */
import { EventBusError } from '../kernel/errors';
import { canonicalJson } from './canonicalJson';
import type { EventEnvelope, Json } from './envelope';
import { derivedEventId, newCorrelationId, newEventId, timeOfEventId } from './ids';
import { isTimestamp } from './limits';
import { checkEnvelope } from './parseEnvelope';
import { plainJson } from './plainJson';
import { continueTrace, parseTraceparent } from './traceContext';
import { checkEventType, checkEventVersion } from './typePattern';

/** What the publisher says. An optional field that is absent or '' gets its default. */
export interface EventDraft {
	readonly type: string;
	/** Becomes plain JSON: a Date its ISO text. */
	readonly payload: unknown;
	/** Default '1.0'. */
	readonly version?: string | undefined;
	readonly source?: string | undefined;
	readonly subject?: string | undefined;
	readonly orderingKey?: string | undefined;
	readonly id?: string | undefined;
	/** A date and time with a time zone; default now. */
	readonly occurredAt?: string | undefined;
	/** Default: the cause's, else a new one. */
	readonly correlationId?: string | undefined;
	/** A date and time with a time zone. */
	readonly expiresAt?: string | undefined;
	readonly dataSchema?: string | undefined;
	readonly idempotencyKey?: string | undefined;
	/** Kept as it is. */
	readonly traceparent?: string | undefined;
	readonly tracestate?: string | undefined;
	readonly replyTo?: string | undefined;
}

export interface CreateContext {
	/** Milliseconds since the epoch. */
	readonly now: number;
	readonly defaultSource: string;
	/** The event delivered to this run; null: nothing caused it. */
	readonly cause: EventEnvelope | null;
	readonly workflowId?: string | undefined;
	readonly executionId?: string | undefined;
	/** Names the place in the workflow that publishes: node id, run index, which item of this cause. Must be the same when the run is repeated. */
	readonly effect?: readonly string[] | undefined;
}

/**
 * The event as it will be published.
 *
 * A caused event that names its place (`effect`) and gives no id gets a derived one: from the cause, the place, the type
 * and the payload. A run that was cut in the middle runs again, and then publishes the same events a second time; with the
 * same ids the groups behind it see each once. Were the id random, every crash would double what follows from it. Other
 * content is another event: a run that decides differently the second time is heard. The time in such an id is that of the
 * cause's id, and 1970 where that has none, since no other time is sure to be the same in both runs.
 *
 * @throws EventBusError `settings` | `too-large`
 */
export function createEvent(draft: EventDraft, context: CreateContext): EventEnvelope {
	const { now, cause } = context;
	const type = checkEventType(draft.type);
	const payload = plainJson(draft.payload, 'payload');
	const publishedAt = new Date(now).toISOString();
	const root = { correlation_id: draft.correlationId || newCorrelationId(now), hops: 0 };
	const document = {
		event_id: draft.id || idOf(type, payload, context),
		event_type: type,
		event_version: checkEventVersion(draft.version || '1.0'),
		occurred_at: utc(draft.occurredAt, 'Occurred At') ?? publishedAt,
		source: draft.source || context.defaultSource,
		subject: draft.subject,
		payload,
		metadata: {
			...(cause ? causedBy(cause, draft.correlationId) : root),
			timestamp: publishedAt,
			workflow_id: context.workflowId,
			execution_id: context.executionId,
			...traceOf(draft, cause),
			idempotency_key: draft.idempotencyKey,
			expires_at: utc(draft.expiresAt, 'Expires At'),
			data_schema: draft.dataSchema,
			ordering_key: draft.orderingKey,
			reply_to: draft.replyTo,
		},
	};
	return checkEnvelope(document, {
		eventId: () => newEventId(now),
		source: context.defaultSource,
		arrivedAt: publishedAt,
	});
}

function causedBy(cause: EventEnvelope, correlationId: string | undefined) {
	return {
		correlation_id: correlationId || cause.metadata.correlation_id,
		causation_id: cause.event_id,
		hops: cause.metadata.hops + 1,
	};
}

function idOf(type: string, payload: Json, { now, cause, effect }: CreateContext): string {
	if (!cause || !effect) return newEventId(now);
	const at = timeOfEventId(cause.event_id) ?? 0;
	return derivedEventId(at, ['effect', cause.source, cause.event_id, ...effect, type, canonicalJson(payload)]);
}

function traceOf(
	draft: EventDraft,
	cause: EventEnvelope | null,
): { traceparent: string; tracestate?: string | undefined } {
	if (draft.traceparent) {
		if (!parseTraceparent(draft.traceparent)) {
			throw new EventBusError('settings', `"${draft.traceparent.slice(0, 80)}" is not a W3C traceparent`, {
				hint: 'It looks like 00-<32 hex digits>-<16 hex digits>-01; leave it empty to continue the trace of the cause',
			});
		}
		return { traceparent: draft.traceparent, tracestate: draft.tracestate };
	}
	const inherited = cause?.metadata.traceparent;
	const isContinued = inherited !== undefined && parseTraceparent(inherited) !== null;
	return {
		traceparent: continueTrace(inherited),
		tracestate: draft.tracestate || (isContinued ? cause?.metadata.tracestate : undefined),
	};
}

/** Any time zone in, UTC out. */
function utc(text: string | undefined, label: string): string | undefined {
	if (!text) return undefined;
	if (!isTimestamp(text)) {
		throw new EventBusError(
			'settings',
			`${label} is "${text.slice(0, 40)}", which is not a date and time with a time zone`,
			{
				hint: 'Write it as 2026-02-27T10:30:00Z or 2026-02-27T11:30:00+01:00',
			},
		);
	}
	return new Date(text).toISOString();
}

/**
 * Messages of services that know nothing of us: whatever they hold becomes an event with a stable id.
 */
import type { WireMessage } from '../broker/types';
import { HEADER } from './headers';
import { derivedEventId, newEventId } from './ids';
import { textProblem, type EventLimits, type TextField } from './limits';
import { parseEnvelope, type Completion, type EnvelopeResult } from './parseEnvelope';
import { isEventType } from './typePattern';

/** Where and when a message was received. */
export interface Origin {
	/** 'rabbitmq'. */
	readonly broker: string;
	readonly channel: string;
	/** The native position; '' where there is none. */
	readonly cursor: string;
	/** Milliseconds since the epoch. */
	readonly receivedAt: number;
}

export const FOREIGN_EVENT_TYPE = 'foreign.message';

/**
 * What a message itself tells about the event in it.
 *
 * The id comes from the header of a retry copy, else from the native position, else from the message id: a redelivery is
 * the same event, and two equal bodies are two events. With none of them it is random, and the event is not recognised
 * when it comes again.
 */
export function completionOf(message: WireMessage, origin: Origin): Completion {
	return {
		eventId: () => stableId(message, origin),
		source: sourceOf(origin.channel),
		arrivedAt: new Date(origin.receivedAt).toISOString(),
		orderingKey: message.orderingKey,
		traceparent: message.headers['traceparent'],
	};
}

/**
 * The event around `payload`. Its type is the message's own where the broker carries one.
 *
 * @param contentType of the data where it is not plain JSON
 */
export function foreignEvent(
	message: WireMessage,
	origin: Origin,
	payload: unknown,
	contentType: string | undefined,
	limits: EventLimits,
): EnvelopeResult {
	const document = {
		event_type: isEventType(message.type) ? message.type : FOREIGN_EVENT_TYPE,
		event_version: validOnly('event_version', message.headers[HEADER.eventVersion]),
		payload,
		metadata: { data_content_type: validOnly('data_content_type', contentType) },
	};
	// The body has been measured already; base64 and the envelope around it make it longer.
	return parseEnvelope(document, completionOf(message, origin), { ...limits, maxBytes: 2 * limits.maxBytes });
}

function validOnly(field: TextField, value: string | undefined): string | undefined {
	return value !== undefined && textProblem(field, value) === null ? value : undefined;
}

function stableId(message: WireMessage, origin: Origin): string {
	const carried = validOnly('event_id', message.headers[HEADER.eventId]);
	if (carried) return carried;
	// No time that is the same at every delivery is known, so the id carries none.
	if (origin.cursor !== '') return derivedEventId(0, ['position', origin.broker, origin.channel, origin.cursor]);
	if (message.id !== '') return derivedEventId(0, ['message', origin.broker, origin.channel, message.id]);
	return newEventId(origin.receivedAt);
}

function sourceOf(channel: string): string {
	return validOnly('source', `unknown/${channel}`) ?? 'unknown';
}

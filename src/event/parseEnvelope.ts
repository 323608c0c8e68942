/**
 * From a JSON document to an event: every rule about the envelope's fields, with errors that name the field.
 *
 * A document may be partial: `event_type` and `payload` are enough, as in a message that a service wrote by hand. For an
 * optional field null and '' mean absent, because Python and Go write those for what is not there. envelope.schema.json
 * says the same; a test holds the two together.
 */
import { EventBusError, messageOf } from '../kernel/errors';
import type { EventEnvelope, EventMetadata, Json } from './envelope';
import { DEFAULT_LIMITS, isTimestamp, MAX_HOPS, textProblem, type EventLimits, type TextField } from './limits';
import { isJsonObject, kindOf, plainJson, type JsonObject } from './plainJson';
import { parseTraceparent } from './traceContext';

/** What stands in for fields that a partial document leaves out. */
export interface Completion {
	/** Called only when the document has no id. Stable for the same message, or redelivery is a new event. */
	readonly eventId: () => string;
	readonly source: string;
	/** ISO 8601 UTC. */
	readonly arrivedAt: string;
	/** The broker's own key, taken when the document has neither key nor subject nor correlation id. */
	readonly orderingKey?: string | undefined;
	/** From the message's headers; ignored when invalid. */
	readonly traceparent?: string | undefined;
}

export type EnvelopeResult =
	| { readonly ok: true; readonly event: EventEnvelope }
	/** One sentence that names the field. */
	| { readonly ok: false; readonly error: string };

type TimeField = 'occurred_at' | 'timestamp' | 'expires_at';

const OPTIONAL_METADATA = [
	'causation_id',
	'workflow_id',
	'execution_id',
	'tracestate',
	'idempotency_key',
	'data_schema',
	'data_content_type',
	'reply_to',
] as const satisfies readonly TextField[];

const EVENT_FIELDS: ReadonlySet<string> = new Set([
	'event_id',
	'event_type',
	'event_version',
	'occurred_at',
	'source',
	'subject',
	'payload',
	'metadata',
]);
const METADATA_FIELDS: ReadonlySet<string> = new Set([
	...OPTIONAL_METADATA,
	'correlation_id',
	'hops',
	'timestamp',
	'traceparent',
	'expires_at',
	'ordering_key',
]);

/** Never throws. Unknown fields are kept. */
export function parseEnvelope(
	document: unknown,
	completion: Completion,
	limits: EventLimits = DEFAULT_LIMITS,
): EnvelopeResult {
	try {
		return { ok: true, event: checkEnvelope(document, completion, limits) };
	} catch (error) {
		return { ok: false, error: messageOf(error) };
	}
}

/**
 * The same, for a caller who wants the error: of events that are still to be published.
 *
 * @throws EventBusError `settings` | `too-large`
 */
export function checkEnvelope(
	document: unknown,
	completion: Completion,
	limits: EventLimits = DEFAULT_LIMITS,
): EventEnvelope {
	// The envelope itself is a level around the payload.
	const plain = plainJson(document, 'event', { ...limits, maxDepth: limits.maxDepth + 1 });
	if (!isJsonObject(plain)) throw violation(`An event must be an object, not ${kindOf(plain)}`);
	return readEvent(plain, completion);
}

function readEvent(document: JsonObject, completion: Completion): EventEnvelope {
	const type = readText(document, 'event_type', '');
	if (type === undefined) throw violation('event_type is missing');
	const { payload } = document;
	if (payload === undefined) throw violation('payload is missing');
	const given = document['metadata'] ?? {};
	if (!isJsonObject(given)) throw violation(`metadata must be an object, not ${kindOf(given)}`);

	const id = readText(document, 'event_id', '') ?? completion.eventId();
	const subject = readText(document, 'subject', '');
	const occurredAt = readTime(document, 'occurred_at', '');
	const publishedAt = readTime(given, 'timestamp', 'metadata.');
	return {
		event_id: id,
		event_type: type,
		event_version: readText(document, 'event_version', '') ?? '1.0',
		occurred_at: occurredAt ?? publishedAt ?? completion.arrivedAt,
		source: readText(document, 'source', '') ?? completion.source,
		...(subject === undefined ? {} : { subject }),
		payload,
		metadata: readMetadata(given, completion, {
			// What nobody caused is the root of its own story.
			correlationId: id,
			timestamp: publishedAt ?? occurredAt ?? completion.arrivedAt,
			orderingKey: subject === undefined ? completion.orderingKey : undefined,
		}),
		...unknownFields(document, EVENT_FIELDS),
	};
}

function readMetadata(
	given: JsonObject,
	completion: Completion,
	otherwise: { correlationId: string; timestamp: string; orderingKey: string | undefined },
): EventMetadata {
	const read = (field: TextField) => readText(given, field, 'metadata.');
	const optional: { -readonly [Field in (typeof OPTIONAL_METADATA)[number]]?: string } = {};
	for (const field of OPTIONAL_METADATA) {
		const value = read(field);
		if (value !== undefined) optional[field] = value;
	}
	const correlationId = read('correlation_id');
	const expiresAt = readTime(given, 'expires_at', 'metadata.');
	const traceparent = read('traceparent') ?? validTraceparent(completion.traceparent);
	const orderingKey =
		read('ordering_key') ?? (correlationId === undefined ? validKey(otherwise.orderingKey) : undefined);
	return {
		correlation_id: correlationId ?? otherwise.correlationId,
		hops: readHops(given),
		timestamp: otherwise.timestamp,
		...optional,
		...(traceparent === undefined ? {} : { traceparent }),
		...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
		...(orderingKey === undefined ? {} : { ordering_key: orderingKey }),
		...unknownFields(given, METADATA_FIELDS),
	};
}

function readText(container: JsonObject, field: TextField, prefix: string): string | undefined {
	const value = readString(container, field, prefix);
	const problem = value === undefined ? null : textProblem(field, value);
	if (problem !== null) throw violation(`${prefix}${field} ${problem}`);
	return value;
}

function readTime(container: JsonObject, field: TimeField, prefix: string): string | undefined {
	const value = readString(container, field, prefix);
	if (value === undefined || isTimestamp(value)) return value;
	throw violation(
		`${prefix}${field} must be a date and time with a time zone, such as 2026-02-27T10:30:00Z, not "${value.slice(0, 40)}"`,
	);
}

function readString(container: JsonObject, field: string, prefix: string): string | undefined {
	const value = container[field];
	if (isAbsent(value)) return undefined;
	if (typeof value !== 'string') throw violation(`${prefix}${field} must be a string, not ${kindOf(value)}`);
	return value;
}

function readHops(metadata: JsonObject): number {
	const value = metadata['hops'];
	if (isAbsent(value)) return 0;
	if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_HOPS) return value;
	const shown = typeof value === 'number' ? String(value) : kindOf(value);
	throw violation(`metadata.hops must be a whole number from 0 to ${MAX_HOPS}, not ${shown}`);
}

function isAbsent(value: Json | undefined): value is undefined | null | '' {
	return value === undefined || value === null || value === '';
}

function validTraceparent(text: string | undefined): string | undefined {
	return text !== undefined && parseTraceparent(text) ? text : undefined;
}

function validKey(key: string | undefined): string | undefined {
	return key !== undefined && key !== '' && textProblem('ordering_key', key) === null ? key : undefined;
}

function unknownFields(container: JsonObject, known: ReadonlySet<string>): JsonObject {
	return Object.fromEntries(Object.entries(container).filter(([name]) => !known.has(name)));
}

function violation(message: string): EventBusError {
	return new EventBusError('settings', message, { hint: 'Correct this field of the event' });
}

/**
 * How large, how deep and how long an event may be, and what its identifying fields may hold.
 *
 * What stands here holds for publishing and for receiving, and envelope.schema.json says the same.
 */

export interface EventLimits {
	/** Largest encoded event, body and headers, bytes. */
	readonly maxBytes: number;
	/** Levels of objects and arrays in a payload. */
	readonly maxDepth: number;
}

/**
 * 1 MiB is about what Kafka takes as it is installed; a broker that takes less (SNS: 256 KiB) says so in its capabilities.
 * 64 levels is more than any payload we saw, and far from where a parser of another language gives up.
 */
export const DEFAULT_LIMITS: EventLimits = { maxBytes: 1_048_576, maxDepth: 64 };

/** Keys through which a careless merge reaches the prototype of every object. */
export const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Longest value of each text field, characters (code points, as JSON Schema counts). */
export const MAX_LENGTH = {
	event_id: 200,
	/** RabbitMQ ends routing keys at 255 bytes. */
	event_type: 200,
	event_version: 50,
	source: 500,
	subject: 500,
	correlation_id: 200,
	causation_id: 200,
	workflow_id: 200,
	execution_id: 200,
	traceparent: 200,
	/** W3C demands that 512 are carried. */
	tracestate: 2000,
	idempotency_key: 500,
	data_schema: 2000,
	data_content_type: 200,
	ordering_key: 500,
	reply_to: 200,
} as const;

export type TextField = keyof typeof MAX_LENGTH;

/** Far above any hop limit, and within the 32 bits that a CloudEvents integer has. */
export const MAX_HOPS = 1_000_000;

const CONTROL_CHARACTER = /\p{Cc}/u;
/** With the u flag only a surrogate without its partner matches. */
const HALF_CHARACTER = /\p{Cs}/u;

/** RFC 3339 with a time zone. No leap second: JavaScript has no such time. */
const TIMESTAMP =
	/^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** What is wrong with the value of a text field, as it continues "<field> …"; null: nothing. */
export function textProblem(field: TextField, value: string): string | null {
	const limit = MAX_LENGTH[field];
	if (value.length > limit && Array.from(value).length > limit) return `is longer than ${limit} characters`;
	if (CONTROL_CHARACTER.test(value)) return 'contains a control character';
	if (!isWellFormed(value)) return 'contains half a character (a surrogate without its partner)';
	return null;
}

/** Whether UTF-8 can carry the text. */
export function isWellFormed(text: string): boolean {
	return !HALF_CHARACTER.test(text);
}

/** Whether an attribute of the CloudEvents type String may have this value. */
export function isPrintable(text: string): boolean {
	return !CONTROL_CHARACTER.test(text) && isWellFormed(text);
}

/** Whether the text is a date and time with a time zone, such as 2026-02-27T10:30:00Z. */
export function isTimestamp(text: string): boolean {
	const found = TIMESTAMP.exec(text);
	if (!found) return false;
	// Date takes 31 February for a day in March.
	const lastDay = new Date(0);
	lastDay.setUTCFullYear(Number(found[1]), Number(found[2]), 0);
	return Number(found[3]) <= lastDay.getUTCDate();
}

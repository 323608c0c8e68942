/**
 * What the recorder keeps of an event: its payload whole, with fields blanked, its beginning, or not at all. Pure.
 */
import type { EventEnvelope, Json } from '../event/envelope';
import { isJsonObject } from '../event/plainJson';
import type { RecordedEvent } from '../store/sql/trail';

export interface TrailPolicy {
	readonly payloads: 'all' | 'none';
	/** Names on the way to what is blanked; `*` stands for every field. Lists on the way are gone through. */
	readonly redact: readonly (readonly string[])[];
	/** Of a larger payload only the beginning is kept, bytes of JSON text. */
	readonly maxPayloadBytes: number;
}

/** 16 KiB: 99 of 100 events are smaller, and a trail of a thousand events still fits in an answer. */
export const DEFAULT_POLICY: TrailPolicy = { payloads: 'all', redact: [], maxPayloadBytes: 16 * 1024 };

/** Stands where a value was. */
export const REDACTED = '[redacted]';

/** The payload becomes text at once: whoever publishes may change it later, and a text is light to keep. */
export function keptEvent(event: EventEnvelope, policy: TrailPolicy): RecordedEvent {
	const { metadata } = event;
	const whole = payloadText(event.payload, policy);
	const bytes = whole === null ? 0 : Buffer.byteLength(whole);
	const isCut = bytes > policy.maxPayloadBytes;
	const kept = {
		eventId: event.event_id,
		source: event.source,
		eventType: event.event_type,
		eventVersion: event.event_version,
		subject: event.subject ?? null,
		correlationId: metadata.correlation_id,
		causationId: metadata.causation_id ?? null,
		hops: metadata.hops,
		occurredAt: event.occurred_at,
		payload: whole !== null && isCut ? beginningOf(whole, policy.maxPayloadBytes) : whole,
	};
	return isCut ? { ...kept, payloadBytes: bytes } : kept;
}

function payloadText(payload: Json, { payloads, redact }: TrailPolicy): string | null {
	return payloads === 'none' ? null : JSON.stringify(redact.reduce(redacted, payload));
}

/** A copy in which whatever is at the path is blanked; the value itself where nothing is. */
export function redacted(value: Json, path: readonly string[]): Json {
	const [name, ...rest] = path;
	if (name === undefined) return REDACTED;
	if (Array.isArray(value)) return (value as readonly Json[]).map((entry) => redacted(entry, path));
	if (!isJsonObject(value) || (name !== '*' && !Object.hasOwn(value, name))) return value;
	const fields = Object.entries(value).map(([key, field]) => [
		key,
		name === '*' || key === name ? redacted(field, rest) : field,
	]);
	return Object.fromEntries(fields) as Json;
}

/** As many whole characters as have room. */
function beginningOf(text: string, bytes: number): string {
	// A character that is cut becomes one that stands for it.
	return Buffer.from(text.slice(0, bytes)).subarray(0, bytes).toString('utf8').replace(/�$/, '');
}

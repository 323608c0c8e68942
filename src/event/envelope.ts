/**
 * The event: the one shape that every node, broker and service agrees on.
 *
 * Field names are snake_case because the envelope is a wire format (envelope.schema.json). Facts of a delivery
 * (broker, group, attempt, position) are not part of it. Unknown fields are kept.
 */

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface EventEnvelope {
	/** Unique together with `source`. */
	readonly event_id: string;
	/** Dot-separated words; the routing key. */
	readonly event_type: string;
	readonly event_version: string;
	/** When it happened, ISO 8601 UTC. */
	readonly occurred_at: string;
	/** Who says so. */
	readonly source: string;
	/** The entity it is about; the default ordering key. */
	readonly subject?: string;
	readonly payload: Json;
	readonly metadata: EventMetadata;
	readonly [unknown: string]: Json | EventMetadata | undefined;
}

export interface EventMetadata {
	/** The same for everything that follows from one root event. */
	readonly correlation_id: string;
	/** The event that caused this one; absent on a root. */
	readonly causation_id?: string;
	/** Causal depth, 0 on a root: the loop guard. */
	readonly hops: number;
	/** When it was published, ISO 8601 UTC. */
	readonly timestamp: string;
	readonly workflow_id?: string;
	readonly execution_id?: string;
	/** W3C trace context. */
	readonly traceparent?: string;
	readonly tracestate?: string;
	readonly idempotency_key?: string;
	/** ISO 8601 UTC. */
	readonly expires_at?: string;
	/** URI of the payload's schema. */
	readonly data_schema?: string;
	/** Media type of the payload where it is not plain JSON; the payload is then `{text}` or `{data_base64}`. */
	readonly data_content_type?: string;
	/** Orders events; default: `subject`, else `correlation_id`. */
	readonly ordering_key?: string;
	/** Where a reply is awaited: a channel name. */
	readonly reply_to?: string;
	readonly [unknown: string]: Json | undefined;
}

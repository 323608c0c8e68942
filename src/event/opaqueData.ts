/**
 * Data that is not JSON, as the payload of an event: `{text}` for UTF-8, `{data_base64}` for other bytes, and
 * `metadata.data_content_type` says what it is.
 *
 * Which of the two it becomes follows from the bytes alone, so the same bytes always give the same payload.
 */
import { readUtf8 } from './bytes';
import {
	BYTES_CONTENT_TYPE,
	isCloudEventsType,
	isEventBusType,
	isJsonType,
	JSON_CONTENT_TYPE,
	parseContentType,
	TEXT_CONTENT_TYPE,
} from './contentType';
import type { EventEnvelope, Json } from './envelope';
import { isWellFormed } from './limits';
import { isJsonObject } from './plainJson';

export interface OpaquePayload {
	readonly payload: { readonly text: string } | { readonly data_base64: string };
	readonly contentType: string;
}

/** @param declared the content type that came with the bytes, if any */
export function opaquePayload(bytes: Uint8Array, declared: string | undefined): OpaquePayload {
	const text = readUtf8(bytes);
	return text === null
		? { payload: { data_base64: Buffer.from(bytes).toString('base64') }, contentType: declared ?? BYTES_CONTENT_TYPE }
		: { payload: { text }, contentType: declared ?? TEXT_CONTENT_TYPE };
}

export interface PayloadData {
	/** What the payload stands for; null: for itself, as JSON. */
	readonly opaque: Uint8Array | null;
	readonly contentType: string;
}

/**
 * How a payload is written where it travels without its envelope. It is JSON unless the bytes it stands for would come
 * back as the very same payload.
 */
export function payloadData(event: EventEnvelope): PayloadData {
	const declared = event.metadata.data_content_type ?? JSON_CONTENT_TYPE;
	const contentType = /^[\x20-\x7e]+$/.test(declared) ? parseContentType(declared) : null;
	// A payload that calls itself an envelope would be taken for one by whoever receives it alone.
	if (!contentType || isEventBusType(contentType) || isCloudEventsType(contentType)) {
		return { opaque: null, contentType: JSON_CONTENT_TYPE };
	}
	if (isJsonType(contentType)) return { opaque: null, contentType: declared };
	const opaque = bytesOf(event.payload);
	return { opaque, contentType: opaque ? declared : JSON_CONTENT_TYPE };
}

function bytesOf(payload: Json): Uint8Array | null {
	if (!isJsonObject(payload) || Object.keys(payload).length !== 1) return null;
	const { text, data_base64: encoded } = payload;
	if (typeof text === 'string') return isWellFormed(text) ? Buffer.from(text) : null;
	if (typeof encoded !== 'string') return null;
	const bytes = Buffer.from(encoded, 'base64');
	return bytes.toString('base64') === encoded && readUtf8(bytes) === null ? bytes : null;
}

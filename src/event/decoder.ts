/**
 * Which format a message has, and the event in it. Whoever calls it keeps hostile sizes away and catches what is thrown.
 */
import type { WireMessage } from '../broker/types';
import { parseJson, readUtf8 } from './bytes';
import { fromHeaders } from './cloudEventHeaders';
import { fromBinary, fromStructured, isCloudEvent, type CloudEventResult } from './cloudEvents';
import {
	BYTES_CONTENT_TYPE,
	CLOUDEVENTS_CONTENT_TYPE,
	isCloudEventsType,
	isEventBusType,
	isJsonType,
	JSON_CONTENT_TYPE,
	parseContentType,
	WIRE_VERSION,
	type ContentType,
} from './contentType';
import type { EventEnvelope, Json } from './envelope';
import { completionOf, foreignEvent, type Origin } from './foreignMessage';
import type { EventLimits } from './limits';
import { opaquePayload } from './opaqueData';
import { parseEnvelope, type EnvelopeResult } from './parseEnvelope';
import { isJsonObject } from './plainJson';

/** raw: the payload alone; whoever receives it gets a foreign message. */
export type WireFormat = 'event-bus' | 'cloudevents' | 'cloudevents-binary' | 'raw';

export type Decoded =
	| { readonly ok: true; readonly event: EventEnvelope; readonly format: WireFormat }
	| { readonly ok: false; readonly reason: 'undecodable' | 'unsupported_version'; readonly error: string };

/**
 * The event in a message. The content type decides where it says something, else headers, else the shape of the body.
 *
 * `undecodable`: the message claims to be JSON, an event or a CloudEvent (by content type, by headers, or by beginning
 * like JSON) and is not a valid one. Anything that claims nothing becomes a foreign event.
 */
export class Decoder {
	private readonly declared: string | undefined;

	constructor(
		private readonly message: WireMessage,
		private readonly origin: Origin,
		private readonly limits: EventLimits,
	) {
		this.declared = message.headers['content-type'];
	}

	decode(): Decoded {
		const { body, headers } = this.message;
		const contentType = parseContentType(this.declared);
		if (contentType && isEventBusType(contentType)) return this.envelope(contentType);
		if (contentType && isCloudEventsType(contentType)) return this.structured(contentType);
		const attributes = fromHeaders(headers);
		if (attributes) {
			const { datacontenttype } = attributes;
			const declared = this.declared ?? (typeof datacontenttype === 'string' ? datacontenttype : undefined);
			return this.cloudEvent(fromBinary(attributes, body, declared), 'cloudevents-binary');
		}
		// The mark of a record that was deleted, as on a compacted topic.
		if (body.byteLength === 0) return this.foreign(null, undefined);
		if (!contentType) return this.unlabelled();
		if (isJsonType(contentType)) {
			const document = parseJson(body);
			return document === undefined ? notJson(contentType.mediaType) : this.byShape(document, contentType);
		}
		// Some clients label all bytes so: it says nothing about them.
		const document = contentType.mediaType === BYTES_CONTENT_TYPE ? parseJson(body) : undefined;
		return document === undefined ? this.opaque() : this.byShape(document, null);
	}

	private unlabelled(): Decoded {
		const { body } = this.message;
		const text = readUtf8(body);
		const document = text === null ? undefined : parseJson(text);
		if (document !== undefined) return this.byShape(document, null);
		if (text !== null && /^\ufeff?\s*[[{]/.test(text)) {
			return undecodable(
				'The message begins like JSON and does not parse; a content type such as text/plain would make it a text',
			);
		}
		return this.opaque();
	}

	private byShape(document: Json, contentType: ContentType | null): Decoded {
		if (isJsonObject(document) && typeof document['event_type'] === 'string' && 'payload' in document) {
			return this.completed(document, 'event-bus');
		}
		if (isCloudEvent(document)) return this.cloudEvent(fromStructured(document), 'cloudevents');
		return this.foreign(
			document,
			contentType && contentType.mediaType !== JSON_CONTENT_TYPE ? this.declared : undefined,
		);
	}

	private envelope(contentType: ContentType): Decoded {
		const version = contentType.version ?? String(WIRE_VERSION);
		const major = /^\d+(?=$|\.)/.exec(version)?.[0];
		if (major === undefined) {
			return undecodable(`The content type has no version that can be read: v=${version.slice(0, 20)}`);
		}
		if (Number(major) > WIRE_VERSION) {
			return {
				ok: false,
				reason: 'unsupported_version',
				error: `The message has version ${major.slice(0, 20)} of the wire format, and this package reads up to ${WIRE_VERSION}: update it`,
			};
		}
		const document = parseJson(this.message.body);
		return document === undefined ? notJson(contentType.mediaType) : this.completed(document, 'event-bus');
	}

	private structured(contentType: ContentType): Decoded {
		if (contentType.mediaType !== CLOUDEVENTS_CONTENT_TYPE) {
			return undecodable(`CloudEvents as ${contentType.mediaType} cannot be read; send ${CLOUDEVENTS_CONTENT_TYPE}`);
		}
		const document = parseJson(this.message.body);
		if (document === undefined) return notJson(contentType.mediaType);
		return this.cloudEvent(fromStructured(document), 'cloudevents');
	}

	private cloudEvent(result: CloudEventResult, format: WireFormat): Decoded {
		return result.ok ? this.completed(result.document, format) : result;
	}

	private completed(document: Json, format: WireFormat): Decoded {
		const completion = completionOf(this.message, this.origin);
		// Text that was bytes is longer as base64, and a CloudEvent has other names: the body has been measured already.
		return asDecoded(
			parseEnvelope(document, completion, { ...this.limits, maxBytes: 2 * this.limits.maxBytes }),
			format,
		);
	}

	private opaque(): Decoded {
		const { payload, contentType } = opaquePayload(this.message.body, this.declared);
		return this.foreign(payload, contentType);
	}

	private foreign(payload: Json, contentType: string | undefined): Decoded {
		return asDecoded(foreignEvent(this.message, this.origin, payload, contentType, this.limits), 'raw');
	}
}

function asDecoded(result: EnvelopeResult, format: WireFormat): Decoded {
	return result.ok ? { ok: true, event: result.event, format } : undecodable(result.error);
}

function notJson(mediaType: string): Decoded {
	return undecodable(`The message claims to be ${mediaType} and does not parse as JSON`);
}

export function undecodable(error: string): Decoded {
	return { ok: false, reason: 'undecodable', error };
}

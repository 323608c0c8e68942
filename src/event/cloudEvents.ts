/**
 * CloudEvents 1.0: an event as its attributes and data, and back.
 *
 * Attribute names may only be lower-case letters and digits, and values only strings, booleans and 32-bit integers. What
 * an event holds beyond that travels as JSON in one extension, `eventbusfields`, so that nothing is lost on the way
 * through. Extensions of others are kept in `metadata.cloudevents` and given back under their own names.
 */
import { parseJson, readUtf8 } from './bytes';
import { isJsonType, JSON_CONTENT_TYPE, parseContentType } from './contentType';
import type { EventEnvelope, Json } from './envelope';
import { isPrintable } from './limits';
import { opaquePayload, payloadData } from './opaqueData';
import { isJsonObject, type JsonObject } from './plainJson';

export type Attribute = string | number | boolean;
export type Attributes = { readonly [name: string]: Attribute };

/** Our fields and the attributes that say the same; `traceparent` and others are official extensions. */
const EVENT_ATTRIBUTES = {
	event_id: 'id',
	source: 'source',
	event_type: 'type',
	occurred_at: 'time',
	subject: 'subject',
	event_version: 'eventversion',
} as const;
const METADATA_ATTRIBUTES = {
	correlation_id: 'correlationid',
	causation_id: 'causationid',
	hops: 'n8nhop',
	timestamp: 'recordedtime',
	workflow_id: 'n8nworkflowid',
	execution_id: 'n8nexecutionid',
	traceparent: 'traceparent',
	tracestate: 'tracestate',
	idempotency_key: 'idempotencykey',
	expires_at: 'expirytime',
	data_schema: 'dataschema',
	ordering_key: 'partitionkey',
	reply_to: 'replyto',
} as const;
const FIELDS_ATTRIBUTE = 'eventbusfields';

/** Everything that is no extension of somebody else. */
const OWN_ATTRIBUTES: ReadonlySet<string> = new Set([
	'specversion',
	'datacontenttype',
	'data',
	'data_base64',
	FIELDS_ATTRIBUTE,
	...Object.values(EVENT_ATTRIBUTES),
	...Object.values(METADATA_ATTRIBUTES),
]);
const REQUIRED = ['specversion', 'id', 'source', 'type'] as const;

const ATTRIBUTE_NAME = /^[a-z0-9]+$/;
/** RFC 3986, with or without a scheme; in a relative one the first segment has no colon. */
const URI_REFERENCE =
	/^(?:[A-Za-z][A-Za-z0-9+.-]*:|(?![^/?#]*:))(?:[\w.~!$&'()*+,;=:@/?[\]-]|%[0-9A-Fa-f]{2})*(?:#(?:[\w.~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:./;

export interface CloudEventParts {
	readonly attributes: Attributes;
	/** The data where it is not the payload as JSON. */
	readonly opaque: Uint8Array | null;
}

/**
 * @param typed false where attributes travel as text (headers): values that are no strings are then kept in
 *              `eventbusfields` as well, because text alone would not tell 5 from '5'
 */
export function toCloudEvent(event: EventEnvelope, typed: boolean): CloudEventParts {
	const { metadata } = event;
	const attributes: { [name: string]: Attribute } = { specversion: '1.0' };
	const unmapped = { event: restOf(event, EVENT_ATTRIBUTES), metadata: restOf(metadata, METADATA_ATTRIBUTES) };
	copy(event, EVENT_ATTRIBUTES, attributes);
	copy(metadata, METADATA_ATTRIBUTES, attributes);
	delete unmapped.event['payload'];
	delete unmapped.event['metadata'];

	if (!URI_REFERENCE.test(event.source)) {
		attributes['source'] = asUriReference(event.source);
		unmapped.event['source'] = event.source;
	}
	if (metadata.data_schema !== undefined && !isAbsoluteUri(metadata.data_schema)) {
		delete attributes['dataschema'];
		unmapped.metadata['data_schema'] = metadata.data_schema;
	}
	const { opaque, contentType } = payloadData(event);
	attributes['datacontenttype'] = contentType;
	// Plain JSON is what a reader assumes, so it would not come back as a field.
	if (contentType === metadata.data_content_type && contentType !== JSON_CONTENT_TYPE) {
		delete unmapped.metadata['data_content_type'];
	}

	const { cloudevents } = metadata;
	if (isForeignExtensions(cloudevents)) {
		Object.assign(attributes, cloudevents);
		if (typed || Object.values(cloudevents).every((value) => typeof value === 'string')) {
			delete unmapped.metadata['cloudevents'];
		}
	}
	if (Object.keys(unmapped.event).length + Object.keys(unmapped.metadata).length > 0) {
		attributes[FIELDS_ATTRIBUTE] = JSON.stringify(unmapped);
	}
	return { attributes, opaque };
}

/** The structured JSON form. */
export function toStructuredJson(event: EventEnvelope): string {
	const { attributes, opaque } = toCloudEvent(event, true);
	if (opaque === null) return JSON.stringify({ ...attributes, data: event.payload });
	const text = readUtf8(opaque);
	const data = text === null ? { data_base64: Buffer.from(opaque).toString('base64') } : { data: text };
	return JSON.stringify({ ...attributes, ...data });
}

/** Whether a JSON document has the shape of a structured CloudEvent. */
export function isCloudEvent(document: Json): document is JsonObject {
	return isJsonObject(document) && REQUIRED.every((name) => typeof document[name] === 'string');
}

export type CloudEventResult =
	/** Still to be checked and completed by parseEnvelope. */
	| { readonly ok: true; readonly document: JsonObject }
	| { readonly ok: false; readonly reason: 'undecodable' | 'unsupported_version'; readonly error: string };

/** The envelope document of a structured CloudEvent. */
export function fromStructured(cloudEvent: Json): CloudEventResult {
	if (!isJsonObject(cloudEvent)) return undecodable('A CloudEvent must be a JSON object');
	const attributes = Object.fromEntries(
		Object.entries(cloudEvent).filter(([name]) => name !== 'data' && name !== 'data_base64'),
	);
	const contentType = attributes['datacontenttype'];
	const declared = typeof contentType === 'string' ? contentType : undefined;
	const { data = null, data_base64: encoded } = cloudEvent;
	if (typeof encoded === 'string') {
		if (!BASE64.test(encoded)) return undecodable('The data_base64 of the CloudEvent is not base64');
		return fromBinary(attributes, Buffer.from(encoded, 'base64'), declared);
	}
	const media = parseContentType(declared);
	const isJson = media === null || isJsonType(media);
	if (typeof data === 'string' && !isJson) return fromAttributes(attributes, { text: data }, declared);
	return fromAttributes(attributes, data, isJson ? declared : undefined);
}

/**
 * The envelope document of a CloudEvent whose data came as bytes.
 *
 * @param declared the content type of the data; without one the bytes are JSON where they parse as such
 */
export function fromBinary(attributes: JsonObject, bytes: Uint8Array, declared: string | undefined): CloudEventResult {
	const media = parseContentType(declared);
	if (media === null || isJsonType(media)) {
		const data = bytes.byteLength === 0 ? null : parseJson(bytes);
		if (data !== undefined) return fromAttributes(attributes, data, declared);
		if (media) return undecodable(`The data of the CloudEvent claims to be ${media.mediaType} and does not parse`);
	}
	const opaque = opaquePayload(bytes, declared);
	return fromAttributes(attributes, opaque.payload, opaque.contentType);
}

function fromAttributes(attributes: JsonObject, payload: Json, contentType: string | undefined): CloudEventResult {
	for (const name of REQUIRED) {
		const value = attributes[name];
		if (typeof value !== 'string' || value === '') return undecodable(`The CloudEvent has no attribute ${name}`);
	}
	const { specversion: version } = attributes;
	if (typeof version === 'string' && !/^1(\.|$)/.test(version)) {
		return {
			ok: false,
			reason: 'unsupported_version',
			error: `This is CloudEvents ${version.slice(0, 20)}, and 1.0 is what can be read`,
		};
	}
	const carried = carriedFields(attributes[FIELDS_ATTRIBUTE]);
	if (carried === null) return undecodable(`The attribute ${FIELDS_ATTRIBUTE} of the CloudEvent is not what we write`);

	const foreign = Object.entries(attributes).filter(([name, value]) => !OWN_ATTRIBUTES.has(name) && value !== null);
	// Attributes win: what is carried beside them fills in what they cannot say.
	const metadata = {
		...(foreign.length > 0 ? { cloudevents: Object.fromEntries(foreign) } : {}),
		...carried.metadata,
		...fieldsOf(attributes, METADATA_ATTRIBUTES),
		...(contentType !== undefined && contentType !== JSON_CONTENT_TYPE ? { data_content_type: contentType } : {}),
	};
	const event = fieldsOf(attributes, EVENT_ATTRIBUTES);
	const source = carried.event['source'];
	if (typeof source === 'string' && asUriReference(source) === event['source']) event['source'] = source;
	return { ok: true, document: { ...carried.event, ...event, payload, metadata } };
}

function carriedFields(value: Json | undefined): { event: JsonObject; metadata: JsonObject } | null {
	if (value === undefined) return { event: {}, metadata: {} };
	const parsed = typeof value === 'string' ? parseJson(value) : undefined;
	if (!isJsonObject(parsed)) return null;
	const { event = {}, metadata = {} } = parsed;
	return isJsonObject(event) && isJsonObject(metadata) ? { event, metadata } : null;
}

/** Strings as they are; a number or boolean as CloudEvents writes it, since our text fields are strings. */
function fieldsOf(attributes: JsonObject, mapping: Readonly<Record<string, string>>): { [field: string]: Json } {
	const fields: { [field: string]: Json } = {};
	for (const [field, name] of Object.entries(mapping)) {
		const value = attributes[name];
		if (value === undefined || value === null) continue;
		if (field === 'hops') fields[field] = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
		else fields[field] = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
	}
	return fields;
}

function copy(
	from: Readonly<Record<string, unknown>>,
	mapping: Readonly<Record<string, string>>,
	to: { [name: string]: Attribute },
): void {
	for (const [field, name] of Object.entries(mapping)) {
		const value = from[field];
		if (typeof value === 'string' || typeof value === 'number') to[name] = value;
	}
}

function restOf(
	from: Readonly<Record<string, unknown>>,
	mapping: Readonly<Record<string, string>>,
): { [field: string]: unknown } {
	return Object.fromEntries(Object.entries(from).filter(([field]) => !Object.hasOwn(mapping, field)));
}

function isForeignExtensions(value: Json | undefined): value is Attributes {
	if (!isJsonObject(value)) return false;
	const entries = Object.entries(value);
	return (
		entries.length > 0 &&
		entries.every(([name, entry]) => ATTRIBUTE_NAME.test(name) && !OWN_ATTRIBUTES.has(name) && isAttribute(entry))
	);
}

function isAttribute(value: Json): value is Attribute {
	if (typeof value === 'string') return value !== '' && isPrintable(value);
	return typeof value === 'boolean' || (typeof value === 'number' && (value | 0) === value);
}

/** Segment by segment, so that slashes stay what they are. */
function asUriReference(source: string): string {
	return URI_REFERENCE.test(source) ? source : source.split('/').map(encodeURIComponent).join('/');
}

function isAbsoluteUri(text: string): boolean {
	return SCHEME.test(text) && URI_REFERENCE.test(text);
}

function undecodable(error: string): CloudEventResult {
	return { ok: false, reason: 'undecodable', error };
}

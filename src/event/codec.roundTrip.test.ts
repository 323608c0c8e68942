import fc from 'fast-check';
import { decodeMessage, encodeEvent, type Origin, type WireFormat } from './codec';
import type { EventEnvelope, Json } from './envelope';
import { checkEnvelope } from './parseEnvelope';

const origin: Origin = {
	broker: 'embedded',
	channel: 'events',
	cursor: '7',
	receivedAt: Date.parse('2026-03-01T00:00:00Z'),
};
const WITH_ENVELOPE: readonly WireFormat[] = ['event-bus', 'cloudevents', 'cloudevents-binary'];
/** Each run is a whole event of hostile parts; more of them found nothing new. */
const RUNS = 300;
const FORBIDDEN = ['__proto__', 'constructor', 'prototype'];

const anyText = fc.oneof(
	fc.string({ unit: 'binary' }),
	fc.string({ unit: 'grapheme' }),
	fc.constantFrom(
		'\ud800',
		'\u0000',
		'\ufeffa',
		'2026-02-27T10:30:00.000Z',
		'{"a":1}',
		'100%',
		'%41',
		'😀',
		'null',
		'"',
	),
);
const key = fc
	.oneof(anyText, fc.constantFrom('a.b', 'a b', '', 'text', 'data_base64', 'toString', '0'))
	.filter((name) => !FORBIDDEN.includes(name));
const json = fc.letrec<{ value: Json }>((tie) => ({
	value: fc.oneof(
		{ maxDepth: 6 },
		fc.oneof(
			fc.constant(null),
			fc.boolean(),
			anyText,
			fc.integer(),
			fc.double({ noNaN: true, noDefaultInfinity: true }),
			fc.constant(-0),
		),
		fc.array(tie('value'), { maxLength: 4 }),
		fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
	),
})).value;
const fieldText = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter((text) => !/\p{Cc}/u.test(text));
const time = fc
	.date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
	.map((date) => date.toISOString());
const extension = fc.oneof(fieldText, fc.boolean(), fc.integer(), json);
const cloudEventExtensions = fc.dictionary(
	fc
		.oneof(fc.stringMatching(/^[a-z0-9]{1,12}$/), fc.constantFrom('id', 'n8nhop', 'A_b'))
		.filter((name) => !FORBIDDEN.includes(name)),
	extension,
	{
		maxKeys: 3,
		noNullPrototype: true,
	},
);
const contentType = fc.oneof(
	fieldText,
	fc.constantFrom(
		'application/json',
		'application/json; charset=utf-8',
		'application/vnd.order+json',
		'text/plain',
		'Text/CSV; header=present',
		'application/octet-stream',
		'application/cloudevents+json',
		'application/vnd.event-bus+json;v=2',
		'text/ü',
	),
);
const opaquePayload = fc.oneof(
	anyText.map((text) => ({ text })),
	fc.uint8Array({ maxLength: 20 }).map((bytes) => ({ data_base64: Buffer.from(bytes).toString('base64') })),
	fc.constantFrom(
		{ data_base64: 'aGVsbG8=' },
		{ data_base64: '!' },
		{ data_base64: '' },
		{ text: 7 },
		{ text: 'a', more: 1 },
	),
);
const uri = fc.oneof(
	fieldText,
	fc.constantFrom('n8n/Order Validator', 'https://example.com/a?b=c#d', 'urn:x:y', '1:a', 'a%20b', '100%', '//h/p'),
);
const unknown = fc.dictionary(
	key.filter((name) => !KNOWN.has(name)),
	json,
	{ maxKeys: 3, noNullPrototype: true },
);
const KNOWN: ReadonlySet<string> = new Set([
	...['event_id', 'event_type', 'event_version', 'occurred_at', 'source', 'subject', 'payload', 'metadata'],
]);

const event: fc.Arbitrary<EventEnvelope> = fc
	.record(
		{
			event_id: fieldText,
			event_type: fieldText,
			event_version: fieldText,
			occurred_at: time,
			source: uri,
			subject: fieldText,
			payload: fc.oneof(json, opaquePayload),
			metadata: fc.record(
				{
					correlation_id: fieldText,
					causation_id: fieldText,
					hops: fc.nat({ max: 1_000_000 }),
					timestamp: time,
					workflow_id: fieldText,
					execution_id: fieldText,
					traceparent: fieldText,
					tracestate: fieldText,
					idempotency_key: fieldText,
					expires_at: time,
					data_schema: uri,
					data_content_type: contentType,
					ordering_key: fieldText,
					reply_to: fieldText,
					cloudevents: fc.oneof(cloudEventExtensions, json),
					region: json,
				},
				{ requiredKeys: ['correlation_id', 'hops', 'timestamp'], noNullPrototype: true },
			),
			unknown,
		},
		{
			requiredKeys: ['event_id', 'event_type', 'event_version', 'occurred_at', 'source', 'payload', 'metadata'],
			noNullPrototype: true,
		},
	)
	.map(({ unknown: fields, ...known }) =>
		checkEnvelope({ ...fields, ...known }, { eventId: () => '', source: '', arrivedAt: '' }),
	);

describe.each(WITH_ENVELOPE)('as %s', (format) => {
	it('any event comes back as it was', () => {
		fc.assert(
			fc.property(event, (original) => {
				const decoded = decodeMessage(encodeEvent(original, format), origin);
				expect(decoded).toEqual({ ok: true, event: original, format });
			}),
			{ numRuns: RUNS },
		);
	});

	it('the message carries what a broker needs beside the body', () => {
		fc.assert(
			fc.property(event, (original) => {
				const message = encodeEvent(original, format);
				expect(message.id).toBe(original.event_id);
				expect(message.type).toBe(original.event_type);
				expect(message.orderingKey).toBeTruthy();
				expect(message.expiresAt).toBe(
					original.metadata.expires_at === undefined ? undefined : Date.parse(original.metadata.expires_at),
				);
				for (const [name, value] of Object.entries(message.headers)) {
					expect(name).toBe(name.toLowerCase());
					// One line of printable ASCII: what any protocol can carry.
					expect(value).toMatch(/^[\x20-\x7e]*$/);
				}
			}),
		);
	});

	it('a payload of 64 levels comes back', () => {
		const nested = (levels: number): Json =>
			levels === 0 ? 'end' : levels % 2 ? [nested(levels - 1)] : { a: nested(levels - 1) };
		const [original] = fc.sample(event, 1);
		if (!original) throw new Error('No sample');
		const deep = { ...original, payload: nested(64) };
		expect(decodeMessage(encodeEvent(deep, format), origin)).toEqual({ ok: true, event: deep, format });
	});

	it('-0 comes back as 0, which is what JSON.stringify writes', () => {
		const [original] = fc.sample(event, 1);
		if (!original) throw new Error('No sample');
		const decoded = decodeMessage(encodeEvent({ ...original, payload: { n: -0 } }, format), origin);
		expect(decoded.ok && decoded.event.payload).toEqual({ n: 0 });
	});
});

it('as raw, any JSON payload comes back, as a foreign event of the same type', () => {
	const plain = event.filter(
		({ payload, metadata }) =>
			metadata.data_content_type === undefined &&
			!(typeof payload === 'object' && payload !== null && 'event_type' in payload),
	);
	fc.assert(
		fc.property(plain, (original) => {
			const message = encodeEvent(original, 'raw');
			expect(message.headers).toEqual({ 'content-type': 'application/json' });
			const decoded = decodeMessage(message, origin);
			expect(decoded).toMatchObject({ ok: true, format: 'raw' });
			expect(decoded.ok && decoded.event.payload).toEqual(original.payload);
		}),
		{ numRuns: RUNS },
	);
});

it('as raw, bytes that came from elsewhere leave as the same bytes', () => {
	fc.assert(
		fc.property(
			fc.uint8Array({ minLength: 1, maxLength: 40 }),
			fc.constantFrom('text/csv', 'application/protobuf'),
			(body, contentTypeOf) => {
				const decoded = decodeMessage({ id: '', type: '', body, headers: { 'content-type': contentTypeOf } }, origin);
				if (!decoded.ok) throw new Error(decoded.error);
				const sent = encodeEvent(decoded.event, 'raw');
				expect(Buffer.from(sent.body).equals(Buffer.from(body))).toBe(true);
				expect(sent.headers).toEqual({ 'content-type': contentTypeOf });
			},
		),
	);
});

it('any bytes with any headers become an event or an error, and never a throw', () => {
	const headers = fc.dictionary(
		fc.constantFrom(
			'content-type',
			'ce-specversion',
			'ce-id',
			'ce_type',
			'cloudevents:source',
			'eb-event-id',
			'traceparent',
		),
		fc.oneof(anyText, contentType, fc.constantFrom('1.0', '2.0', 'application/vnd.event-bus+json')),
		{ noNullPrototype: true },
	);
	const body = fc.oneof(
		fc.uint8Array(),
		json.map((value) => Buffer.from(JSON.stringify(value))),
		event.map((value) => encodeEvent(value, 'event-bus').body),
	);
	fc.assert(
		fc.property(headers, body, anyText, (ofMessage, bytes, type) => {
			const decoded = decodeMessage({ id: '', type, body: bytes, headers: ofMessage }, origin);
			if (!decoded.ok) {
				expect(decoded.error).not.toBe('');
				return;
			}
			// What was received can be published again.
			expect(() => encodeEvent(decoded.event, 'event-bus')).not.toThrow();
		}),
		{ numRuns: RUNS },
	);
});

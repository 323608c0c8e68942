import { Ajv2020 } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { createEvent } from './createEvent';
import schema from './envelope.schema.json';
import { MAX_HOPS, MAX_LENGTH } from './limits';
import { parseEnvelope } from './parseEnvelope';

const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
addFormats(ajv);
const isEvent = ajv.compile(schema);
const isCompleteEvent = ajv.compile({ $ref: `${schema.$id}#/$defs/complete` });

const completion = { eventId: () => 'evt_derived', source: 'unknown/events', arrivedAt: '2026-03-01T00:00:00.000Z' };
const minimal = { event_type: 'order.created', payload: {} };

function isParsed(document: unknown): boolean {
	return parseEnvelope(document, completion).ok;
}

function withField(field: string, value: unknown): unknown {
	return { ...minimal, [field]: value };
}

function withMetadata(field: string, value: unknown): unknown {
	return { ...minimal, metadata: { [field]: value } };
}

describe('the schema and the parser agree that a document', () => {
	it.each<[string, boolean, unknown]>([
		['of type and payload is an event', true, minimal],
		['with a null payload is an event', true, { event_type: 'x', payload: null }],
		['with unknown fields is an event', true, { ...minimal, tenant: { a: [1] }, metadata: { region: 'eu' } }],
		['with null metadata is an event', true, withField('metadata', null)],
		['with any characters in its type is an event', true, { event_type: 'Käse & Brot #1', payload: 1 }],
		['with hops as 1.0 is an event', true, JSON.parse('{"event_type":"x","payload":1,"metadata":{"hops":1.0}}')],
		['that is null is none', false, null],
		['that is an array is none', false, [minimal]],
		['that is a string is none', false, 'order.created'],
		['without type is none', false, { payload: {} }],
		['without payload is none', false, { event_type: 'x' }],
		['with an empty type is none', false, { event_type: '', payload: 1 }],
		['with a null type is none', false, { event_type: null, payload: 1 }],
		['with a number as type is none', false, { event_type: 1, payload: 1 }],
		['with metadata as text is none', false, withField('metadata', '')],
		['with metadata as a list is none', false, withField('metadata', [])],
		...['__proto__', 'constructor', 'prototype'].flatMap((key): [string, boolean, unknown][] => [
			[`with ${key} at the top is none`, false, JSON.parse(`{"event_type":"x","payload":1,"${key}":1}`)],
			[`with ${key} in the payload is none`, false, JSON.parse(`{"event_type":"x","payload":[{"a":{"${key}":1}}]}`)],
			[`with ${key} in metadata is none`, false, JSON.parse(`{"event_type":"x","payload":1,"metadata":{"${key}":1}}`)],
			[`with ${key} in an unknown field is none`, false, JSON.parse(`{"event_type":"x","payload":1,"a":{"${key}":1}}`)],
		]),
	])('%s', (_name, expected, document) => {
		expect(isEvent(document)).toBe(expected);
		expect(isParsed(document)).toBe(expected);
	});

	const texts = Object.entries(MAX_LENGTH).filter(([field]) => field !== 'event_type');
	const place = (field: string) =>
		['event_id', 'event_version', 'source', 'subject'].includes(field) ? withField : withMetadata;

	it.each(texts)('has a %s of at most %d printable characters, null or empty', (field, limit) => {
		const cases: [unknown, boolean][] = [
			['x', true],
			['x'.repeat(limit), true],
			['😀'.repeat(limit), true],
			['', true],
			[null, true],
			['x'.repeat(limit + 1), false],
			['a\nb', false],
			['a\u0085b', false],
			[7, false],
			[true, false],
			[['x'], false],
			[{}, false],
		];
		for (const [value, expected] of cases) {
			const document = place(field)(field, value);
			expect([field, value, isEvent(document)]).toEqual([field, value, expected]);
			expect([field, value, isParsed(document)]).toEqual([field, value, expected]);
		}
	});

	it.each(['occurred_at', 'timestamp', 'expires_at'])('has a %s that is a time', (field) => {
		const cases: [unknown, boolean][] = [
			['2026-02-27T10:30:00Z', true],
			['2026-02-27T10:30:00.123456+05:30', true],
			['2024-02-29T00:00:00Z', true],
			['', true],
			[null, true],
			['2026-02-29T00:00:00Z', false],
			['2026-02-27T10:30:00', false],
			['2026-02-27 10:30:00Z', false],
			['2016-12-31T23:59:60Z', false],
			['2026-02-27T10:30:00+0100', false],
			['now', false],
			[1740652200000, false],
		];
		const inPlace = field === 'occurred_at' ? withField : withMetadata;
		for (const [value, expected] of cases) {
			expect([value, isEvent(inPlace(field, value))]).toEqual([value, expected]);
			expect([value, isParsed(inPlace(field, value))]).toEqual([value, expected]);
		}
	});

	it.each<[unknown, boolean]>([
		[0, true],
		[MAX_HOPS, true],
		[null, true],
		['', true],
		[MAX_HOPS + 1, false],
		[-1, false],
		[0.5, false],
		['1', false],
	])('with hops %p is an event: %p', (hops, expected) => {
		expect(isEvent(withMetadata('hops', hops))).toBe(expected);
		expect(isParsed(withMetadata('hops', hops))).toBe(expected);
	});

	it('made of any values for the known fields is an event or not', () => {
		const value = fc.oneof(
			fc.jsonValue(),
			fc.constantFrom('2026-02-27T10:30:00Z', '2026-02-30T10:30:00Z', 'x'.repeat(201), 'x'.repeat(501), 'a\tb', 3, -3),
		);
		const some = (fields: readonly string[]) =>
			fc.record(Object.fromEntries(fields.map((field) => [field, value])), { requiredKeys: [], noNullPrototype: true });
		const known = ['event_id', 'event_version', 'occurred_at', 'source', 'subject', 'tenant'];
		const document = fc
			.tuple(some(known), some([...Object.keys(MAX_LENGTH), 'hops', 'timestamp', 'expires_at']))
			.map(([fields, metadata]) => ({ ...minimal, ...fields, metadata }));
		fc.assert(
			fc.property(document, (candidate) => expect(isEvent(candidate)).toBe(isParsed(candidate))),
			{ numRuns: 500 },
		);
	});
});

describe('the schema', () => {
	const payload = fc.jsonValue().filter((value) => !/"(__proto__|constructor|prototype)":/.test(JSON.stringify(value)));

	it('takes every event that is created, as complete', () => {
		fc.assert(
			fc.property(payload, fc.boolean(), fc.integer({ min: 0, max: 2 ** 42 }), (value, isCaused, now) => {
				const context = { now, defaultSource: 'n8n/Order Validator', workflowId: 'wf', executionId: '7' };
				const root = createEvent({ type: 'order.created', payload: value, subject: 's' }, { ...context, cause: null });
				const event = isCaused
					? createEvent({ type: 'order.checked', payload: value }, { ...context, cause: root, effect: ['node', '0'] })
					: root;
				expect(isCompleteEvent(event)).toBe(true);
				expect(isEvent(event)).toBe(true);
			}),
		);
	});

	it('takes every event that is completed, as complete', () => {
		const result = parseEnvelope(minimal, completion);
		expect(isCompleteEvent(minimal)).toBe(false);
		expect(result.ok && isCompleteEvent(result.event)).toBe(true);
	});

	it('describes every field', () => {
		const { metadata, ...fields } = schema.properties;
		for (const [name, field] of Object.entries({ ...fields, ...metadata.properties })) {
			expect([name, field.description]).toEqual([name, expect.stringMatching(/\w{3}/)]);
		}
	});

	it('has the limits that the parser has', () => {
		const properties = { ...schema.properties, ...schema.properties.metadata.properties } as Record<
			string,
			{ maxLength?: number }
		>;
		expect(Object.fromEntries(Object.keys(MAX_LENGTH).map((field) => [field, properties[field]?.maxLength]))).toEqual(
			MAX_LENGTH,
		);
	});
});

import { parseEnvelope, type Completion } from './parseEnvelope';

const completion: Completion = {
	eventId: () => 'evt_derived',
	source: 'unknown/events',
	arrivedAt: '2026-03-01T00:00:00.000Z',
};

const complete = {
	event_id: 'evt_1',
	event_type: 'order.created',
	event_version: '1.0',
	occurred_at: '2026-02-27T10:30:00Z',
	source: 'shop',
	subject: 'ord_1',
	payload: { order_id: 'ord_1' },
	metadata: {
		correlation_id: 'corr_1',
		causation_id: 'evt_0',
		hops: 2,
		timestamp: '2026-02-27T10:30:01Z',
		workflow_id: 'wf',
		execution_id: '7',
		traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
		tracestate: 'a=1',
		idempotency_key: 'once',
		expires_at: '2026-03-27T10:30:00Z',
		data_schema: 'urn:order',
		data_content_type: 'application/vnd.order+json',
		ordering_key: 'k',
		reply_to: 'events.replies',
	},
};

function parse(document: unknown, change: Partial<Completion> = {}) {
	const result = parseEnvelope(document, { ...completion, ...change });
	if (!result.ok) throw new Error(result.error);
	return result.event;
}

function problem(document: unknown): string {
	const result = parseEnvelope(document, completion);
	return result.ok ? 'none' : result.error;
}

it('leaves a complete event as it is, unknown fields included', () => {
	const document = {
		...complete,
		tenant: { id: 7 },
		metadata: { ...complete.metadata, region: 'eu' },
	};
	expect(parse(document)).toEqual(document);
});

it('completes what a message of event_type and payload leaves out', () => {
	expect(parse({ event_type: 'order.created', payload: null })).toEqual({
		event_id: 'evt_derived',
		event_type: 'order.created',
		event_version: '1.0',
		occurred_at: '2026-03-01T00:00:00.000Z',
		source: 'unknown/events',
		payload: null,
		metadata: { correlation_id: 'evt_derived', hops: 0, timestamp: '2026-03-01T00:00:00.000Z' },
	});
});

it.each([
	[
		'both',
		{ occurred_at: '2026-01-01T00:00:00Z', timestamp: '2026-01-02T00:00:00Z' },
		'2026-01-01T00:00:00Z',
		'2026-01-02T00:00:00Z',
	],
	['occurred_at', { occurred_at: '2026-01-01T00:00:00Z' }, '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'],
	['timestamp', { timestamp: '2026-01-02T00:00:00Z' }, '2026-01-02T00:00:00Z', '2026-01-02T00:00:00Z'],
])(
	'takes the times from what is given: %s',
	(_name, { occurred_at, timestamp }: { occurred_at?: string; timestamp?: string }, occurred, published) => {
		const event = parse({ event_type: 'x', payload: 1, occurred_at, metadata: { timestamp } });
		expect([event.occurred_at, event.metadata.timestamp]).toEqual([occurred, published]);
	},
);

it.each([null, ''])('takes %p for an optional field that is absent', (absent) => {
	const fields = Object.keys(complete).filter((name) => !['event_type', 'payload', 'metadata'].includes(name));
	const document = {
		...Object.fromEntries(fields.map((name) => [name, absent])),
		event_type: 'x',
		payload: 1,
		metadata: Object.fromEntries(Object.keys(complete.metadata).map((name) => [name, absent])),
	};
	expect(parse(document)).toEqual(parse({ event_type: 'x', payload: 1 }));
});

it('does not ask for an id that the document has', () => {
	const never = () => {
		throw new Error('asked');
	};
	expect(parse(complete, { eventId: never }).event_id).toBe('evt_1');
});

it.each([
	['nothing else', {}, 'native'],
	['a subject', { subject: 's' }, undefined],
	['a correlation id', { metadata: { correlation_id: 'c' } }, undefined],
	['a key of its own', { metadata: { ordering_key: 'mine' } }, 'mine'],
])("orders by the broker's key when the document has %s", (_name, change, expected) => {
	const event = parse({ event_type: 'x', payload: 1, ...change }, { orderingKey: 'native' });
	expect(event.metadata.ordering_key).toBe(expected);
});

it('takes a valid trace context from the message when the document has none', () => {
	const traceparent = complete.metadata.traceparent;
	expect(parse({ event_type: 'x', payload: 1 }, { traceparent }).metadata.traceparent).toBe(traceparent);
	expect(parse({ event_type: 'x', payload: 1 }, { traceparent: 'broken' }).metadata.traceparent).toBeUndefined();
	expect(
		parse({ event_type: 'x', payload: 1, metadata: { traceparent: 'mine' } }, { traceparent }).metadata.traceparent,
	).toBe('mine');
});

it.each([
	['no object', [1], 'An event must be an object, not an array'],
	['no type', { payload: 1 }, 'event_type is missing'],
	['an empty type', { event_type: '', payload: 1 }, 'event_type is missing'],
	['a type that is a number', { event_type: 7, payload: 1 }, 'event_type must be a string, not a number'],
	['no payload', { event_type: 'x' }, 'payload is missing'],
	['metadata that is a string', { ...complete, metadata: 'x' }, 'metadata must be an object, not a string'],
	['a version that is a number', { ...complete, event_version: 1 }, 'event_version must be a string, not a number'],
	[
		'a naive time',
		{ ...complete, occurred_at: '2026-02-27T10:30:00' },
		'occurred_at must be a date and time with a time zone, such as 2026-02-27T10:30:00Z, not "2026-02-27T10:30:00"',
	],
	[
		'a time that is a number',
		{ ...complete, metadata: { timestamp: 1 } },
		'metadata.timestamp must be a string, not a number',
	],
	['an id beyond its length', { ...complete, event_id: 'x'.repeat(201) }, 'event_id is longer than 200 characters'],
	['a control character', { ...complete, source: 'a\u0007' }, 'source contains a control character'],
	[
		'half a character',
		{ ...complete, subject: '\ud800' },
		'subject contains half a character (a surrogate without its partner)',
	],
	[
		'negative hops',
		{ ...complete, metadata: { hops: -1 } },
		'metadata.hops must be a whole number from 0 to 1000000, not -1',
	],
	[
		'half a hop',
		{ ...complete, metadata: { hops: 0.5 } },
		'metadata.hops must be a whole number from 0 to 1000000, not 0.5',
	],
	[
		'hops as text',
		{ ...complete, metadata: { hops: '1' } },
		'metadata.hops must be a whole number from 0 to 1000000, not a string',
	],
	[
		'an execution id that is a number',
		{ ...complete, metadata: { execution_id: 7 } },
		'metadata.execution_id must be a string, not a number',
	],
	[
		'a forbidden key',
		JSON.parse('{"event_type":"x","payload":{"__proto__":1}}') as unknown,
		'event.payload.__proto__ is a key that events may not have',
	],
	['undefined', undefined, 'event is not JSON: it is undefined'],
])('names the field in an error: %s', (_name, document, message) => {
	expect(problem(document)).toBe(message);
});

it('takes a payload of 64 levels and no more', () => {
	const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
	expect(problem({ event_type: 'x', payload: nested(64) })).toBe('none');
	expect(problem({ event_type: 'x', payload: nested(65) })).toContain('levels of objects and arrays');
});

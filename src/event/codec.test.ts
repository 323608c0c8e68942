import type { WireMessage } from '../broker/types';
import { isEventBusError } from '../kernel/errors';
import { decodeMessage, encodeEvent, type Decoded, type Origin, type WireFormat } from './codec';
import { createEvent } from './createEvent';
import type { EventEnvelope } from './envelope';

const NOW = Date.parse('2026-02-27T10:30:00.000Z');
const origin: Origin = { broker: 'embedded', channel: 'events', cursor: '7', receivedAt: NOW };
const event = createEvent(
	{ type: 'order.created', payload: { order_id: 'ord_1' }, subject: 'ord_1', expiresAt: '2026-03-01T00:00:00Z' },
	{ now: NOW, defaultSource: 'n8n/Shop', cause: null },
);
const envelope = JSON.stringify(event);
const cloudEvent = JSON.stringify({
	specversion: '1.0',
	id: 'a',
	source: '/shop',
	type: 'order.created',
	data: { x: 1 },
});
const ceHeaders = { 'ce-specversion': '1.0', 'ce-id': 'a', 'ce-source': '/shop', 'ce-type': 'order.created' };

function message(
	body: string | Uint8Array,
	headers: Record<string, string> = {},
	change: Partial<WireMessage> = {},
): WireMessage {
	return { id: '', type: '', body: typeof body === 'string' ? Buffer.from(body) : body, headers, ...change };
}

function decode(
	body: string | Uint8Array,
	headers: Record<string, string> = {},
	change: Partial<WireMessage> = {},
): Decoded {
	return decodeMessage(message(body, headers, change), origin);
}

function received(decoded: Decoded): EventEnvelope {
	if (!decoded.ok) throw new Error(decoded.error);
	return decoded.event;
}

describe('an event on the wire', () => {
	it('is addressed by id, type, ordering key and expiry', () => {
		expect(encodeEvent(event, 'event-bus')).toEqual({
			id: event.event_id,
			type: 'order.created',
			body: Buffer.from(envelope),
			headers: { 'content-type': 'application/vnd.event-bus+json;v=1' },
			orderingKey: 'ord_1',
			expiresAt: Date.parse('2026-03-01T00:00:00Z'),
		});
	});

	it('is only its payload as raw', () => {
		const sent = encodeEvent(event, 'raw');
		expect(Buffer.from(sent.body).toString()).toBe('{"order_id":"ord_1"}');
		expect(sent.headers).toEqual({ 'content-type': 'application/json' });
	});

	it.each<WireFormat>(['event-bus', 'cloudevents', 'cloudevents-binary', 'raw'])(
		'is refused when it is too large as %s',
		(format) => {
			const large = { ...event, payload: 'x'.repeat(1_048_576 - (format === 'raw' ? 2 : 200)) };
			let code: string | undefined;
			try {
				encodeEvent(large, format);
			} catch (error) {
				code = isEventBusError(error) ? error.code : undefined;
			}
			expect(code).toBe('too-large');
		},
	);

	it.each([
		[
			'a forbidden key',
			{ ...event, payload: JSON.parse('{"a":{"constructor":1}}') as EventEnvelope['payload'] },
			'event.payload.a.constructor',
		],
		['no id', { ...event, event_id: '' }, 'event_id is missing'],
		['a field of another kind', { ...event, subject: 7 as unknown as string }, 'subject must be a string'],
	])('is refused with %s', (_name, broken, text) => {
		expect(() => encodeEvent(broken, 'event-bus')).toThrow(text);
	});

	it('takes limits of another size', () => {
		expect(() => encodeEvent(event, 'event-bus', { maxBytes: 100, maxDepth: 64 })).toThrow('an event may have 100');
		expect(() => encodeEvent({ ...event, payload: [[1]] }, 'event-bus', { maxBytes: 10_000, maxDepth: 1 })).toThrow(
			'levels',
		);
		expect(decodeMessage(message('x'.repeat(101)), origin, { maxBytes: 100, maxDepth: 64 })).toMatchObject({
			ok: false,
		});
	});
});

describe('the format of a message', () => {
	it.each<[string, string, Record<string, string>, WireFormat]>([
		['our content type', envelope, { 'content-type': 'application/vnd.event-bus+json;v=1' }, 'event-bus'],
		[
			'our content type in capitals, with parameters',
			envelope,
			{ 'content-type': 'Application/Vnd.Event-Bus+JSON; charset=UTF-8; V="1"' },
			'event-bus',
		],
		['our content type without version', envelope, { 'content-type': 'application/vnd.event-bus+json' }, 'event-bus'],
		[
			'our content type of a later minor version',
			envelope,
			{ 'content-type': 'application/vnd.event-bus+json;v=1.7' },
			'event-bus',
		],
		[
			'our content type, though it looks like a CloudEvent',
			JSON.stringify({ ...event, specversion: '1.0', id: 'a', source: 's', type: 't' }),
			{ 'content-type': 'application/vnd.event-bus+json;v=1' },
			'event-bus',
		],
		['the content type of CloudEvents', cloudEvent, { 'content-type': 'application/cloudevents+json' }, 'cloudevents'],
		[
			'the content type of CloudEvents in capitals',
			cloudEvent,
			{ 'content-type': 'APPLICATION/CLOUDEVENTS+JSON; charset=utf-8' },
			'cloudevents',
		],
		[
			'headers of the HTTP binding',
			'{"x":1}',
			{ ...ceHeaders, 'content-type': 'application/json' },
			'cloudevents-binary',
		],
		[
			'headers, though the data looks like an event',
			envelope,
			{ ...ceHeaders, 'content-type': 'application/json' },
			'cloudevents-binary',
		],
		['headers without content type', '{"x":1}', ceHeaders, 'cloudevents-binary'],
		['the shape of an event', envelope, {}, 'event-bus'],
		['the shape of an event, with blanks and a byte order mark', `\ufeff \n\t${envelope}`, {}, 'event-bus'],
		['the shape of an event in JSON', envelope, { 'content-type': 'application/json' }, 'event-bus'],
		[
			'the shape of an event in bytes that nobody labelled',
			envelope,
			{ 'content-type': 'application/octet-stream' },
			'event-bus',
		],
		['the shape of a partial event', '{"event_type":"x","payload":null}', {}, 'event-bus'],
		['the shape of a CloudEvent', cloudEvent, {}, 'cloudevents'],
		['the shape of a CloudEvent in JSON', cloudEvent, { 'content-type': 'application/json' }, 'cloudevents'],
		['text, though it looks like an event', envelope, { 'content-type': 'text/plain' }, 'raw'],
		['JSON without the shape of an event', '{"order_id":1}', { 'content-type': 'application/json' }, 'raw'],
		['an event_type without payload', '{"event_type":"x"}', {}, 'raw'],
		['an event_type that is no string', '{"event_type":7,"payload":1}', {}, 'raw'],
		['half a CloudEvent', '{"specversion":"1.0","id":"a"}', {}, 'raw'],
		['a content type that cannot be read', '{"a":1}', { 'content-type': 'json' }, 'raw'],
		['nothing', 'hello', {}, 'raw'],
	])('is known by %s', (_name, body, headers, format) => {
		expect(decode(body, headers)).toMatchObject({ ok: true, format });
	});

	it.each<[string, Record<string, string>]>([
		['ce-', ceHeaders],
		['ce_', { ce_specversion: '1.0', ce_id: 'a', ce_source: '/shop', ce_type: 'order.created' }],
		[
			'cloudEvents:',
			{
				'cloudEvents:specversion': '1.0',
				'cloudEvents:id': 'a',
				'cloudEvents:source': '/shop',
				'cloudEvents:type': 'order.created',
			},
		],
		[
			'cloudevents_',
			{
				cloudevents_specversion: '1.0',
				cloudevents_id: 'a',
				cloudevents_source: '/shop',
				cloudevents_type: 'order.created',
			},
		],
	])('is CloudEvents binary with the prefix %s', (_prefix, headers) => {
		const decoded = decode('{"x":1}', { ...headers, 'content-type': 'application/json' });
		expect(received(decoded)).toMatchObject({
			event_id: 'a',
			source: '/shop',
			event_type: 'order.created',
			payload: { x: 1 },
		});
	});
});

describe('a message that is no event though it claims to be', () => {
	it.each<[string, string | Uint8Array, Record<string, string>, string]>([
		[
			'ours and no JSON',
			'{"event_type":',
			{ 'content-type': 'application/vnd.event-bus+json;v=1' },
			'claims to be application/vnd.event-bus+json and does not parse',
		],
		['ours and empty', '', { 'content-type': 'application/vnd.event-bus+json;v=1' }, 'does not parse'],
		[
			'ours and not UTF-8',
			Buffer.from([0x22, 0xff, 0x22]),
			{ 'content-type': 'application/vnd.event-bus+json;v=1' },
			'does not parse',
		],
		[
			'ours and a list',
			'[]',
			{ 'content-type': 'application/vnd.event-bus+json;v=1' },
			'An event must be an object, not an array',
		],
		[
			'ours without type',
			'{"payload":1}',
			{ 'content-type': 'application/vnd.event-bus+json;v=1' },
			'event_type is missing',
		],
		[
			'ours of a version that cannot be read',
			envelope,
			{ 'content-type': 'application/vnd.event-bus+json;v=x' },
			'no version that can be read: v=x',
		],
		[
			'JSON and broken',
			'{"a":',
			{ 'content-type': 'application/json' },
			'claims to be application/json and does not parse',
		],
		[
			'some JSON and broken',
			'x',
			{ 'content-type': 'application/vnd.order+json' },
			'claims to be application/vnd.order+json',
		],
		[
			'of the shape of an event, with a broken field',
			'{"event_type":"x","payload":1,"occurred_at":"now"}',
			{},
			'occurred_at must be a date',
		],
		['a CloudEvent and no JSON', 'x', { 'content-type': 'application/cloudevents+json' }, 'does not parse'],
		[
			'a CloudEvent without id',
			'{"specversion":"1.0","source":"a","type":"b"}',
			{ 'content-type': 'application/cloudevents+json' },
			'has no attribute id',
		],
		['a CloudEvent and a list', '[]', { 'content-type': 'application/cloudevents+json' }, 'must be a JSON object'],
		[
			'a batch of CloudEvents',
			'[]',
			{ 'content-type': 'application/cloudevents-batch+json' },
			'application/cloudevents-batch+json cannot be read',
		],
		[
			'a CloudEvent as XML',
			'<x/>',
			{ 'content-type': 'application/cloudevents+xml' },
			'application/cloudevents+xml cannot be read',
		],
		[
			'a CloudEvent in headers without type',
			'1',
			{ 'ce-specversion': '1.0', 'ce-id': 'a', 'ce-source': 's' },
			'has no attribute type',
		],
		[
			'a CloudEvent with broken data',
			'{"a":',
			{ ...ceHeaders, 'content-type': 'application/json' },
			'data of the CloudEvent claims to be application/json',
		],
		[
			'a CloudEvent with broken base64',
			'{"specversion":"1.0","id":"a","source":"s","type":"t","data_base64":"*"}',
			{},
			'not base64',
		],
		[
			'a CloudEvent with a hop that is no number',
			cloudEvent.replace('{', '{"n8nhop":"many",'),
			{},
			'metadata.hops must be a whole number',
		],
		[
			'a CloudEvent with fields that are not ours',
			cloudEvent.replace('{', '{"eventbusfields":"[]",'),
			{},
			'eventbusfields',
		],
		['beginning like an object', '  {"a":', {}, 'begins like JSON and does not parse'],
		['beginning like a list', '[1,', {}, 'begins like JSON and does not parse'],
	])('is undecodable: %s', (_name, body, headers, text) => {
		expect(decode(body, headers)).toEqual({
			ok: false,
			reason: 'undecodable',
			error: expect.stringContaining(text) as string,
		});
	});

	it.each<[string, string, Record<string, string>]>([
		['ours', envelope, { 'content-type': 'application/vnd.event-bus+json;v=2' }],
		['ours, whatever the body', 'anything', { 'content-type': 'application/vnd.event-bus+json; v=17000000000000.3' }],
		['CloudEvents', cloudEvent.replace('"1.0"', '"2.0"'), { 'content-type': 'application/cloudevents+json' }],
		['CloudEvents by shape', cloudEvent.replace('"1.0"', '"2.0"'), {}],
		['CloudEvents in headers', '1', { ...ceHeaders, 'ce-specversion': '10' }],
		['CloudEvents before 1.0', cloudEvent.replace('"1.0"', '"0.3"'), {}],
	])('is of an unsupported version: %s', (_name, body, headers) => {
		expect(decode(body, headers)).toMatchObject({ ok: false, reason: 'unsupported_version' });
	});
});

describe('a foreign message', () => {
	it.each<[string, string | Uint8Array, string | undefined, unknown, string | undefined]>([
		['a JSON object', '{"a":1}', undefined, { a: 1 }, undefined],
		['a JSON list', '[1]', 'application/json', [1], undefined],
		['JSON with another name', '{"a":1}', 'application/vnd.order+json', { a: 1 }, 'application/vnd.order+json'],
		['a number', '42', undefined, 42, undefined],
		['text', 'hello', undefined, { text: 'hello' }, 'text/plain'],
		['labelled text', '{broken', 'text/csv; header=present', { text: '{broken' }, 'text/csv; header=present'],
		['text with a byte order mark', '\ufeffhi', 'text/plain', { text: '\ufeffhi' }, 'text/plain'],
		['bytes', Buffer.from([0xff, 0x00]), undefined, { data_base64: '/wA=' }, 'application/octet-stream'],
		['labelled bytes', Buffer.from([0xff]), 'image/png', { data_base64: '/w==' }, 'image/png'],
		[
			'bytes that begin like JSON',
			'{broken',
			'application/octet-stream',
			{ text: '{broken' },
			'application/octet-stream',
		],
		['a deleted record', '', undefined, null, undefined],
		['a deleted record with a label', '', 'application/json', null, undefined],
	])('with %s becomes an event', (_name, body, contentType, payload, declared) => {
		const foreign = received(decode(body, contentType === undefined ? {} : { 'content-type': contentType }));
		expect(foreign.payload).toEqual(payload);
		expect(foreign.metadata['data_content_type']).toBe(declared);
		expect(foreign).toMatchObject({
			event_type: 'foreign.message',
			event_version: '1.0',
			source: 'unknown/events',
			occurred_at: '2026-02-27T10:30:00.000Z',
			metadata: { correlation_id: foreign.event_id, hops: 0, timestamp: '2026-02-27T10:30:00.000Z' },
		});
	});

	it('has the type, key and trace that the broker carried', () => {
		const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
		const foreign = received(
			decode('1', { traceparent, 'eb-event-version': '2.0' }, { type: 'order.created', orderingKey: 'k' }),
		);
		expect(foreign).toMatchObject({
			event_type: 'order.created',
			event_version: '2.0',
			metadata: { traceparent, ordering_key: 'k' },
		});
	});

	it.each(['order.#', 'has blanks', '', 'x'.repeat(201)])('does not take %p for a type', (type) => {
		expect(received(decode('1', {}, { type })).event_type).toBe('foreign.message');
	});

	const idOf = (body: string, change: Partial<Origin>, headers: Record<string, string> = {}, id = '') =>
		received(decodeMessage(message(body, headers, { id }), { ...origin, ...change })).event_id;

	it('delivered again is the same event, whenever it arrives', () => {
		expect(idOf('1', { receivedAt: NOW + 60_000 })).toBe(idOf('1', {}));
	});

	it.each<[string, string]>([
		['at another position', idOf('1', { cursor: '8' })],
		['in another channel', idOf('1', { channel: 'other' })],
		['at another broker', idOf('1', { broker: 'kafka' })],
	])('with an equal body %s is another event', (_name, other) => {
		expect(other).not.toBe(idOf('1', {}));
	});

	it('keeps the id of its first delivery, which a retry copy carries', () => {
		expect(idOf('1', { cursor: 'retry/9' }, { 'eb-event-id': 'evt_first' })).toBe('evt_first');
		expect(idOf('1', {}, { 'eb-event-id': 'x'.repeat(201) })).toBe(idOf('1', {}));
	});

	it('without position is known by its message id, and without either is a new event', () => {
		expect(idOf('1', { cursor: '' }, {}, 'm1')).toBe(idOf('2', { cursor: '' }, {}, 'm1'));
		expect(idOf('1', { cursor: '' }, {}, 'm2')).not.toBe(idOf('1', { cursor: '' }, {}, 'm1'));
		expect(idOf('1', { cursor: '' })).not.toBe(idOf('1', { cursor: '' }));
	});

	it('of a channel whose name cannot stand in a source still becomes an event', () => {
		const decoded = decodeMessage(message('1'), { ...origin, channel: 'x'.repeat(600) });
		expect(received(decoded).source).toBe('unknown');
	});

	it('as large as an event may be becomes one, whatever the bytes', () => {
		expect(decode('x'.repeat(1_048_576))).toMatchObject({ ok: true });
		expect(decode(Buffer.alloc(1_048_576, 0xff))).toMatchObject({ ok: true });
		expect(decode('x'.repeat(1_048_577))).toMatchObject({
			ok: false,
			error: expect.stringContaining('1048577 bytes') as string,
		});
	});
});

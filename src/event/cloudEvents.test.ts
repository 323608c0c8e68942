import { CloudEvent, HTTP, type Message } from 'cloudevents';
import fc from 'fast-check';
import type { WireMessage } from '../broker/types';
import { decodeMessage, encodeEvent, type Origin, type WireFormat } from './codec';
import { createEvent, type EventDraft } from './createEvent';
import type { EventEnvelope, Json } from './envelope';

const NOW = Date.parse('2026-02-27T10:30:00.000Z');
const origin: Origin = { broker: 'embedded', channel: 'events', cursor: '7', receivedAt: NOW };
const draft: EventDraft = {
	type: 'order.created',
	payload: { order_id: 'ord_1', total: 299.99, note: 'größer 😀' },
	version: '2.1',
	source: 'https://shop.example/orders',
	subject: 'ord_1',
	orderingKey: 'customer_7',
	correlationId: 'corr_1',
	expiresAt: '2026-03-01T00:00:00Z',
	dataSchema: 'https://shop.example/order.json',
	idempotencyKey: 'once',
	tracestate: 'a=1',
	replyTo: 'events.replies',
};

function created(change: Partial<EventDraft> = {}): EventEnvelope {
	const context = { now: NOW, defaultSource: 'n8n/Order Validator', workflowId: 'wf', executionId: '7' };
	const cause = createEvent({ ...draft, id: 'evt_cause' }, { ...context, cause: null });
	return createEvent({ ...draft, ...change }, { ...context, cause });
}

/**
 * What the SDK makes of our message, strict, so that every attribute is checked. It leaves out one step of the HTTP
 * binding (3.1.3.2): decoding header values.
 */
function readBySdk(message: WireMessage): CloudEvent<unknown> {
	const headers = Object.fromEntries(
		Object.entries(message.headers).map(([name, value]) => [
			name,
			name.startsWith('ce-') ? decodeURIComponent(value) : value,
		]),
	);
	const parsed = HTTP.toEvent<unknown>({ headers, body: Buffer.from(message.body).toString() });
	if (!(parsed instanceof CloudEvent)) throw new Error('Not one CloudEvent');
	return parsed.cloneWith({}, true) as CloudEvent<unknown>;
}

function ofSdk(message: Message): WireMessage {
	const headers = Object.fromEntries(
		Object.entries(message.headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
	);
	const { body } = message;
	if (body instanceof Uint8Array) return { id: '', type: '', headers, body };
	return { id: '', type: '', headers, body: Buffer.from(typeof body === 'string' ? body : '') };
}

function receive(message: WireMessage): { event: EventEnvelope; format: WireFormat } {
	const decoded = decodeMessage(message, origin);
	if (!decoded.ok) throw new Error(decoded.error);
	return decoded;
}

describe.each<WireFormat>(['cloudevents', 'cloudevents-binary'])('the CloudEvents SDK reads ours as %s', (format) => {
	it('with every attribute under its standard name', () => {
		const event = created();
		const read = readBySdk(encodeEvent(event, format));
		expect(read.validate()).toBe(true);
		expect(read).toMatchObject({
			specversion: '1.0',
			id: event.event_id,
			source: 'https://shop.example/orders',
			type: 'order.created',
			time: '2026-02-27T10:30:00.000Z',
			subject: 'ord_1',
			datacontenttype: 'application/json',
			dataschema: 'https://shop.example/order.json',
			correlationid: 'corr_1',
			causationid: 'evt_cause',
			eventversion: '2.1',
			recordedtime: '2026-02-27T10:30:00.000Z',
			partitionkey: 'customer_7',
			n8nworkflowid: 'wf',
			n8nexecutionid: '7',
			traceparent: event.metadata.traceparent,
			idempotencykey: 'once',
			expirytime: '2026-03-01T00:00:00.000Z',
			replyto: 'events.replies',
			data: draft.payload,
		});
		expect(String(read['n8nhop'])).toBe('1');
		expect(read['eventbusfields']).toBeUndefined();
	});

	it('with names that CloudEvents cannot carry made legal', () => {
		const event = { ...created({ source: '', dataSchema: 'order v1' }), tenant: { id: 7 } };
		const read = readBySdk(encodeEvent(event, format));
		expect(read.validate()).toBe(true);
		expect(read.source).toBe('n8n/Order%20Validator');
		expect(read.dataschema).toBeUndefined();
		expect(read['tenant']).toBeUndefined();
		expect(receive(encodeEvent(event, format)).event).toEqual(event);
	});

	it.each(['order processor', '1:a', 'a b/c:d', 'ümlaut', '100%', '<x>', 'a#b#c'])('with the source %p', (source) => {
		const read = readBySdk(encodeEvent(created({ source }), format));
		expect(read.validate()).toBe(true);
		expect(decodeURIComponent(read.source)).toBe(source);
	});

	it('for any JSON object as payload', () => {
		const anyObject = fc.dictionary(fc.string(), fc.jsonValue({ stringUnit: 'grapheme' }), { noNullPrototype: true });
		fc.assert(
			fc.property(anyObject, (payload) => {
				fc.pre(!/"(__proto__|constructor|prototype)":/.test(JSON.stringify(payload)));
				const event = created({ payload });
				expect(readBySdk(encodeEvent(event, format)).data).toEqual(event.payload);
			}),
		);
	});
});

describe.each<['structured' | 'binary', WireFormat]>([
	['structured', 'cloudevents'],
	['binary', 'cloudevents-binary'],
])('we read what the SDK sends as %s', (mode, format) => {
	const sent = (attributes: Partial<CloudEvent<unknown>>) =>
		ofSdk(
			HTTP[mode](
				new CloudEvent({
					id: 'A234',
					source: '/shop',
					type: 'com.example.created',
					time: '2026-02-27T10:00:00.000Z',
					...attributes,
				}),
			),
		);

	it('with its attributes in our fields and foreign extensions kept', () => {
		const { event, format: found } = receive(
			sent({
				subject: 'ord 1',
				data: { x: 1 },
				datacontenttype: 'application/json',
				correlationid: 'c1',
				comexampleext: 'kept',
			}),
		);
		expect(found).toBe(format);
		expect(event).toEqual({
			event_id: 'A234',
			event_type: 'com.example.created',
			event_version: '1.0',
			occurred_at: '2026-02-27T10:00:00.000Z',
			source: '/shop',
			subject: 'ord 1',
			payload: { x: 1 },
			metadata: {
				correlation_id: 'c1',
				hops: 0,
				timestamp: '2026-02-27T10:00:00.000Z',
				cloudevents: { comexampleext: 'kept' },
			},
		});
	});

	it('and send it on with its extensions under their own names', () => {
		const { event } = receive(sent({ data: { x: 1 }, comexampleext: 'kept', sequence: '5' }));
		for (const onward of ['cloudevents', 'cloudevents-binary'] as const) {
			expect(readBySdk(encodeEvent(event, onward))).toMatchObject({ comexampleext: 'kept', sequence: '5' });
		}
	});

	it.each<[string, string, unknown, Json]>([
		['text', 'text/plain', 'hello', { text: 'hello' }],
		['XML', 'application/xml', '<a/>', { text: '<a/>' }],
	])('with %s as data', (_name, datacontenttype, data, payload) => {
		const { event } = receive(sent({ datacontenttype, data }));
		expect(event.payload).toEqual(payload);
		expect(event.metadata.data_content_type).toBe(datacontenttype);
		expect(readBySdk(encodeEvent(event, format))).toMatchObject({ datacontenttype, data });
	});

	it('with bytes as data', () => {
		const bytes = Uint8Array.from([0xff, 0x00, 0x7f]);
		const { event } = receive(sent({ datacontenttype: 'application/octet-stream', data: bytes }));
		expect(event.payload).toEqual({ data_base64: '/wB/' });
		const message = encodeEvent(event, format);
		if (mode === 'binary') expect([...message.body]).toEqual([...bytes]);
		else expect(readBySdk(message).data_base64).toBe('/wB/');
	});

	it('without data', () => {
		expect(receive(sent({})).event.payload).toBeNull();
	});
});

it('reads the percent-encoding of headers, and leaves a percent sign alone that encodes nothing', () => {
	const headers = {
		'ce-specversion': '1.0',
		'ce-id': '100%',
		'ce-source': '/s',
		'ce-type': 't',
		'ce-subject': 'Euro%20%E2%82%AC',
	};
	const { event } = receive({ id: '', type: '', headers, body: Buffer.from('1') });
	expect([event.event_id, event.subject]).toEqual(['100%', 'Euro €']);
});

it('does not decode headers of Kafka, which are not encoded', () => {
	const headers = { ce_specversion: '1.0', ce_id: 'a%20b', ce_source: '/s', ce_type: 't' };
	expect(receive({ id: '', type: '', headers, body: Buffer.from('1') }).event.event_id).toBe('a%20b');
});

it('takes the time of arrival for a CloudEvent without time', () => {
	const body = Buffer.from('{"specversion":"1.0","id":"a","source":"s","type":"t"}');
	expect(receive({ id: '', type: '', headers: {}, body }).event).toMatchObject({
		occurred_at: '2026-02-27T10:30:00.000Z',
		payload: null,
	});
});

it('takes numbers and booleans for text where our field is text', () => {
	const body = Buffer.from(
		'{"specversion":"1.0","id":"a","source":"s","type":"t","correlationid":7,"partitionkey":true}',
	);
	expect(receive({ id: '', type: '', headers: {}, body }).event.metadata).toMatchObject({
		correlation_id: '7',
		ordering_key: 'true',
	});
});

it('tells the number 5 from the text 5 in a foreign extension, also through headers', () => {
	const body = Buffer.from('{"specversion":"1.0","id":"a","source":"s","type":"t","count":5,"size":"5","done":true}');
	const { event } = receive({ id: '', type: '', headers: {}, body });
	const message = encodeEvent(event, 'cloudevents-binary');
	expect(message.headers).toMatchObject({ 'ce-count': '5', 'ce-size': '5', 'ce-done': 'true' });
	expect(receive(message).event.metadata['cloudevents']).toEqual({ count: 5, size: '5', done: true });
});

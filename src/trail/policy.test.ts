import { createEvent } from '../event/createEvent';
import type { Json } from '../event/envelope';
import { DEFAULT_POLICY, keptEvent, redacted, REDACTED, type TrailPolicy } from './policy';

const NOW = Date.parse('2026-01-01T00:00:00Z');

function kept(payload: Json, policy: Partial<TrailPolicy> = {}) {
	const event = createEvent({ type: 'order.created', payload }, { now: NOW, defaultSource: 'shop', cause: null });
	return keptEvent(event, { ...DEFAULT_POLICY, ...policy });
}

describe('redaction', () => {
	const order = { customer: { email: 'a@b.c', name: 'Ada' }, lines: [{ sku: 'x', price: 1 }, { sku: 'y' }], n: 0 };

	it.each<[string, Json, Json]>([
		['customer.email', order, { ...order, customer: { email: REDACTED, name: 'Ada' } }],
		['customer', order, { ...order, customer: REDACTED }],
		['customer.*', order, { ...order, customer: { email: REDACTED, name: REDACTED } }],
		['lines.sku', order, { ...order, lines: [{ sku: REDACTED, price: 1 }, { sku: REDACTED }] }],
		['*.sku', order, { ...order, lines: [{ sku: REDACTED, price: 1 }, { sku: REDACTED }] }],
		['*', order, { customer: REDACTED, lines: REDACTED, n: REDACTED }],
		['n', order, { ...order, n: REDACTED }],
		['missing', order, order],
		['customer.email.domain', order, order],
		['toString', order, order],
		['email', [{ email: 'a@b.c' }], [{ email: REDACTED }]],
		['email', 'a text', 'a text'],
		['a.b', null, null],
	])('of %s', (path, payload, expected) => {
		expect(redacted(payload, path.split('.'))).toEqual(expected);
	});

	it('leaves the event itself as it is', () => {
		const payload = { card: { number: '4111' } };
		kept(payload, { redact: [['card', 'number']] });
		expect(payload).toEqual({ card: { number: '4111' } });
	});
});

describe('what is kept of a payload', () => {
	it.each<[string, Json, Partial<TrailPolicy>, object]>([
		['all of it', { a: 1 }, {}, { payload: '{"a":1}' }],
		['nothing', { a: 1 }, { payloads: 'none' }, { payload: null }],
		['nothing, though fields are blanked', { a: 1 }, { payloads: 'none', redact: [['a']] }, { payload: null }],
		['exactly as much as has room', 'ab', { maxPayloadBytes: 4 }, { payload: '"ab"' }],
		['the beginning', 'abc', { maxPayloadBytes: 4 }, { payload: '"abc', payloadBytes: 5 }],
		['whole characters', 'é🛒', { maxPayloadBytes: 5 }, { payload: '"é', payloadBytes: 8 }],
		[
			'no value that was to be blanked, though it is cut',
			{ secret: 'x'.repeat(20), rest: 'y'.repeat(20) },
			{ maxPayloadBytes: 24, redact: [['secret']] },
			{ payload: '{"secret":"[redacted]","', payloadBytes: 53 },
		],
	])('%s', (_what, payload, policy, expected) => {
		const { payload: text, payloadBytes } = kept(payload, policy);
		expect({ payload: text, ...(payloadBytes && { payloadBytes }) }).toEqual(expected);
	});

	it('is never more than it may be, whatever its size', () => {
		const { payload, payloadBytes } = kept({ text: '🛒'.repeat(100_000) });
		expect(Buffer.byteLength(payload ?? '')).toBeLessThanOrEqual(16 * 1024);
		expect(payloadBytes).toBe(400_011);
	});
});

it('keeps who, when and why of an event', () => {
	const cause = createEvent({ type: 'a', payload: {} }, { now: NOW, defaultSource: 'x', cause: null });
	const event = createEvent(
		{ type: 'b', payload: 1, subject: 'ord_1', version: '2.0' },
		{ now: NOW, defaultSource: 'y', cause },
	);
	expect(keptEvent(event, DEFAULT_POLICY)).toEqual({
		eventId: event.event_id,
		source: 'y',
		eventType: 'b',
		eventVersion: '2.0',
		subject: 'ord_1',
		correlationId: cause.metadata.correlation_id,
		causationId: cause.event_id,
		hops: 1,
		occurredAt: '2026-01-01T00:00:00.000Z',
		payload: '1',
	});
});

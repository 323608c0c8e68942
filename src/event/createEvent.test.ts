import { isEventBusError } from '../kernel/errors';
import { createEvent, type CreateContext, type EventDraft } from './createEvent';
import type { EventEnvelope } from './envelope';
import { timeOfEventId } from './ids';
import { orderingKeyOf } from './orderingKey';
import { parseTraceparent } from './traceContext';

const NOW = Date.parse('2026-02-27T10:30:00.000Z');
const context: CreateContext = { now: NOW, defaultSource: 'n8n/Order Validator', cause: null };
const draft: EventDraft = { type: 'order.created', payload: { order_id: 'ord_1', total: 3 } };
const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00';

function caused(cause: EventEnvelope, change: Partial<EventDraft> = {}, effect?: readonly string[]): EventEnvelope {
	return createEvent({ ...draft, type: 'order.validated', ...change }, { ...context, now: NOW + 5_000, cause, effect });
}

function refusal(change: Partial<EventDraft>): { code: string; message: string } {
	try {
		createEvent({ ...draft, ...change }, context);
	} catch (error) {
		if (isEventBusError(error)) return { code: error.code, message: error.message };
		throw error;
	}
	throw new Error('It was accepted');
}

describe('a root event', () => {
	it('has every field of the envelope, and none that nobody gave', () => {
		const event = createEvent(draft, context);
		expect(event).toEqual({
			event_id: expect.stringMatching(/^evt_/) as string,
			event_type: 'order.created',
			event_version: '1.0',
			occurred_at: '2026-02-27T10:30:00.000Z',
			source: 'n8n/Order Validator',
			payload: { order_id: 'ord_1', total: 3 },
			metadata: {
				correlation_id: expect.stringMatching(/^corr_/) as string,
				hops: 0,
				timestamp: '2026-02-27T10:30:00.000Z',
				traceparent: expect.stringMatching(/^00-.*-01$/) as string,
			},
		});
		expect(Object.keys(event.metadata)).not.toContain('causation_id');
	});

	it('takes every field of the draft', () => {
		const event = createEvent(
			{
				...draft,
				version: '2.1',
				source: 'shop',
				subject: 'ord_1',
				orderingKey: 'customer_7',
				id: 'evt_mine',
				occurredAt: '2026-02-27T11:00:00+01:00',
				correlationId: 'corr_mine',
				expiresAt: '2026-03-01T00:00:00Z',
				dataSchema: 'https://example.com/order.json',
				idempotencyKey: 'once',
				traceparent: TRACEPARENT,
				tracestate: 'a=1',
				replyTo: 'events.replies',
			},
			{ ...context, workflowId: 'wf1', executionId: '42' },
		);
		expect(event).toEqual({
			event_id: 'evt_mine',
			event_type: 'order.created',
			event_version: '2.1',
			occurred_at: '2026-02-27T10:00:00.000Z',
			source: 'shop',
			subject: 'ord_1',
			payload: { order_id: 'ord_1', total: 3 },
			metadata: {
				correlation_id: 'corr_mine',
				hops: 0,
				timestamp: '2026-02-27T10:30:00.000Z',
				workflow_id: 'wf1',
				execution_id: '42',
				traceparent: TRACEPARENT,
				tracestate: 'a=1',
				idempotency_key: 'once',
				expires_at: '2026-03-01T00:00:00.000Z',
				data_schema: 'https://example.com/order.json',
				ordering_key: 'customer_7',
				reply_to: 'events.replies',
			},
		});
	});

	it('takes an empty field for one that was not given', () => {
		const event = createEvent({ ...draft, source: '', subject: '', id: '', occurredAt: '', traceparent: '' }, context);
		expect(event.source).toBe('n8n/Order Validator');
		expect(event.subject).toBeUndefined();
		expect(timeOfEventId(event.event_id)).toBe(NOW);
	});

	it('is another event each time, even at one place with one payload', () => {
		const place = { ...context, effect: ['node', '0', '0'] };
		expect(createEvent(draft, place).event_id).not.toBe(createEvent(draft, place).event_id);
	});

	it('makes a payload of n8n values plain', () => {
		const event = createEvent({ ...draft, payload: { at: new Date(0), nothing: undefined } }, context);
		expect(event.payload).toEqual({ at: '1970-01-01T00:00:00.000Z' });
	});
});

describe('a caused event', () => {
	const root = createEvent({ ...draft, traceparent: TRACEPARENT, tracestate: 'a=1' }, context);

	it('continues correlation, causation, hops and trace of its cause', () => {
		const child = caused(root);
		const grandchild = caused(child);
		expect([root, child, grandchild].map((event) => event.metadata.hops)).toEqual([0, 1, 2]);
		expect(new Set([root, child, grandchild].map((event) => event.metadata.correlation_id)).size).toBe(1);
		expect(child.metadata.causation_id).toBe(root.event_id);
		expect(grandchild.metadata.causation_id).toBe(child.event_id);
		const traces = [root, child, grandchild].map((event) => parseTraceparent(event.metadata.traceparent ?? ''));
		expect(new Set(traces.map((trace) => trace?.traceId)).size).toBe(1);
		expect(new Set(traces.map((trace) => trace?.spanId)).size).toBe(3);
		expect(traces.map((trace) => trace?.sampled)).toEqual([false, false, false]);
		expect(child.metadata.tracestate).toBe('a=1');
	});

	it('keeps a trace context that the user set', () => {
		const mine = '00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-01';
		const child = caused(root, { traceparent: mine });
		expect(child.metadata.traceparent).toBe(mine);
		expect(child.metadata.tracestate).toBeUndefined();
	});

	it('begins a new trace when that of its cause cannot be read', () => {
		const broken = { ...root, metadata: { ...root.metadata, traceparent: 'broken' } };
		expect(caused(broken).metadata.traceparent).toMatch(/^00-[0-9a-f]{32}-/);
		expect(caused(broken).metadata.tracestate).toBeUndefined();
	});

	it('has a correlation id that the user set', () => {
		expect(caused(root, { correlationId: 'corr_mine' }).metadata.correlation_id).toBe('corr_mine');
	});

	describe('of a named place', () => {
		const place = ['node-1', '0', '0'];
		const first = caused(root, {}, place);

		it('is the same event when the run is repeated, whatever the order of the keys', () => {
			const again = caused(root, { payload: { total: 3, order_id: 'ord_1' } }, [...place]);
			expect(again.event_id).toBe(first.event_id);
			expect(timeOfEventId(first.event_id)).toBe(NOW);
		});

		it.each<[string, EventEnvelope]>([
			['payload', caused(root, { payload: { order_id: 'ord_1', total: 4 } }, place)],
			['type', caused(root, { type: 'order.rejected' }, place)],
			['item', caused(root, {}, ['node-1', '0', '1'])],
			['place of fewer parts', caused(root, {}, ['node-1', '0'])],
			['cause', caused(createEvent(draft, context), {}, place)],
			['source of the cause', caused({ ...root, source: 'other' }, {}, place)],
		])('is another event for another %s', (_name, other) => {
			expect(other.event_id).not.toBe(first.event_id);
		});

		it('is the same event after a cause whose times differ from delivery to delivery', () => {
			const foreign = { ...root, event_id: 'evt_123456789' };
			const later = { ...foreign, occurred_at: '2026-03-01T00:00:00.000Z' };
			expect(caused(later, {}, place).event_id).toBe(caused(foreign, {}, place).event_id);
			expect(timeOfEventId(caused(foreign, {}, place).event_id)).toBe(0);
		});

		it('has the id that the user gave', () => {
			expect(caused(root, { id: 'evt_mine' }, place).event_id).toBe('evt_mine');
		});
	});

	it('of no named place is another event each time', () => {
		expect(caused(root).event_id).not.toBe(caused(root).event_id);
	});
});

describe('what cannot be published', () => {
	it.each<[string, Partial<EventDraft>, string]>([
		['a pattern as type', { type: 'order.#' }, 'is a pattern'],
		['no payload', { payload: undefined }, 'payload is not JSON'],
		['a forbidden key', { payload: JSON.parse('{"__proto__":1}') as unknown }, 'payload.__proto__ is a key'],
		['a local time', { occurredAt: '2026-02-27T10:30:00' }, 'Occurred At is "2026-02-27T10:30:00"'],
		['an expiry that is no time', { expiresAt: 'tomorrow' }, 'Expires At is "tomorrow"'],
		['a broken traceparent', { traceparent: '00-1-2-3' }, '"00-1-2-3" is not a W3C traceparent'],
		['a subject with a line break', { subject: 'a\nb' }, 'subject contains a control character'],
		['an id that is too long', { id: 'x'.repeat(201) }, 'event_id is longer than 200 characters'],
		['a version with a wildcard', { version: '1.*' }, 'wildcard'],
	])('is %s', (_name, change, message) => {
		const error = refusal(change);
		expect(error.code).toBe('settings');
		expect(error.message).toContain(message);
	});

	it('is a payload beyond the size of an event', () => {
		expect(refusal({ payload: 'x'.repeat(1_048_577) }).code).toBe('too-large');
	});
});

it.each([
	[{ orderingKey: 'k', subject: 's', correlationId: 'c' }, 'k'],
	[{ subject: 's', correlationId: 'c' }, 's'],
	[{ correlationId: 'c' }, 'c'],
])('orders %j by %p', (change, key) => {
	expect(orderingKeyOf(createEvent({ ...draft, ...change }, context))).toBe(key);
});

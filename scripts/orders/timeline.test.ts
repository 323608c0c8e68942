import type { EventEnvelope } from '../../src/event/envelope';
import { differenceOf, timelineLine } from './timeline';

const BEGIN_MS = Date.parse('2026-01-01T00:00:00.000Z');

function event(type: string, hops: number, payload: EventEnvelope['payload']): EventEnvelope {
	return {
		event_id: 'evt_1',
		event_type: type,
		event_version: '1.0',
		occurred_at: '2026-01-01T00:00:00.000Z',
		source: 'inventory-service',
		payload,
		metadata: { correlation_id: 'corr_1', hops, timestamp: '2026-01-01T00:00:00.000Z' },
	};
}

describe('a line of the timeline', () => {
	it('stands at the left for the event that began it', () => {
		expect(timelineLine(event('order.created', 0, {}), BEGIN_MS)).toMatch(
			/^ {4}0\.00 s {2}order\.created +inventory-service$/,
		);
	});

	it('is indented by what lies between it and the first event', () => {
		expect(timelineLine(event('payment.processed', 2, {}), BEGIN_MS - 1234)).toMatch(
			/^ {4}1\.23 s {4}└ payment\.processed /,
		);
	});

	it('shows the plain fields of the payload that fit, and nothing nested', () => {
		const payload = { order_id: 'ord_1', items: [1, 2], total: 12, note: 'x'.repeat(100) };
		expect(timelineLine(event('order.created', 0, payload), BEGIN_MS)).toMatch(/ order_id=ord_1 total=12$/);
	});
});

describe('the difference to what is expected', () => {
	it.each([
		['nothing when all came', { a: 1, b: 1 }, ['b', 'a'], [], []],
		['the type that did not come', { a: 1, b: 1 }, ['a'], ['b'], []],
		['one of two when it came once', { a: 2 }, ['a'], ['a'], []],
		['a type that came twice instead of once', { a: 1 }, ['a', 'a'], [], ['a']],
		['a type nobody expected', { a: 1 }, ['x', 'a'], [], ['x']],
	])('is %s', (_name, expected, seen, missing, surplus) => {
		expect(differenceOf(expected, seen)).toEqual({ missing, surplus });
	});
});

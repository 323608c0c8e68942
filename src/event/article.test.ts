// The messages of the article that this package answers, character for character.
import type { WireMessage } from '../broker/types';
import { decodeMessage, type Origin } from './codec';

const origin: Origin = {
	broker: 'rabbitmq',
	channel: 'order_events',
	cursor: '42',
	receivedAt: Date.parse('2026-02-27T10:31:00Z'),
};

const STRUCTURE_EXAMPLE = `{
"event_id": "evt_123456789",
"event_type": "order.created",
"event_version": "1.0",
"occurred_at": "2026-02-27T10:30:00Z",
"source": "ecommerce-api",
"payload": {
"order_id": "ord_987654321",
"customer_id": "cust_12345",
"total_amount": 299.99,
"items": [
{
"sku": "PROD-001",
"quantity": 2,
"price": 149.99
}
]
},
"metadata": {
"correlation_id": "corr_abc123",
"workflow_id": "wf_order_processing"
}
}`;

function decode(body: string, change: Partial<WireMessage> = {}) {
	const decoded = decodeMessage({ id: '', type: '', body: Buffer.from(body), headers: {}, ...change }, origin);
	if (!decoded.ok) throw new Error(decoded.error);
	return decoded;
}

it('the event structure example is an event, and keeps every field it has', () => {
	const { event, format } = decode(STRUCTURE_EXAMPLE);
	expect(format).toBe('event-bus');
	expect(event).toMatchObject(JSON.parse(STRUCTURE_EXAMPLE) as object);
	expect(event.metadata).toEqual({
		correlation_id: 'corr_abc123',
		workflow_id: 'wf_order_processing',
		hops: 0,
		timestamp: '2026-02-27T10:30:00Z',
	});
});

it.each([
	[
		'order.validated',
		'{"event_type": "order.validated", "payload": {"order_id": "ord_987654321", "validation_result": "success"}}',
	],
	[
		'order.validation_failed',
		'{"event_type": "order.validation_failed", "payload": {"order_id": "ord_987654321", "errors": ["no items"]}}',
	],
	[
		'inventory.reserved',
		'{"event_type": "inventory.reserved", "payload": {"order_id": "ord_987654321", "reservation_id": "res_1"}}',
	],
	[
		'payment.processed',
		'{"event_type": "payment.processed", "payload": {"order_id": "ord_987654321", "payment_id": "pay_1"}}',
	],
])('what the choreography publishes as %s is an event, completed', (type, body) => {
	const { event, format } = decode(body);
	expect(format).toBe('event-bus');
	expect(event).toEqual({
		event_id: expect.stringMatching(/^evt_/) as string,
		event_type: type,
		event_version: '1.0',
		occurred_at: '2026-02-27T10:31:00.000Z',
		source: 'unknown/order_events',
		payload: (JSON.parse(body) as { payload: unknown }).payload,
		metadata: { correlation_id: event.event_id, hops: 0, timestamp: '2026-02-27T10:31:00.000Z' },
	});
	expect(decode(body).event.event_id).toBe(event.event_id);
});

it('what the RabbitMQ example publishes is an event, whatever its routing key', () => {
	const message = {
		event_type: 'order.created',
		payload: { order_id: 'ord_987654321' },
		metadata: { workflow_id: 'wf_order_processing', execution_id: '231', timestamp: '2026-02-27T10:30:00.000Z' },
	};
	const { event } = decode(JSON.stringify(message), { type: 'order.#' });
	expect(event).toMatchObject({ ...message, occurred_at: '2026-02-27T10:30:00.000Z', source: 'unknown/order_events' });
});

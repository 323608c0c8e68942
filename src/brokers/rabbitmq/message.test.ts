import { fromDelivery, orderOf, receivesOf, toProperties, withReason } from './message';

const message = { id: 'e1', type: 'order.created', body: Buffer.from('{}'), headers: {} };
const delivered = (properties: object, fields: object = {}) => ({
	content: Buffer.from('{}'),
	fields: { exchange: 'events', routingKey: 'order.created', redelivered: false, ...fields },
	properties,
});

it('puts into properties what has one, and the rest into headers', () => {
	const headers = {
		'content-type': 'application/json',
		'correlation-id': 'c1',
		'reply-to': 'replies',
		priority: '5',
		timestamp: '2026-01-02T03:04:05Z',
		region: 'eu',
	};
	expect(toProperties({ ...message, headers, orderingKey: 'k1', expiresAt: 7 }, false)).toEqual({
		deliveryMode: 2,
		messageId: 'e1',
		contentType: 'application/json',
		correlationId: 'c1',
		replyTo: 'replies',
		priority: 5,
		timestamp: 1_767_323_045,
		headers: { region: 'eu', 'eb-key': 'k1', 'eb-expires-at': '7' },
	});
});

it('carries the type along where the key is the name of a queue', () => {
	const { headers } = toProperties(message, true) as { headers: Record<string, string> };
	expect(headers['eb-type']).toBe('order.created');
	const back = fromDelivery(delivered({ messageId: 'e1', headers }, { exchange: '', routingKey: 'events:billing' }));
	expect(back).toEqual(message);
});

it('keeps what is too long for a property', () => {
	const id = 'x'.repeat(300);
	const properties = toProperties({ ...message, id, headers: { 'content-type': id } }, false);
	expect(properties).toEqual({ deliveryMode: 2, headers: { 'eb-id': id, 'content-type': id } });
	expect(fromDelivery(delivered(properties))).toMatchObject({ id, headers: { 'content-type': id } });
});

it('takes what other clients send for a number that is none as a header', () => {
	const { headers } = toProperties({ ...message, headers: { priority: 'high', timestamp: 'now' } }, false);
	expect(headers).toEqual({ priority: 'high', timestamp: 'now' });
});

it('leaves out what the server wrote, and what would send copies to others', () => {
	const headers = { 'x-death': [], 'x-first-death-queue': 'q', 'x-delivery-count': 3, CC: ['other'], 'x-note': 'kept' };
	expect(fromDelivery(delivered({ headers })).headers).toEqual({ 'x-note': 'kept' });
});

it.each([
	['sent to a queue by its name', { exchange: '', routingKey: 'legacy' }, ''],
	['sent to an exchange', { exchange: 'legacy', routingKey: 'eu.orders' }, 'eu.orders'],
])('the type of a foreign message %s', (_how, fields, type) => {
	expect(fromDelivery(delivered({}, fields))).toMatchObject({ id: '', type });
});

it.each([
	[{ headers: { 'x-delivery-count': 4 } }, false, 5],
	[{}, true, 2],
	[{}, false, 1],
])('counts deliveries as the server does: %j', (properties, redelivered, expected) => {
	expect(receivesOf(delivered(properties, { redelivered }))).toBe(expected);
});

describe('a message that the server gave up', () => {
	const death = (reason: string) => ({
		headers: { 'x-death': [{ reason, queue: 'events:billing', time: { '!': 'timestamp', value: 1_767_323_045 } }] },
	});

	it.each([
		['expired', 'expired'],
		['delivery_limit', 'broker'],
		['rejected', 'broker'],
	])('%s has the reason %s', (reason, expected) => {
		const native = delivered(death(reason), { routingKey: 'billing' });
		expect(withReason(fromDelivery(native), native).headers).toMatchObject({
			'eb-dl-reason': expected,
			'eb-dl-group': 'billing',
			'eb-dl-at': '1767323045000',
		});
	});

	it('keeps the reason it was given before', () => {
		const given = { ...message, headers: { 'eb-dl-reason': 'permanent' } };
		expect(withReason(given, delivered(death('expired')))).toBe(given);
	});
});

it('orders what goes to one queue, also within a millisecond', () => {
	const orders = Array.from({ length: 50 }, () => {
		const { headers } = toProperties(message, true) as { headers: Record<string, string> };
		return orderOf(delivered({ headers })) ?? 0;
	});
	expect(orders).toEqual(orders.toSorted((a, b) => a - b));
	expect(new Set(orders).size).toBe(50);
});

/**
 * n8n's own RabbitMQ nodes and ours on one RabbitMQ.
 */
import type { INodeParameters } from 'n8n-workflow';
import { publish, trigger } from '../engine/openBus';
import { builtIn, builtInCredential, firstItem, listenWith, sendBy, withBuiltInNodes } from './builtInNodes';

const both = withBuiltInNodes('rabbitmq', (server) => {
	const { hostname, port, username, password } = new URL(server.url());
	return builtInCredential('rabbitmq', { hostname, port: Number(port), vhost: '/', username, password });
});

const theirNode = (parameters: INodeParameters) => builtIn('rabbitmq', 'rabbitmq', parameters, 1.2);
const theirTrigger = (queue: string, options: INodeParameters = {}) =>
	builtIn('rabbitmqTrigger', 'rabbitmq', { queue, options: { assertQueue: true, durable: true, ...options } });
const PARSED = { jsonParseBody: true, onlyContent: true };

it('what their node sends to the exchange is an event named by the routing key', async () => {
	const exchange = { mode: 'exchange', exchange: 'events', exchangeType: 'topic', routingKey: 'order.created' };
	await sendBy(both.bus, theirNode(exchange), { order_id: 'ord_1' });
	expect(await both.bus.event('order.created')).toMatchObject({ payload: { order_id: 'ord_1' } });
});

it('their trigger gets our events through a queue bound to the exchange', async () => {
	const binding = { bindings: [{ exchange: 'events', routingKey: 'payment.*' }] };
	const theirs = await listenWith(both.bus, theirTrigger('their.payments', { ...PARSED, binding }));
	const { event_id } = await both.bus.publish('payment.processed', { order_id: 'ord_2' });
	expect(await firstItem(both.bus, theirs)).toMatchObject({
		event_id,
		event_type: 'payment.processed',
		payload: { order_id: 'ord_2' },
	});
});

describe('on a queue that exists already', () => {
	const queue = 'legacy.orders';

	it('our trigger reads what their node sends', async () => {
		// Their trigger makes the queue, as it did long ago.
		await both.bus.engine.deactivate((await listenWith(both.bus, theirTrigger(queue), 'Past')).id);
		const ours = await listenWith(both.bus, trigger('#', { existing: queue }), 'Ours');
		await sendBy(both.bus, theirNode({ mode: 'queue', queue }), { order_id: 'ord_3' });
		expect(await firstItem(both.bus, ours)).toMatchObject({
			event_type: 'foreign.message',
			payload: { order_id: 'ord_3' },
			delivery: { broker: 'rabbitmq', channel: queue, attempt: 1 },
		});
		await both.bus.engine.deactivate(ours.id);
	});

	it('their trigger reads what our node sends', async () => {
		const theirs = await listenWith(both.bus, theirTrigger(queue, PARSED), 'Theirs');
		const to = { sendTo: 'existing', existing: queue, payloadSource: 'inputItem', options: { format: 'raw' } };
		await sendBy(both.bus, publish('order.paid', to), { order_id: 'ord_4' });
		expect(await firstItem(both.bus, theirs)).toEqual({ order_id: 'ord_4' });
	});
});

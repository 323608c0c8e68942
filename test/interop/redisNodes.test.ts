/**
 * n8n's own Redis nodes and ours on one Redis. Theirs know Pub/Sub and lists, and no streams.
 */
import { publish, trigger } from '../engine/openBus';
import { builtIn, builtInCredential, firstItem, listenWith, sendBy, withBuiltInNodes } from './builtInNodes';

const both = withBuiltInNodes('redis-pubsub', ({ host, port }) =>
	builtInCredential('redis', { host, port, database: 0, user: '', password: '', ssl: false }),
);

const theirNode = (channel: string) =>
	builtIn('redis', 'redis', { operation: 'publish', channel, messageData: '={{ JSON.stringify($json) }}' });
const theirTrigger = (channels: string) =>
	builtIn('redisTrigger', 'redis', { channels, options: { jsonParseBody: true } });

it('what their node publishes to the channel is an event', async () => {
	await sendBy(both.bus, theirNode('events'), { event_type: 'order.created', payload: { order_id: 'ord_1' } });
	expect(await both.bus.event('order.created')).toMatchObject({ payload: { order_id: 'ord_1' } });
});

it('their trigger gets our events from the channel', async () => {
	const theirs = await listenWith(both.bus, theirTrigger('events'));
	const { event_id } = await both.bus.publish('payment.processed', { order_id: 'ord_2' });
	expect(await firstItem(both.bus, theirs)).toMatchObject({
		channel: 'events',
		message: { event_id, event_type: 'payment.processed', payload: { order_id: 'ord_2' } },
	});
});

it('both work with a channel that somebody else named', async () => {
	const channel = 'legacy:orders';
	const ours = await listenWith(both.bus, trigger('#', { existing: channel }), 'Ours');
	await sendBy(both.bus, theirNode(channel), { order_id: 'ord_3' });
	expect(await firstItem(both.bus, ours)).toMatchObject({
		event_type: 'foreign.message',
		payload: { order_id: 'ord_3' },
	});

	const theirs = await listenWith(both.bus, theirTrigger(channel), 'Theirs');
	const to = { sendTo: 'existing', existing: channel, payloadSource: 'inputItem', options: { format: 'raw' } };
	await sendBy(both.bus, publish('order.paid', to), { order_id: 'ord_4' });
	expect(await firstItem(both.bus, theirs)).toEqual({ channel, message: { order_id: 'ord_4' } });
});

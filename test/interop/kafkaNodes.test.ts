/**
 * n8n's own Kafka nodes and ours on one Kafka.
 */
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { publish, trigger } from '../engine/openBus';
import { builtIn, builtInCredential, firstItem, listenWith, sendBy, withBuiltInNodes } from './builtInNodes';
import { Kcat } from './kcat';

const both = withBuiltInNodes('kafka', ({ host, port }) =>
	builtInCredential('kafka', { clientId: 'theirs', brokers: `${host}:${port}`, ssl: false, authentication: false }),
);

const theirNode = (parameters: INodeParameters) =>
	builtIn('kafka', 'kafka', { options: { acks: true }, ...parameters });
const theirTrigger = (topic: string) => {
	const options = { fromBeginning: true, jsonParseMessage: true };
	const parameters = { topic, groupId: `theirs-${topic}`, resolveOffset: 'onSuccess', options };
	return builtIn('kafkaTrigger', 'kafka', parameters, 1.3);
};
const has = (text: string) => (item: IDataObject) => JSON.stringify(item).includes(text);

it('what their node sends to the topic is an event, with its key', async () => {
	const item = { event_type: 'order.created', payload: { order_id: 'ord_1' } };
	await sendBy(both.bus, theirNode({ topic: 'events', useKey: true, key: 'customer-7' }), item);
	expect(await both.bus.event('order.created')).toMatchObject({
		payload: { order_id: 'ord_1' },
		metadata: { ordering_key: 'customer-7' },
	});
});

it('their trigger gets our events from the topic', async () => {
	const { event_id } = await both.bus.publish('payment.processed', { order_id: 'ord_2' });
	const theirs = await listenWith(both.bus, theirTrigger('events'));
	expect(await firstItem(both.bus, theirs, has(event_id))).toMatchObject({
		topic: 'events',
		message: { event_id, event_type: 'payment.processed', payload: { order_id: 'ord_2' } },
	});
});

describe('on a topic that exists already', () => {
	const topic = 'legacy.orders';
	beforeAll(async () => await new Kcat(both.server).produce(topic, { body: '{"made":"long ago"}' }), 60_000);

	it('our trigger reads what their node sends', async () => {
		const ours = await listenWith(both.bus, trigger('#', { existing: topic }), 'Ours');
		await sendBy(both.bus, theirNode({ topic }), { order_id: 'ord_3' });
		expect(await firstItem(both.bus, ours)).toMatchObject({
			event_type: 'foreign.message',
			payload: { order_id: 'ord_3' },
			delivery: { broker: 'kafka', channel: topic, attempt: 1 },
		});
	});

	it('their trigger reads what our node sends', async () => {
		const theirs = await listenWith(both.bus, theirTrigger(topic), 'Theirs');
		const to = { sendTo: 'existing', existing: topic, payloadSource: 'inputItem', options: { format: 'raw' } };
		await sendBy(both.bus, publish('order.paid', to), { order_id: 'ord_4' });
		expect(await firstItem(both.bus, theirs, has('ord_4'))).toEqual({ message: { order_id: 'ord_4' }, topic });
	});
});

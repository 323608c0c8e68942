/**
 * A service in Python with pika and us on one RabbitMQ.
 */
import { event } from '../conformance/events';
import { onServer, received, theEvent } from './onServer';
import * as pika from './pika';
import { ensurePython } from './python';

const rabbitmq = onServer('rabbitmq', ensurePython);

describe('pika to us', () => {
	rabbitmq.promise('JSON sent to the exchange is an event named by the routing key', async ({ rig, server }) => {
		const from = rig.channel();
		const ours = await rig.consume({ from, types: ['order.*'] });
		await pika.publish(server.url(), {
			exchange: from.channel,
			routingKey: 'order.created',
			body: '{"order_id":"ord_1"}',
			headers: { region: 'eu', size: 3 },
		});
		expect(await theEvent(ours)).toMatchObject({
			event_type: 'order.created',
			source: `unknown/${from.channel}`,
			payload: { order_id: 'ord_1' },
		});
	});

	rabbitmq.promise('the attributes of a CloudEvent may be named as AMQP names them', async ({ rig, server }) => {
		const from = rig.channel();
		const ours = await rig.consume({ from, types: ['order.*'] });
		const attributes = { specversion: '1.0', id: 'ce_1', source: '/shop', type: 'order.created', region: 'eu' };
		const prefixed = Object.entries(attributes).map(([name, value]) => [`cloudEvents:${name}`, value]);
		await pika.publish(server.url(), {
			exchange: from.channel,
			routingKey: 'order.created',
			body: '{"order_id":"ord_1"}',
			contentType: 'application/json',
			headers: Object.fromEntries(prefixed) as Record<string, string>,
		});
		expect(await theEvent(ours)).toMatchObject({
			event_id: 'ce_1',
			source: '/shop',
			payload: { order_id: 'ord_1' },
			metadata: { cloudevents: { region: 'eu' } },
		});
	});

	rabbitmq.promise('a queue that somebody else declared is read as it is, bytes and all', async ({ rig, server }) => {
		const queue = `legacy.${Date.now()}`;
		await pika.declareQueue(server.url(), queue);
		const body = Buffer.from([0xff, 0x00, 0x0a, 0xfe]);
		for (const copy of [body, body]) await pika.publish(server.url(), { exchange: '', routingKey: queue, body: copy });
		const ours = await rig.consume({ from: { kind: 'existing', name: queue } });
		const [first, second] = await received(ours, 2);
		expect(first).toMatchObject({ payload: { data_base64: body.toString('base64') } });
		expect(first?.event_id).not.toBe(second?.event_id);
	});
});

describe('us to pika', () => {
	rabbitmq.promise('a queue bound to the exchange gets the event as JSON', async ({ rig, server }) => {
		const to = rig.channel();
		await rig.consume({ from: to });
		const queue = `theirs.${Date.now()}`;
		await pika.declareQueue(server.url(), queue, to.channel, 'order.*');
		const sent = event({ payload: { order_id: 'ord_1' } });
		await rig.publish(to, [sent], { headers: { region: 'eu' } });
		const got = await pika.read(server.url(), queue);
		expect(JSON.parse(got.body)).toEqual(sent);
		expect(got).toMatchObject({
			routing_key: 'order.created',
			content_type: 'application/vnd.event-bus+json;v=1',
			message_id: sent.event_id,
			delivery_mode: 2,
			headers: { region: 'eu', 'eb-event-version': '1.0' },
		});
	});

	rabbitmq.promise('a queue that somebody else declared gets the bare payload', async ({ rig, server }) => {
		const queue = `legacy.${Date.now()}`;
		await pika.declareQueue(server.url(), queue);
		const to = { kind: 'existing', name: queue } as const;
		const sent = event({ payload: { order_id: 'ord_1' } });
		await rig.publish(to, [sent], { format: 'raw', provision: 'verify' });
		expect(await pika.read(server.url(), queue)).toMatchObject({
			body: '{"order_id":"ord_1"}',
			content_type: 'application/json',
		});
	});
});

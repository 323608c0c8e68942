/**
 * A service in Python with boto3 and us on SNS and SQS.
 */
import { randomUUID } from 'node:crypto';
import { event } from '../conformance/events';
import * as boto3 from './boto3';
import { onServer, theEvent } from './onServer';
import { ensurePython } from './python';

const sqs = onServer('sqs', ensurePython);

const ORDER_CREATED = '{"event_type":"order.created","payload":{"order_id":"ord_1"}}';

describe('boto3 to us', () => {
	sqs.promise('a type and a payload published to the topic are an event', async ({ rig, server }) => {
		const from = rig.channel();
		const ours = await rig.consume({ from });
		await boto3.publishToTopic(server, from.channel, ORDER_CREATED);
		expect(await theEvent(ours)).toMatchObject({ event_type: 'order.created', payload: { order_id: 'ord_1' } });
	});

	sqs.promise('a topic with attributes', async ({ rig, server }) => {
		const from = rig.channel();
		const ours = await rig.consume({ from });
		await boto3.publishToTopic(server, from.channel, '{"order_id":"ord_1"}', { region: 'eu' });
		expect(await theEvent(ours)).toMatchObject({ event_type: 'foreign.message', payload: { order_id: 'ord_1' } });
	});

	sqs.promise('a queue that somebody else made is read and written as it is', async ({ rig, server }) => {
		const queue = `legacy-${randomUUID()}`;
		await boto3.createQueue(server, queue);
		const existing = { kind: 'existing', name: queue } as const;
		const ours = await rig.consume({ from: existing });
		await boto3.sendToQueue(server, queue, '{"order_id":"ord_1"}', { region: 'eu' });
		expect(await theEvent(ours)).toMatchObject({ event_type: 'foreign.message', payload: { order_id: 'ord_1' } });
	});

	sqs.promise('a queue that somebody else reads gets the bare payload', async ({ rig, server }) => {
		const queue = `legacy-${randomUUID()}`;
		await boto3.createQueue(server, queue);
		const to = { kind: 'existing', name: queue } as const;
		await rig.publish(to, [event({ payload: { order_id: 'ord_1' } })], { format: 'raw', provision: 'verify' });
		expect(await boto3.receive(server, queue)).toMatchObject({ body: '{"order_id":"ord_1"}' });
	});
});

describe('us to boto3', () => {
	sqs.promise('a queue subscribed to the topic gets the event as JSON', async ({ rig, server }) => {
		const to = rig.channel();
		await rig.consume({ from: to });
		const queue = `theirs-${randomUUID()}`;
		await boto3.createQueue(server, queue, to.channel);
		const sent = event({ key: 'customer-7' });
		await rig.publish(to, [sent], { headers: { region: 'eu' } });
		const got = await boto3.receive(server, queue);
		expect(JSON.parse(got.body)).toEqual(sent);
	});
});

/**
 * Redis' command line client and us, in both directions, on streams and on Pub/Sub.
 */
import { event } from '../conformance/events';
import { onServer, received, theEvent } from './onServer';
import { ensureRedisCli, redisCli, subscribedMessage } from './redisCli';
import { newestEntry } from './wires';

const ORDER_CREATED = '{"event_type":"order.created","payload":{"order_id":"ord_1"}}';

describe('streams', () => {
	const redis = onServer('redis-streams', ensureRedisCli);

	redis.promise('an entry of somebody else is an event with its fields as payload', async ({ rig, server }) => {
		const from = rig.channel();
		const ours = await rig.consume({ from });
		await redisCli(server, 'XADD', from.channel, '*', 'order_id', 'ord_1', 'total', '3');
		expect(await theEvent(ours)).toMatchObject({
			event_type: 'foreign.message',
			source: `unknown/${from.channel}`,
			payload: { order_id: 'ord_1', total: '3' },
		});
	});

	redis.promise('an entry whose only field is JSON is that JSON, under any name', async ({ rig, server }) => {
		const from = rig.channel();
		const ours = await rig.consume({ from, types: ['order.*'] });
		for (const field of ['body', 'data']) await redisCli(server, 'XADD', from.channel, '*', field, ORDER_CREATED);
		const [first, second] = await received(ours, 2);
		expect(first).toMatchObject({ event_type: 'order.created', payload: { order_id: 'ord_1' } });
		expect(second).toMatchObject({ event_type: 'order.created', payload: { order_id: 'ord_1' } });
		expect(first?.event_id).not.toBe(second?.event_id);
	});

	redis.promise('a stream that somebody else made is read and written as it is', async ({ rig, server }) => {
		const stream = `legacy:${Date.now()}`;
		await redisCli(server, 'XADD', stream, '*', 'n', '1');
		const existing = { kind: 'existing', name: stream } as const;
		const start = { at: 'committed', otherwise: { at: 'earliest' } } as const;
		const ours = await rig.consume({ from: existing, start });
		expect(await theEvent(ours)).toMatchObject({ payload: { n: '1' } });
		await rig.publish(existing, [event({ payload: { n: 2 } })], { format: 'raw', provision: 'verify' });
		expect(await newestEntry(server, stream)).toMatchObject({ body: '{"n":2}' });
	});

	redis.promise('a group of theirs gets what a group of ours gets', async ({ rig, server }) => {
		const from = rig.channel();
		const stream = from.channel;
		const ours = await rig.consume({ from });
		await redisCli(server, 'XGROUP', 'CREATE', stream, 'theirs', '$');
		const sent = event();
		await rig.publish(from, [sent]);
		expect((await theEvent(ours)).event_id).toBe(sent.event_id);
		const read = await redisCli(server, 'XREADGROUP', 'GROUP', 'theirs', 'worker', 'STREAMS', stream, '>');
		expect(JSON.stringify(read)).toContain(sent.event_id);
	});

	redis.promise('what we publish is an entry with the event as JSON in the field body', async ({ rig, server }) => {
		const to = rig.channel();
		await rig.consume({ from: to });
		const sent = event({ key: 'customer-7' });
		await rig.publish(to, [sent], { headers: { region: 'eu' } });
		const { body = '', ...others } = await newestEntry(server, to.channel);
		expect(JSON.parse(body)).toEqual(sent);
		expect(others).toMatchObject({
			'content-type': 'application/vnd.event-bus+json;v=1',
			'eb-id': sent.event_id,
			'eb-type': 'order.created',
			'eb-key': 'customer-7',
			region: 'eu',
		});
	});
});

describe('Pub/Sub', () => {
	const redis = onServer('redis-pubsub', ensureRedisCli);

	redis.promise('what PUBLISH sends is an event', async ({ rig, server }) => {
		const from = rig.channel();
		const ours = await rig.consume({ from, types: ['order.*'] });
		await redisCli(server, 'PUBLISH', from.channel, ORDER_CREATED);
		expect(await theEvent(ours)).toMatchObject({ event_type: 'order.created', payload: { order_id: 'ord_1' } });
	});

	redis.promise('SUBSCRIBE gets the event as JSON', async ({ rig, server }) => {
		const to = rig.channel();
		const sent = event({ payload: { customer: 'Zoë "Z" O\'Hara' } });
		const message = await subscribedMessage(server, to.channel, async () => await rig.publish(to, [sent]));
		expect(JSON.parse(message)).toEqual(sent);
	});
});

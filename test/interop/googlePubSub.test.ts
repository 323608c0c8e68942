/**
 * A service in Python with Google's client and us on one Pub/Sub.
 */
import { event } from '../conformance/events';
import * as python from './googlePubSub';
import { onServer, received, theEvent } from './onServer';

const pubSub = onServer('google-pubsub', python.ensureClient);

describe('google-cloud-pubsub to us', () => {
	pubSub.promise('JSON with attributes published to the topic is an event', async ({ rig, server }) => {
		const from = rig.channel();
		const ours = await rig.consume({ from, types: ['order.*'] });
		const body = '{"event_type":"order.created","payload":{"order_id":"ord_1"}}';
		await python.publish(server, from.channel, { body, attributes: { region: 'eu' } });
		expect(await theEvent(ours)).toMatchObject({
			event_type: 'order.created',
			source: `unknown/${from.channel}`,
			payload: { order_id: 'ord_1' },
		});
	});

	pubSub.promise('messages of one ordering key come in their order', async ({ rig, server }) => {
		const from = rig.channel();
		const ours = await rig.consume({ from, order: 'key' });
		for (const n of [0, 1, 2]) {
			await python.publish(server, from.channel, { body: `{"n":${n}}`, orderingKey: 'customer 7' });
		}
		expect((await received(ours, 3)).map(({ payload }) => payload)).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
	});

	pubSub.promise('a subscription that somebody else made is read as it is, bytes and all', async ({ rig, server }) => {
		const name = `legacy-${Date.now()}`;
		await python.createSubscription(server, name, name, true);
		const body = Buffer.from([0xff, 0x00, 0x0a, 0xfe]);
		for (const copy of [body, body]) await python.publish(server, name, { body: copy });
		const ours = await rig.consume({ from: { kind: 'existing', name } });
		const [first, second] = await received(ours, 2);
		expect(first).toMatchObject({ payload: { data_base64: body.toString('base64') } });
		expect(first?.event_id).not.toBe(second?.event_id);
	});
});

describe('us to google-cloud-pubsub', () => {
	pubSub.promise('a subscription of others gets the event as JSON, with type and headers', async ({ rig, server }) => {
		const to = rig.channel();
		await rig.consume({ from: to });
		const theirs = `theirs-${Date.now()}`;
		await python.createSubscription(server, theirs, to.channel);
		const sent = event({ payload: { order_id: 'ord_1' }, key: 'customer 7' });
		await rig.publish(to, [sent], { headers: { region: 'eu' } });
		const got = await python.read(server, theirs);
		expect(JSON.parse(got.body)).toEqual(sent);
		expect(got).toMatchObject({
			ordering_key: 'customer 7',
			attributes: {
				eb_type: 'order.created',
				'content-type': 'application/vnd.event-bus+json;v=1',
				'eb-id': sent.event_id,
				region: 'eu',
			},
		});
	});

	pubSub.promise('a topic that somebody else made gets the bare payload', async ({ rig, server }) => {
		const name = `legacy-${Date.now()}`;
		await python.createSubscription(server, name, name, true);
		const sent = event({ payload: { order_id: 'ord_1' } });
		await rig.publish({ kind: 'existing', name }, [sent], { format: 'raw', provision: 'verify' });
		expect(await python.read(server, name)).toMatchObject({
			body: '{"order_id":"ord_1"}',
			attributes: { 'content-type': 'application/json' },
		});
	});
});

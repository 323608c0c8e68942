/**
 * A service in Python with pulsar-client and us on one Pulsar.
 */
import { randomUUID } from 'node:crypto';
import { event, numberOf } from '../conformance/events';
import { times, until } from '../conformance/waiting';
import { onServer, received, theEvent } from './onServer';
import { ensurePulsarClient, publish, receive, subscribe } from './pulsarClient';

const pulsar = onServer('pulsar', ensurePulsarClient);

describe('pulsar-client to us', () => {
	pulsar.promise('JSON that is an event is that event, with its key', async ({ rig, server }) => {
		const from = rig.channel();
		const ours = await rig.consume({ from, types: ['order.*'] });
		const body = JSON.stringify({ event_type: 'order.created', payload: { order_id: 'ord_1' } });
		await publish(server, from.channel, [{ body, properties: { region: 'eu' }, key: 'ord_1' }]);
		expect(await theEvent(ours)).toMatchObject({
			event_type: 'order.created',
			source: `unknown/${from.channel}`,
			payload: { order_id: 'ord_1' },
		});
	});

	pulsar.promise('each message of a batch is an event of its own, retried and acknowledged by itself', async (both) => {
		const { rig, server } = both;
		const from = rig.channel();
		let failed = 0;
		const ours = await rig.consume({
			from,
			handle: ({ event: each }) => {
				if (numberOf(each) !== 3 || failed > 0) return;
				failed += 1;
				throw new Error('not yet');
			},
		});
		const bodies = times(5, (n) => ({ body: JSON.stringify({ event_type: 'order.created', payload: { n } }) }));
		await publish(server, from.channel, bodies, 'batch');
		await until('all five are done', () => ours.factsOf('done').length === 5);
		expect(new Set(ours.ids).size).toBe(5);
		expect(ours.runs).toHaveLength(6);
		await until('nothing waits', async () => (await rig.groupState(from))?.backlog === 0);
	});

	pulsar.promise('bytes that are no text arrive as they are, each a message of its own', async ({ rig, server }) => {
		const from = rig.channel();
		const ours = await rig.consume({ from });
		const body = Buffer.from([0xff, 0x00, 0x0a, 0xfe]);
		await publish(server, from.channel, [{ body }, { body }]);
		const [first, second] = await received(ours, 2);
		expect(first).toMatchObject({ payload: { data_base64: body.toString('base64') } });
		expect(first?.event_id).not.toBe(second?.event_id);
	});
});

describe('us to pulsar-client', () => {
	pulsar.promise('a subscription of theirs gets the event as JSON, with its headers and its key', async (both) => {
		const { rig, server } = both;
		const to = rig.channel();
		const subscription = `theirs-${randomUUID()}`;
		await subscribe(server, to.channel, subscription);
		const sent = event({ payload: { order_id: 'ord_1' }, key: 'ord_1' });
		await rig.publish(to, [sent], { headers: { region: 'eu' } });
		const got = await receive(server, to.channel, subscription);
		expect(JSON.parse(got.body)).toEqual(sent);
		expect(got).toMatchObject({
			key: 'ord_1',
			topic: `persistent://public/default/${to.channel}`,
			properties: {
				'content-type': 'application/vnd.event-bus+json;v=1',
				'eb-id': sent.event_id,
				'eb-type': 'order.created',
				region: 'eu',
			},
		});
	});

	pulsar.promise('a topic of theirs gets the bare payload', async ({ rig, server }) => {
		const topic = `legacy-${randomUUID()}`;
		await subscribe(server, topic, 'theirs');
		const to = { kind: 'existing', name: `persistent://public/default/${topic}` } as const;
		await rig.publish(to, [event({ payload: { order_id: 'ord_1' } })], { format: 'raw', provision: 'verify' });
		const got = await receive(server, topic, 'theirs');
		expect(got.body).toBe('{"order_id":"ord_1"}');
		expect(got.properties).toMatchObject({ 'content-type': 'application/json' });
	});

	pulsar.promise('a member in Python shares the events of our group', async ({ rig, server }) => {
		const to = rig.channel();
		const ours = await rig.consume({ from: to });
		await ours.consumer.close(1000);
		const sent = event({ payload: { order_id: 'ord_1' } });
		await rig.publish(to, [sent]);
		expect(JSON.parse((await receive(server, to.channel, 'group')).body)).toEqual(sent);
	});
});

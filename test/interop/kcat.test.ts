/**
 * Kafka's command line client and us, in both directions.
 */
import { event } from '../conformance/events';
import { ensureKcat, Kcat } from './kcat';
import { onServer, received, theEvent } from './onServer';

const kafka = onServer('kafka', ensureKcat);

describe('kcat to us', () => {
	kafka.promise('any JSON becomes an event, with the key as its ordering key', async ({ rig, server }) => {
		const from = rig.channel();
		const ours = await rig.consume({ from });
		await new Kcat(server).produce(from.channel, {
			key: 'customer-7',
			headers: { region: 'eu' },
			body: '{"order_id":"ord_1","total":3}',
		});
		expect(await theEvent(ours)).toMatchObject({
			event_type: 'foreign.message',
			source: `unknown/${from.channel}`,
			payload: { order_id: 'ord_1', total: 3 },
			metadata: { ordering_key: 'customer-7', hops: 0 },
		});
	});

	kafka.promise('a type and a payload are enough to be an event of its own type', async ({ rig, server }) => {
		const from = rig.channel();
		const ours = await rig.consume({ from, types: ['order.*'] });
		await new Kcat(server).produce(from.channel, {
			body: '{"event_type":"order.created","payload":{"order_id":"ord_1"}}',
		});
		const got = await theEvent(ours);
		expect(got).toMatchObject({ event_type: 'order.created', event_version: '1.0', payload: { order_id: 'ord_1' } });
		expect(got.event_id).toMatch(/^evt_/);
		expect(Date.now() - Date.parse(got.occurred_at)).toBeLessThan(60_000);
	});

	kafka.promise('bytes arrive as they are, and a tombstone as null', async ({ rig, server }) => {
		const from = rig.channel();
		const ours = await rig.consume({ from });
		const kcat = new Kcat(server);
		const bytes = Buffer.from([0xff, 0x00, 0x0a, 0xfe]);
		await kcat.produce(from.channel, { body: bytes, key: 'k' });
		await kcat.produce(from.channel, { body: null, key: 'k' });
		const payloads = (await received(ours, 2)).map(({ payload }) => payload);
		expect(payloads).toContainEqual({ data_base64: bytes.toString('base64') });
		expect(payloads).toContainEqual(null);
	});

	kafka.promise('two equal messages are two events', async ({ rig, server }) => {
		const from = rig.channel();
		const ours = await rig.consume({ from });
		for (const body of ['{"n":1}', '{"n":1}']) await new Kcat(server).produce(from.channel, { body });
		const [first, second] = await received(ours, 2);
		expect(first?.event_id).not.toBe(second?.event_id);
	});

	kafka.promise('reads a topic that somebody else made, and leaves it as it is', async ({ rig, server }) => {
		const topic = `legacy.${Date.now()}`;
		const kcat = new Kcat(server);
		await kcat.produce(topic, { body: '{"n":1}' });
		const existing = { kind: 'existing', name: topic } as const;
		const start = { at: 'committed', otherwise: { at: 'earliest' } } as const;
		const ours = await rig.consume({ from: existing, start });
		expect(await theEvent(ours)).toMatchObject({ payload: { n: 1 } });
		await rig.publish(existing, [event({ id: 'evt_ours', payload: { n: 2 } })], { provision: 'verify' });
		expect((await kcat.consume(topic, 2)).map(({ payload }) => payload)[1]).toContain('"evt_ours"');
	});
});

describe('us to kcat', () => {
	kafka.promise('the value is the event as JSON, the key its ordering key', async ({ rig, server }) => {
		const to = rig.channel();
		const sent = event({ key: 'customer-7', payload: { order_id: 'ord_1' } });
		await rig.publish(to, [sent], { headers: { region: 'eu' } });
		const [record] = await new Kcat(server).consume(to.channel);
		expect(JSON.parse(record?.payload ?? '')).toEqual(sent);
		expect(record).toMatchObject({
			key: 'customer-7',
			headers: { 'content-type': 'application/vnd.event-bus+json;v=1', 'eb-event-version': '1.0', region: 'eu' },
		});
	});

	kafka.promise('of a raw event the value is the payload, bytes as bytes', async ({ rig, server }) => {
		const to = rig.channel();
		const bytes = Buffer.from([0xff, 0x00, 0x0a, 0xfe]);
		const payload = { data_base64: bytes.toString('base64') };
		const metadata = { data_content_type: 'application/octet-stream' };
		await rig.publish(to, [event({ payload, metadata })], { format: 'raw' });
		expect(await new Kcat(server).consumeBytes(to.channel)).toEqual(bytes);
	});
});

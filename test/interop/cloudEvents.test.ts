/**
 * The SDK of CloudEvents on one side and us on the other, on every broker that has headers. Other people's clients carry
 * the messages, so what the SDK reads is what is on the wire.
 */
import { CloudEvent, HTTP, Kafka, type CloudEventV1, type Headers } from 'cloudevents';
import type { EventEnvelope } from '../../src/event/envelope';
import { event } from '../conformance/events';
import { onServer, theEvent } from './onServer';
import { wires, type WireMessage } from './wires';

/** How the SDK writes and reads messages for a broker: Kafka has a binding of its own, the others take that of HTTP. */
interface Binding {
	structured(given: CloudEventV1<unknown>): WireMessage;
	binary(given: CloudEventV1<unknown>): WireMessage;
	read(message: WireMessage): CloudEventV1<unknown>;
}

const http: Binding = {
	structured: (given) => asWire(HTTP.structured(given)),
	binary: (given) => asWire(HTTP.binary(given)),
	read: ({ headers, body }) => one(HTTP.toEvent({ headers, body })),
};
const kafka: Binding = {
	structured: (given) => asWire(Kafka.structured(given)),
	binary: (given) => asWire(Kafka.binary(given)),
	read: ({ headers, body, key }) => one(Kafka.toEvent({ headers, body, value: body, key } as never)),
};

describe.each([
	['kafka', kafka],
	['rabbitmq', http],
	['redis-streams', http],
	['sqs', http],
	['pulsar', http],
] as const)('on %s', (kind, binding) => {
	const wire = wires[kind];
	const broker = onServer(kind, wire.ensure);

	for (const mode of ['structured', 'binary'] as const) {
		broker.promise(`what the SDK writes ${mode} is the same event for us`, async ({ rig, server }) => {
			const from = rig.channel();
			const ours = await rig.consume({ from, types: ['order.*'] });
			const theirs = new CloudEvent({
				type: 'order.created',
				source: '/shop',
				subject: 'ord_1',
				datacontenttype: 'application/json',
				data: { total: 3 },
				region: 'eu',
			});
			await wire.send(server, from.channel, binding[mode](theirs), 'order.created');
			expect(await theEvent(ours)).toMatchObject({
				event_id: theirs.id,
				event_type: 'order.created',
				source: '/shop',
				subject: 'ord_1',
				payload: { total: 3 },
				metadata: { cloudevents: { region: 'eu' } },
			});
		});
	}

	for (const format of ['cloudevents', 'cloudevents-binary'] as const) {
		broker.promise(`what we write as ${format} is the same event for the SDK`, async ({ rig, server }) => {
			const to = rig.channel();
			await rig.consume({ from: to });
			const read = await wire.listen(server, to.channel);
			const ours: EventEnvelope = event({ payload: { total: 3 }, source: '/shop', key: 'customer-7' });
			await rig.publish(to, [ours], { format });
			const theirs = binding.read(await read());
			expect(theirs).toMatchObject({
				specversion: '1.0',
				id: ours.event_id,
				type: ours.event_type,
				source: '/shop',
				time: ours.occurred_at,
				data: { total: 3 },
				correlationid: ours.metadata.correlation_id,
				partitionkey: 'customer-7',
			});
		});
	}
});

function asWire({ headers, body }: { readonly headers: Headers; readonly body: unknown }): WireMessage {
	const texts = Object.entries(headers).flatMap(([name, value]) =>
		value === undefined ? [] : [[name, String(value)] as const],
	);
	return { headers: Object.fromEntries(texts), body: typeof body === 'string' ? body : JSON.stringify(body) };
}

function one<T>(given: T | readonly T[]): T {
	if (!Array.isArray(given)) return given as T;
	throw new Error('The SDK read a batch');
}

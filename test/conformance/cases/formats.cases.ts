/**
 * What travels: every payload as it was, correlation along a chain, CloudEvents of others and for others.
 */
import assert from 'node:assert/strict';
import { CloudEvent, HTTP, type Message } from 'cloudevents';
import { CLOUDEVENTS_CONTENT_TYPE } from '../../../src/event/contentType';
import { createEvent } from '../../../src/event/createEvent';
import type { EventEnvelope, Json } from '../../../src/event/envelope';
import type { Case } from '../case';
import { canonical, event, idsOf } from '../events';
import { takeMessages } from '../bareSubscription';
import type { Rig } from '../rig';
import { assertSame } from '../same';
import { until } from '../waiting';

const PAYLOADS: Readonly<Record<string, Json>> = {
	unicode: 'Grüße, 世界, 🎉, \u0000, \u2028',
	'nested null': { a: null, b: { c: [null, { d: null }] } },
	'empty string': '',
	'empty object': {},
	'empty array': [],
	null: null,
	'64 KiB': 'x'.repeat(64 * 1024),
	'binary as base64': { data: Buffer.from(Array.from({ length: 256 }, (_unused, n) => n)).toString('base64') },
	'2^53+1 as a string': { big: '9007199254740993' },
	numbers: [0, -0, 1.5, -1e-7, 1e21, Number.MAX_SAFE_INTEGER],
	'keys with dots and spaces': { 'a.b': 1, 'c d': 2, '': 3, $e: 4 },
	dates: { at: '2026-02-27T10:30:00.000Z', zoned: '2026-02-27T11:30:00+01:00' },
	booleans: [true, false],
	deep: { a: { b: { c: { d: { e: { f: [[[['deep']]]] } } } } } },
};

export const formatsCases: readonly Case[] = [
	{
		number: 2,
		name: 'envelope_round_trip',
		says: 'delivers 14 shapes of payload as they were published, in every format',
		limitMs: 20_000,
		async run(rig) {
			const binary = rig.capabilities.headers === 'native' ? (['cloudevents-binary'] as const) : [];
			for (const format of ['event-bus', 'cloudevents', ...binary] as const) {
				const channel = rig.channel();
				const one = await rig.consume({ from: channel });
				const published = Object.entries(PAYLOADS).map(([shape, payload]) => event({ payload, metadata: { shape } }));
				await rig.publish(channel, published, { format });
				await until(`all are received as ${format}`, () => one.runs.length === published.length);
				for (const sent of published) {
					const [run] = one.runsOf(sent.event_id);
					assert.equal(canonical(run?.event), canonical(sent), `${format}: ${JSON.stringify(sent.metadata['shape'])}`);
				}
			}
		},
	},
	{
		number: null,
		name: 'headers_round_trip',
		says: 'delivers the headers of the publisher as they were, emoji included, and an empty body as an empty body',
		needs: ['headers'],
		limitMs: 10_000,
		async run(rig) {
			const channel = rig.channel();
			const bare = await rig.subscribe(channel);
			const headers = { 'x-note': 'plain text', 'x-emoji': '🎉 grüße', 'x-empty': '' };
			await rig.publish(channel, [event()], { headers });
			await rig.publishRaw(channel, [''], headers);
			const [ours, empty] = await takeMessages(rig, bare, 2);
			for (const [name, value] of Object.entries(headers)) {
				assert.equal(ours?.headers[name], value, name);
				assert.equal(empty?.headers[name], value, name);
			}
			assert.equal(empty?.body.byteLength, 0);
		},
	},
	{
		number: 38,
		name: 'correlation_and_trace',
		says: 'keeps one correlation and one trace along a chain of three, and a traceparent that the user set',
		limitMs: 10_000,
		async run(rig) {
			const [a, b, c] = [rig.channel(), rig.channel(), rig.channel()];
			const context = (cause: EventEnvelope | null) => ({ now: Date.now(), defaultSource: 'conformance', cause });
			const forwardTo = (to: typeof a, traceparent?: string) => async (run: { readonly event: EventEnvelope }) => {
				const next = createEvent({ type: 'chain.step', payload: {}, traceparent }, context(run.event));
				await rig.publish(to, [next]);
			};
			const own = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00';
			const [onA, onB, onC] = [
				await rig.consume({ from: a, handle: forwardTo(b) }),
				await rig.consume({ from: b, handle: forwardTo(c) }),
				await rig.consume({ from: c }),
			];
			const root = createEvent({ type: 'chain.step', payload: {} }, context(null));
			await rig.publish(a, [root]);
			await until('the chain is complete', () => onC.runs.length === 1);
			const chain = [onA, onB, onC].map(({ runs }) => runs[0]?.event as EventEnvelope);
			assertSame(
				chain.map(({ metadata }) => metadata.correlation_id),
				[root, root, root].map(({ metadata }) => metadata.correlation_id),
			);
			assertSame(
				chain.map(({ metadata }) => metadata.causation_id),
				[undefined, chain[0]?.event_id, chain[1]?.event_id],
			);
			assertSame(
				chain.map(({ metadata }) => metadata.hops),
				[0, 1, 2],
			);
			const traces = chain.map(({ metadata }) => metadata.traceparent?.split('-')[1]);
			assert.equal(new Set(traces).size, 1);
			assert.match(traces[0] ?? '', /^[0-9a-f]{32}$/);

			await rig.publish(c, [createEvent({ type: 'chain.own', payload: {}, traceparent: own }, context(root))]);
			await until('the last is received', () => onC.runs.length === 2);
			assert.equal(onC.runs[1]?.event.metadata.traceparent, own);
		},
	},
	{
		number: 39,
		name: 'cloudevents_interop',
		says: 'reads what the CloudEvents SDK writes, and writes what it reads: structured, and binary where there are headers',
		needs: ['messages'],
		limitMs: 10_000,
		async run(rig) {
			const binary = rig.capabilities.headers === 'native' ? (['binary'] as const) : [];
			for (const mode of ['structured', ...binary] as const) await ourEventForTheSdk(rig, mode);
			for (const mode of ['structured', ...binary] as const) await theSdksEventForUs(rig, mode);
		},
	},
	{
		number: 40,
		name: 'foreign_message_stable_id',
		says: 'makes events of plain JSON, and fills in what a partial event leaves out',
		limitMs: 10_000,
		async run(rig) {
			const channel = rig.channel();
			const one = await rig.consume({ from: channel });
			const partial = {
				event_type: 'order.created',
				payload: { order_id: 'ord_987654321' },
				metadata: { correlation_id: 'corr_7', timestamp: '2026-02-27T10:30:00Z' },
			};
			await rig.publishRaw(channel, [JSON.stringify({ plain: true }), JSON.stringify(partial)]);
			await until('both are received', () => one.factsOf('done').length === 2);
			const events = one.runs.map((run) => run.event);
			const plain = events.find(({ event_type: type }) => type === 'foreign.message');
			assertSame(canonical(plain?.payload), '{"plain":true}');
			const completed = events.find(({ event_type: type }) => type === 'order.created');
			assert.equal(canonical(completed?.payload), canonical(partial.payload));
			assert.equal(completed?.metadata.correlation_id, 'corr_7');
			assert.equal(new Set(idsOf(events)).size, 2);
		},
	},
];

async function ourEventForTheSdk(rig: Rig, mode: 'structured' | 'binary'): Promise<void> {
	const channel = rig.channel();
	const bare = await rig.subscribe(channel);
	const ours = event({ payload: { text: 'ünïcode' } });
	await rig.publish(channel, [ours], { format: mode === 'binary' ? 'cloudevents-binary' : 'cloudevents' });
	for await (const [delivery] of bare.batches()) {
		if (!delivery) continue;
		const { headers: received, body } = delivery.message;
		// Without headers a reader has to know what the channel carries.
		const headers = rig.capabilities.headers === 'native' ? received : { 'content-type': CLOUDEVENTS_CONTENT_TYPE };
		const parsed = HTTP.toEvent<Json>({ headers: { ...headers }, body: Buffer.from(body).toString() });
		const theirs = Array.isArray(parsed) ? parsed[0] : parsed;
		assert.ok(theirs instanceof CloudEvent && theirs.validate());
		assertSame([theirs.id, theirs.type, theirs.source], [ours.event_id, ours.event_type, ours.source]);
		assert.equal(canonical(theirs.data), canonical(ours.payload));
		break;
	}
}

async function theSdksEventForUs(rig: Rig, mode: 'structured' | 'binary'): Promise<void> {
	const channel = rig.channel();
	const one = await rig.consume({ from: channel });
	const theirs = new CloudEvent({
		id: `ce-${mode}`,
		type: 'order.created',
		source: '/shop',
		data: { n: 1 },
		extra: 'x',
	});
	const message: Message = mode === 'binary' ? HTTP.binary(theirs) : HTTP.structured(theirs);
	const entries = Object.entries(message.headers).map(([name, value]) => {
		// Content types are compared without regard to case.
		return [name.toLowerCase(), name.toLowerCase() === 'content-type' ? String(value).toUpperCase() : String(value)];
	});
	await rig.publishRaw(channel, [String(message.body)], Object.fromEntries(entries));
	await until('it is received', () => one.runs.length === 1);
	const received = one.runs[0]?.event;
	assert.equal(received?.event_id, `ce-${mode}`);
	assert.equal(received.event_type, 'order.created');
	assert.equal(received.source, '/shop');
	assert.equal(canonical(received.payload), '{"n":1}');
}

/**
 * The limits of SQS: visibility, attributes, sizes, characters.
 */
import { randomUUID } from 'node:crypto';
import { sqsServer } from '../../../scripts/servers/sqs';
import type { Server } from '../../../scripts/servers/server';
import { takeMessages } from '../../conformance/bareSubscription';
import { event } from '../../conformance/events';
import { failing } from '../../conformance/recorder';
import { pause, times, until } from '../../conformance/waiting';
import { onEmulator } from './emulator';

let server: Server;

beforeAll(async () => {
	await sqsServer.ensure(() => undefined);
	server = await sqsServer.start();
});
afterAll(async () => await server[Symbol.asyncDispose]());

const { promise } = onEmulator(() => `http://${server.host}:${server.port}`);

promise('a run longer than the visibility timeout runs once', {}, async ({ rig }) => {
	const channel = rig.channel();
	// Without an inbox, which would hide a second delivery.
	const ours = await rig.consume({ from: channel, leaseMs: 2000, deduplicateMs: 0, handle: () => pause(7000) });
	const other = await rig.consume({ from: channel, leaseMs: 2000, deduplicateMs: 0, handle: () => pause(7000) });
	await rig.publish(channel, [event()]);
	await until('it is done', () => ours.factsOf('done').length + other.factsOf('done').length === 1, 15_000);
	await pause(2500);
	expect(ours.runs.length + other.runs.length).toBe(1);
});

promise('twelve headers arrive, also after a retry', {}, async ({ rig }) => {
	const channel = rig.channel();
	const bare = await rig.subscribe(channel, { group: 'bare' });
	const ours = await rig.consume({ from: channel, handle: failing(1) });
	const headers = Object.fromEntries(times(12, (n) => [`x-header-${n}`, `value ${n}`]));
	await rig.publish(channel, [event()], { headers });
	const [message] = await takeMessages(rig, bare, 1);
	expect(message?.headers).toMatchObject(headers);
	await until('it is done', () => ours.factsOf('done').length === 1);
	expect(ours.runs.map(({ delivery }) => delivery.attempt)).toEqual([1, 2]);
});

promise('of ten entries exactly the one fails that is too large as AWS counts', {}, async ({ rig }) => {
	const channel = rig.channel();
	const ours = await rig.consume({ from: channel });
	const { publish } = await rig.connection();
	const messages = times(10, (n) => ({
		id: randomUUID(),
		type: '',
		// Base64, because it is no text: a third more.
		body: n === 4 ? Buffer.alloc(200_000, 0xff) : Buffer.from(JSON.stringify({ n })),
		headers: {},
	}));
	const connection = await rig.connection();
	const outcomes = await publish.call(connection, channel, messages, { ...rig.call(), provision: 'create' });
	expect(outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.error.code))).toEqual(
		times(10, (n) => (n === 4 ? 'too-large' : 'ok')),
	);
	await until('nine are received', () => ours.runs.length === 9);
});

promise('more than one request carries is sent in several', {}, async ({ rig }) => {
	const channel = rig.channel();
	const ours = await rig.consume({ from: channel });
	await rig.publish(
		channel,
		times(12, () => event({ payload: { text: 'x'.repeat(100_000) } })),
	);
	await until('all are received', () => ours.factsOf('done').length === 12);
});

promise('bytes that are no text are kept as they are', {}, async ({ rig }) => {
	const channel = rig.channel();
	const bare = await rig.subscribe(channel);
	const bytes = Buffer.from(Array.from({ length: 256 }, (_unused, n) => n));
	await rig.publishRaw(channel, [bytes], { 'content-type': 'application/octet-stream' });
	const [message] = await takeMessages(rig, bare, 1);
	expect(Buffer.from(message?.body ?? []).equals(bytes)).toBe(true);
});

promise('a delay is never cut short, and longer ones than SQS has are chained', {}, async ({ rig }) => {
	const channel = rig.channel();
	const ours = await rig.consume({ from: channel });
	expect(ours.consumer.effective.delayedRetryMaxMs).toBe(900_000);
	const notBefore = Date.now() + 1500;
	await rig.publish(channel, [event()], { notBefore });
	await until('it is done', () => ours.factsOf('done').length === 1);
	expect(ours.runs[0]?.startedAt).toBeGreaterThanOrEqual(notBefore);
});

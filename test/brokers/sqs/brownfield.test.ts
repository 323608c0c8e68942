/**
 * Queues, topics and messages that somebody else made.
 */
import { randomUUID } from 'node:crypto';
import { sqsServer } from '../../../scripts/servers/sqs';
import type { Server } from '../../../scripts/servers/server';
import { toEventBusError } from '../../../src/kernel/errors';
import { event, events, idsOf, numberOf } from '../../conformance/events';
import { failing, fails } from '../../conformance/recorder';
import { times, until } from '../../conformance/waiting';
import { makeQueue, makeTopic, onEmulator, takeBodies } from './emulator';

let server: Server;

beforeAll(async () => {
	await sqsServer.ensure(() => undefined);
	server = await sqsServer.start();
});
afterAll(async () => await server[Symbol.asyncDispose]());

const { promise } = onEmulator(() => `http://${server.host}:${server.port}`);

describe('an existing queue', () => {
	promise('is read, its failures tried again with their count, and given up to dead letters', {}, async (both) => {
		const { rig, sqs } = both;
		const name = `legacy-${randomUUID()}`;
		const QueueUrl = await makeQueue(sqs, name);
		const from = { kind: 'existing', name } as const;
		const ours = await rig.consume({
			from,
			retry: { maxAttempts: 2, backoff: { initialMs: 100, factor: 1, maxMs: 100, jitter: 0 } },
			handle: failing(5, (run) => JSON.stringify(run.event.payload).includes('bad')),
		});
		const MessageAttributes = { region: { DataType: 'String', StringValue: 'eu' } };
		await sqs.sendMessage({ QueueUrl, MessageBody: '{"order":1}', MessageAttributes });
		await sqs.sendMessage({ QueueUrl, MessageBody: '{"order":"bad"}' });
		await until('one is done', () => ours.factsOf('done').length === 1);
		await until('the other is a dead letter', async () => (await rig.deadLetters(from)).length === 1);
		const [letter] = await rig.deadLetters(from);
		expect(letter?.deadLetter).toMatchObject({ reason: 'max_attempts', attempts: 2, group: 'group' });
		expect(ours.runs.filter(({ event: { payload } }) => JSON.stringify(payload).includes('bad'))).toHaveLength(2);
		expect(ours.consumer.effective.ordering).toBe('none');
		// A redrive goes to the queue itself.
		expect(await rig.redrive(from)).toBe(1);
		await until('it came again', () => ours.runs.length === 5);
	});

	promise('keeps the order of a key when it is FIFO, whatever the connection says', {}, async ({ rig, sqs }) => {
		const name = `legacy-${randomUUID()}.fifo`;
		const QueueUrl = await makeQueue(sqs, name);
		for (const n of times(6, (at) => at)) {
			const MessageGroupId = n % 2 === 0 ? 'even' : 'odd';
			const MessageBody = JSON.stringify({ n });
			await sqs.sendMessage({ QueueUrl, MessageBody, MessageGroupId, MessageDeduplicationId: String(n) });
		}
		const ours = await rig.consume({
			from: { kind: 'existing', name },
			order: 'key',
			handle: failing(1, ({ event: each }) => numberOf(each) === 2),
		});
		await until('all are done', () => ours.factsOf('done').length === 6);
		const done = ours.runs.filter(({ verdict }) => verdict?.as === 'done').map((run) => numberOf(run.event));
		expect(done.filter((n) => n % 2 === 0)).toEqual([0, 2, 4]);
		expect(done.filter((n) => n % 2 === 1)).toEqual([1, 3, 5]);
	});

	promise('is refused for order by key when it is a standard queue', {}, async ({ rig, sqs }) => {
		const name = `legacy-${randomUUID()}`;
		await makeQueue(sqs, name);
		const error = await rig
			.consume({ from: { kind: 'existing', name }, order: 'key' })
			.catch((cause: unknown) => cause);
		expect(toEventBusError(error, 'x')).toMatchObject({ code: 'unsupported', message: /keeps no order/ });
	});

	promise('may be named by its URL or ARN, and gets what we send', {}, async ({ rig, sqs }) => {
		const name = `legacy-${randomUUID()}`;
		const url = await makeQueue(sqs, name);
		const to = [name, url, `arn:aws:sqs:us-east-1:000000000000:${name}`];
		for (const given of to) await rig.publish({ kind: 'existing', name: given }, events(1), { provision: 'verify' });
		expect(await takeBodies(sqs, url)).toHaveLength(3);
	});

	promise('that a topic writes to without raw delivery brings the message itself', {}, async ({ rig, sqs, sns }) => {
		const name = `legacy-${randomUUID()}`;
		await makeQueue(sqs, name);
		const TopicArn = await makeTopic(sns, `theirs-${randomUUID()}`);
		const Endpoint = `arn:aws:sqs:us-east-1:000000000000:${name}`;
		await sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint });
		const ours = await rig.consume({ from: { kind: 'existing', name }, types: ['order.*'] });
		await sns.publish({ TopicArn, Message: '{"event_type":"order.created","payload":{"id":"ord_1"}}' });
		await until('it is received', () => ours.runs.length === 1);
		expect(ours.runs[0]?.event).toMatchObject({ event_type: 'order.created', payload: { id: 'ord_1' } });
	});
});

promise('a test run on an existing queue gives back what it looked at', {}, async ({ rig, sqs }) => {
	const name = `legacy-${randomUUID()}`;
	const QueueUrl = await makeQueue(sqs, name);
	for (const n of [1, 2, 3]) await sqs.sendMessage({ QueueUrl, MessageBody: `{"order":${n}}` });
	const test = await rig.consume({
		from: { kind: 'existing', name },
		group: 'test',
		lifetime: 'ephemeral',
		start: { at: 'latest' },
		maxInFlight: 1,
		deduplicateMs: 0,
	});
	await until('it has looked at one', () => test.runs.length === 1);
	await test.consumer.close(5000);
	expect(await takeBodies(sqs, QueueUrl)).toHaveLength(3);
});

promise('who listens to dead letters can begin with those that are there', {}, async ({ rig }) => {
	const channel = rig.channel();
	const failed = await rig.consume({ from: channel, handle: () => fails('no stock', false) });
	await rig.publish(channel, events(3));
	await until('three are given up', () => failed.factsOf('dead-letter').length === 3);
	const from = { kind: 'dead-letters', of: channel, group: null } as const;
	const listener = await rig.consume({ from, group: 'alerts', lifetime: 'ephemeral', start: { at: 'earliest' } });
	await until('it sees them', () => listener.factsOf('done').length === 3);
	expect(listener.runs.map(({ deadLetter }) => deadLetter?.reason)).toEqual(['permanent', 'permanent', 'permanent']);
	expect(await rig.deadLetters(channel)).toHaveLength(3);
});

describe('an existing topic', () => {
	promise('is a channel of its name: groups get queues of their own', {}, async ({ rig, sns }) => {
		const name = `theirs-${randomUUID().slice(0, 8)}`;
		rig.owns(name);
		const TopicArn = await makeTopic(sns, name);
		const ours = await rig.consume({ from: { kind: 'channel', channel: name } });
		await sns.publish({ TopicArn, Message: '{"order":7}' });
		await until('it is received', () => ours.runs.length === 1);
		expect(ours.runs[0]?.event).toMatchObject({ event_type: 'foreign.message', payload: { order: 7 } });
	});

	promise('gets what we publish to it by name or ARN, and cannot be read as it is', {}, async ({ rig, sqs, sns }) => {
		const name = `theirs-${randomUUID()}`;
		const TopicArn = await makeTopic(sns, name);
		const queue = `listens-${randomUUID()}`;
		const url = await makeQueue(sqs, queue);
		const Endpoint = `arn:aws:sqs:us-east-1:000000000000:${queue}`;
		await sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint, Attributes: { RawMessageDelivery: 'true' } });
		const published = events(2);
		for (const [n, given] of [name, TopicArn].entries()) {
			const to = { kind: 'existing', name: given } as const;
			await rig.publish(to, [published[n] ?? event()], { provision: 'verify' });
		}
		const bodies = (await takeBodies(sqs, url)).map((body) => (JSON.parse(body) as { event_id: string }).event_id);
		expect(bodies.toSorted()).toEqual(idsOf(published).toSorted());
		const error = await rig.consume({ from: { kind: 'existing', name } }).catch((cause: unknown) => cause);
		expect(toEventBusError(error, 'x')).toMatchObject({ code: 'unsupported', hint: /Use it as a channel/ });
	});
});

describe('messages of others on our topic', () => {
	promise('without attributes reach a group that wants some types only', {}, async ({ rig, sns }) => {
		const name = `ours-${randomUUID().slice(0, 8)}`;
		rig.owns(name);
		const from = { kind: 'channel', channel: name } as const;
		const ours = await rig.consume({ from, types: ['order.*'] });
		const TopicArn = `arn:aws:sns:us-east-1:000000000000:${name}`;
		await sns.publish({ TopicArn, Message: '{"event_type":"order.created","payload":{}}' });
		await until('it is received', () => ours.runs.length === 1);
	});

	promise(
		'reach it with the filter as well, if they have an attribute',
		{ filter: true },
		async ({ rig, sqs, sns }) => {
			const name = `ours-${randomUUID().slice(0, 8)}`;
			rig.owns(name);
			const from = { kind: 'channel', channel: name } as const;
			const ours = await rig.consume({ from, types: ['order.*'] });
			const TopicArn = `arn:aws:sns:us-east-1:000000000000:${name}`;
			const MessageAttributes = { region: { DataType: 'String', StringValue: 'eu' } };
			await sns.publish({ TopicArn, Message: '{"event_type":"order.created","payload":{}}', MessageAttributes });
			await rig.publish(from, [event({ type: 'payment.made' }), event({ type: 'order.paid' })]);
			await until('two are received', () => ours.factsOf('done').length === 2);
			expect(ours.factsOf('filtered')).toHaveLength(0);
			// Nobody reads it: SNS kept the payment away from the queue.
			const { Attributes } = await sqs.getQueueAttributes({
				QueueUrl: `http://sqs.us-east-1.localhost/000000000000/${name}____group`,
				AttributeNames: ['ApproximateNumberOfMessages'],
			});
			expect(Attributes?.ApproximateNumberOfMessages).toBe('0');
		},
	);
});

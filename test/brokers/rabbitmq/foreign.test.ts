/**
 * Queues, exchanges and messages of others, as they are found in a company that has RabbitMQ for years.
 */
import { toEventBusError, type EventBusError } from '../../../src/kernel/errors';
import { event, events, idsOf } from '../../conformance/events';
import { fails } from '../../conformance/recorder';
import { until } from '../../conformance/waiting';
import { withRabbitmq } from './rabbitmqBus';

const bus = withRabbitmq();
let unique = 0;
const fresh = (name: string) => `${name}.${(unique += 1)}`;
const refusal = async (work: Promise<unknown>): Promise<EventBusError> =>
	await work.then(
		() => {
			throw new Error('It was not refused');
		},
		(error: unknown) => toEventBusError(error, 'trying'),
	);

describe('an existing queue', () => {
	it.each([
		['quorum', { 'x-queue-type': 'quorum' }],
		['classic', {}],
	])('of type %s is read, retried and dead-lettered as a channel is', async (_type, args) => {
		await using rig = bus.rig();
		await using theirs = await bus.client();
		const name = fresh('legacy.orders');
		await theirs.channel.assertQueue(name, { arguments: args });
		const ours = await rig.consume({
			from: { kind: 'existing', name },
			retry: { maxAttempts: 2, backoff: { initialMs: 100, factor: 1, maxMs: 100, jitter: 0 } },
			handle: ({ event: { payload } }) => (JSON.stringify(payload) === '{"n":1}' ? fails('no stock') : undefined),
		});
		await theirs.send('', name, ['{"n":0}', '{"n":1}', '{"n":2}']);
		await until('two are done', () => ours.factsOf('done').length === 2);
		const dead = async () => await rig.deadLetters({ kind: 'existing', name });
		await until('one is a dead letter', async () => (await dead()).length === 1);
		expect((await dead())[0]).toMatchObject({
			event: { event_type: 'foreign.message', payload: { n: 1 } },
			deadLetter: { reason: 'max_attempts', attempts: 2, channel: name },
		});
		expect(await rig.redrive({ kind: 'existing', name })).toBe(1);
		await until('it came again', () => ours.runs.length === 6);
		expect(ours.runs.at(-1)?.delivery).toMatchObject({ redrives: 1 });
	});

	it('that does not exist is refused', async () => {
		await using rig = bus.rig();
		const error = await refusal(rig.consume({ from: { kind: 'existing', name: 'nowhere' } }));
		expect(error).toMatchObject({ code: 'not-found', message: 'RabbitMQ has no queue "nowhere"' });
	});

	it('cannot be read in order, which is said before anything is read', async () => {
		await using rig = bus.rig();
		await using theirs = await bus.client();
		const name = fresh('legacy.unordered');
		await theirs.channel.assertQueue(name);
		const error = await refusal(rig.consume({ from: { kind: 'existing', name }, order: 'key' }));
		expect(error.code).toBe('unsupported');
	});

	it('gets what we publish, and an existing exchange with its routing key', async () => {
		await using rig = bus.rig();
		await using theirs = await bus.client();
		const [exchange, queue] = [fresh('legacy.exchange'), fresh('legacy.queue')];
		await theirs.channel.assertExchange(exchange, 'direct');
		await theirs.channel.assertQueue(queue);
		await theirs.channel.bindQueue(queue, exchange, 'eu');
		const connection = await rig.connection();
		const message = { id: 'm1', type: 'order.created', body: Buffer.from('{}'), headers: { 'correlation-id': 'c1' } };
		const verify = { ...rig.call(), provision: 'verify' } as const;
		const to = (name: string) => ({ kind: 'existing', name }) as const;
		const wanted = await connection.publish(to(exchange), [{ ...message, routingKey: 'eu' }], verify);
		const unwanted = await connection.publish(to(exchange), [{ ...message, routingKey: 'us' }], verify);
		const straight = await connection.publish(to(queue), [message], verify);
		expect([wanted, unwanted, straight]).toMatchObject([
			[{ matched: 'yes' }],
			[{ matched: 'no' }],
			[{ matched: 'yes' }],
		]);
		expect(await theirs.channel.get(queue)).toMatchObject({
			fields: { routingKey: 'eu' },
			properties: { messageId: 'm1', correlationId: 'c1', deliveryMode: 2 },
		});
		const error = await refusal(connection.publish(to('nowhere'), [message], verify));
		expect(error).toMatchObject({ code: 'not-found', message: expect.stringContaining('neither') });
	});
});

describe('a message of somebody else', () => {
	it('has its routing key as type and its headers as texts, whatever they were', async () => {
		await using rig = bus.rig();
		await using theirs = await bus.client();
		const from = rig.channel();
		const bare = await rig.subscribe(from);
		const headers = {
			Region: 'eu',
			count: 3,
			ratio: 0.5,
			big: 12_345_678_901,
			flag: true,
			none: null,
			at: { '!': 'timestamp', value: 1_764_000_000 },
			bytes: Buffer.from('räw'),
			table: { a: [1, 'b'] },
		};
		await theirs.send(from.channel, 'order.created', ['{"n":1}'], {
			headers,
			contentType: 'application/json',
			messageId: 'theirs-1',
			correlationId: 'c-1',
			replyTo: 'replies',
			timestamp: 1_764_000_000,
		});
		for await (const [delivery] of bare.batches()) {
			expect(delivery).toMatchObject({ cursor: 'theirs-1', receives: 1, leaseUntil: null });
			expect(delivery?.message).toMatchObject({ id: 'theirs-1', type: 'order.created' });
			expect(delivery?.message.headers).toEqual({
				region: 'eu',
				count: '3',
				ratio: '0.5',
				big: '12345678901',
				flag: 'true',
				none: '',
				at: '2025-11-24T16:00:00.000Z',
				bytes: 'räw',
				table: '{"a":[1,"b"]}',
				'content-type': 'application/json',
				'correlation-id': 'c-1',
				'reply-to': 'replies',
				timestamp: '2025-11-24T16:00:00.000Z',
			});
			break;
		}
	});

	it('keeps its bytes, its type and its id through a retry', async () => {
		await using rig = bus.rig();
		await using theirs = await bus.client();
		const from = rig.channel();
		const ours = await rig.consume({
			from,
			handle: ({ delivery: { attempt } }) => (attempt === 1 ? fails() : undefined),
		});
		const body = Buffer.from([0xff, 0x00, 0x80]);
		await theirs.send(from.channel, 'sensor.read', [body, body]);
		await until('both are done', () => ours.factsOf('done').length === 2);
		const done = ours.factsOf('done').map((fact) => fact.event);
		for (const one of done) {
			expect(one).toMatchObject({ event_type: 'sensor.read', payload: { data_base64: body.toString('base64') } });
		}
		expect(new Set(idsOf(done)).size).toBe(2);
		expect(new Set(ours.ids).size).toBe(2);
	});
});

describe('what is in the way', () => {
	it('a queue with the name of ours and other arguments is refused, with a way out', async () => {
		await using rig = bus.rig();
		await using theirs = await bus.client();
		const { channel } = rig.channel();
		await theirs.channel.assertQueue(`${channel}:group`);
		const error = await refusal(rig.consume({ from: { kind: 'channel', channel } }));
		expect(error).toMatchObject({ code: 'conflict', message: expect.stringContaining(`${channel}:group`) });
		expect(error.hint).toMatch(/another name|Verify/);
	});

	it('too many headers for a frame are refused, and the others of the batch are stored', async () => {
		await using rig = bus.rig();
		const from = rig.channel();
		const ours = await rig.consume({ from });
		const huge = { 'x-note': 'x'.repeat(100_000) };
		const [refused] = await rig.tryToPublish(from, [event()], { headers: huge });
		expect(refused).toMatchObject({ ok: false, error: { code: 'too-large' } });
		await rig.publish(from, events(3));
		await until('they arrive', () => ours.runs.length === 3);
	});
});

describe('a group', () => {
	it('goes on when its queue is deleted under it', async () => {
		await using rig = bus.rig();
		await using theirs = await bus.client();
		const from = rig.channel();
		const ours = await rig.consume({ from });
		await rig.publish(from, events(1));
		await until('one is done', () => ours.factsOf('done').length === 1);
		await theirs.channel.deleteQueue(`${from.channel}:group`);
		await until('it has a queue again', async () => (await rig.groupState(from))?.consumers === 1);
		await rig.publish(from, events(1));
		await until('the next is done', () => ours.factsOf('done').length === 2);
		expect(ours.fatal).toBeNull();
	});

	it('takes no more from a backlog than may be in flight', async () => {
		await using rig = bus.rig();
		await using theirs = await bus.client();
		const from = rig.channel();
		await (await rig.consume({ from })).consumer.close(1000);
		await theirs.send(
			from.channel,
			'order.created',
			Array.from({ length: 2000 }, (_, n) => `{"n":${n}}`),
		);
		const ours = await rig.consume({ from, maxInFlight: 5, handle: async () => await rig.hang() });
		await until('five run', () => ours.runs.length === 5);
		expect(await rig.groupState(from)).toMatchObject({ backlog: 1995, consumers: 1 });
	});

	it('moves to a queue that keeps the order once the other one is empty', async () => {
		await using rig = bus.rig();
		const from = rig.channel();
		await (await rig.consume({ from })).consumer.close(1000);
		await rig.publish(from, events(1));
		const error = await refusal(rig.consume({ from, order: 'key' }));
		expect(error).toMatchObject({ code: 'conflict', message: expect.stringContaining('1 events waiting') });
		const unordered = await rig.consume({ from });
		await until('it is read', () => unordered.factsOf('done').length === 1);
		await unordered.consumer.close(1000);
		const ordered = await rig.consume({ from, order: 'key' });
		await rig.publish(from, events(2));
		await until('two are done', () => ordered.factsOf('done').length === 2);
		expect((await rig.inspect(from)).groups).toMatchObject([{ group: 'group', backlog: 0 }]);
	});

	it('of another queue type has priorities where they are asked for', async () => {
		await using rig = bus.rig({ queueType: 'classic', maxPriority: 5 });
		const from = rig.channel();
		await (await rig.consume({ from })).consumer.close(1000);
		await rig.publish(from, events(3, { type: 'order.low' }));
		await rig.publish(from, events(1, { type: 'order.high' }), { headers: { priority: '5' } });
		const ours = await rig.consume({ from, maxInFlight: 1 });
		await until('all are done', () => ours.factsOf('done').length === 4);
		expect(ours.runs[0]?.event.event_type).toBe('order.high');
	});

	it('finds what nobody read in time among its dead letters', async () => {
		await using rig = bus.rig();
		const from = rig.channel();
		const ours = await rig.consume({
			from,
			maxInFlight: 1,
			retentionMs: 1000,
			handle: async () => await rig.hang(),
		});
		await rig.publish(from, events(3));
		await until('one runs', () => ours.runs.length === 1);
		await until('two are dead', async () => (await rig.deadLetters(from)).length === 2, 15_000);
		const [item] = await rig.deadLetters(from);
		expect(item?.deadLetter).toMatchObject({ reason: 'expired', group: 'group', attempts: 0 });
		expect(item?.event?.event_type).toBe('order.created');
	});
});

it('copies whose group is gone do not keep the copies of others back', async () => {
	await using rig = bus.rig();
	const [gone, alive] = [rig.channel(), rig.channel()];
	const backoff = { initialMs: 500, factor: 1, maxMs: 500, jitter: 0 };
	const lost = await rig.consume({
		from: gone,
		maxInFlight: 100,
		retry: { maxAttempts: 5, backoff },
		handle: () => fails(),
	});
	await rig.publish(gone, events(60));
	await until('all have failed', () => lost.factsOf('retry').length >= 60);
	await lost.consumer.close(1000);
	const { topology } = await rig.connection();
	const absent = [{ kind: 'group', of: gone, group: 'group' } as const];
	await topology.apply(await topology.plan({ present: [], absent }, rig.call()), rig.call());
	const ours = await rig.consume({
		from: alive,
		handle: ({ delivery: { attempt } }) => (attempt === 1 ? fails() : undefined),
	});
	await rig.publish(alive, events(3));
	await until('the others come back', () => ours.factsOf('done').length === 3, 10_000);
});

/**
 * What a person reads when AWS cannot be reached, does not know the login, or does not allow something.
 */
import { randomUUID } from 'node:crypto';
import { freePort } from '../../../scripts/n8n/freePort';
import type { BrokerConnection, CallOptions, Native, Provision, SubscribeOptions } from '../../../src/broker/types';
import { sqs } from '../../../src/brokers/sqs/manifest';
import { systemClock } from '../../../src/kernel/clock';
import { toEventBusError, type EventBusError } from '../../../src/kernel/errors';
import { settingsFor } from './emulator';
import { startMoto, type Moto } from './moto';

const START_MS = 180_000;
const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

let moto: Moto;
let keys: Native;
let publisher: Native;
let reader: Native;

/** As the documentation lists them, for a group that exists. */
const READING = [
	'GetQueueUrl',
	'GetQueueAttributes',
	'ReceiveMessage',
	'DeleteMessage',
	'ChangeMessageVisibility',
	'SendMessage',
];

beforeAll(async () => {
	moto = await startMoto();
	const admin = await moto.makeUser('admin', ['*']);
	const few = await moto.makeUser('few', ['sqs:ListQueues', 'sns:Publish']);
	// AWS has one right for an action and its batch, moto two.
	const reading = READING.flatMap((action) => [`sqs:${action}`, `sqs:${action}Batch`]);
	const one = await moto.makeUser('reader', ['sqs:ListQueues', ...reading]);
	keys = { accessKeyId: admin.id, secretAccessKey: admin.secret };
	publisher = { accessKeyId: few.id, secretAccessKey: few.secret };
	reader = { accessKeyId: one.id, secretAccessKey: one.secret };
	await moto.askForRights();
}, START_MS);
afterAll(async () => await moto[Symbol.asyncDispose]());

it('a key that is none is named as such', async () => {
	const error = await refusal({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'verysecret' });
	expect(error).toMatchObject({ code: 'auth', hint: expect.stringContaining('Access Key ID') as string });
	expect(JSON.stringify(error) + error.message).not.toContain('verysecret');
});

it('a wrong secret is named as such', async () => {
	const error = await refusal({ ...keys, secretAccessKey: 'verysecret' });
	expect(error).toMatchObject({ code: 'auth', hint: expect.stringContaining('Secret Access Key') as string });
	expect(JSON.stringify(error) + error.message).not.toContain('verysecret');
});

it('a right that is missing is named, and the login is good all the same', async () => {
	await using connection = await open(publisher);
	expect((await connection.health(call())).status).toBe('up');
	const publishing = connection.publish({ kind: 'channel', channel: 'orders' }, [message()], {
		...call(),
		provision: 'create',
	});
	const error = await refused(publishing);
	expect(error).toMatchObject({ code: 'auth', message: expect.stringMatching(/sns:CreateTopic/i) as string });
	expect(connection.lost.aborted).toBe(false);
});

it('a group that exists is read with the rights to its queue only', async () => {
	await using admin = await open(keys);
	await (await admin.subscribe(subscribeOptions('create')))[Symbol.asyncDispose]();
	await using connection = await open(reader);
	await using subscription = await connection.subscribe(subscribeOptions('off'));
	await admin.publish(ORDERS, [message()], { ...call(), provision: 'verify' });
	for await (const deliveries of subscription.batches()) {
		const settlements = deliveries.map((delivery) => ({ delivery, as: 'retry', delayMs: 100, headers: {} }) as const);
		expect((await subscription.settle(settlements, call())).map(({ ok }) => ok)).toEqual([true]);
		break;
	}
});

it('a topic that may not be made must be there', async () => {
	await using connection = await open(keys);
	const to = { kind: 'channel', channel: `missing-${randomUUID()}` } as const;
	const error = await refused(connection.publish(to, [message()], { ...call(), provision: 'verify' }));
	expect(error).toMatchObject({ code: 'not-found', hint: expect.stringContaining('Provision') as string });
	expect((await connection.topology.inspect([to], call()))[0]?.exists).toBe(false);
});

it('a login that is refused later ends the connection', async () => {
	await moto.askForNothing();
	const soonGone = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'verysecret' };
	await using connection = await open(soonGone);
	await moto.askForRights();
	const to = { kind: 'channel', channel: 'orders' } as const;
	const error = await refused(connection.publish(to, [message()], { ...call(), provision: 'create' }));
	expect(error.code).toBe('auth');
	expect(connection.lost.aborted).toBe(true);
});

it('an endpoint where nothing listens is unreachable, quickly', async () => {
	const startedAt = Date.now();
	const error = await refused(open(settingsFor(`http://127.0.0.1:${await freePort(0)}`)));
	expect(error).toMatchObject({ code: 'unreachable', hint: expect.stringContaining('endpoint') as string });
	expect(Date.now() - startedAt).toBeLessThan(5000);
});

it('a region that is none is unreachable, and the hint says so', async () => {
	const { endpoint: _none, ...settings } = settingsFor(moto.endpoint, { region: 'eu-nowhere-9' });
	const error = await refused(open(settings));
	expect(error).toMatchObject({ code: 'unreachable', hint: expect.stringContaining('region') as string });
}, 60_000);

async function open(login: Native): Promise<BrokerConnection> {
	const settings = 'region' in login ? login : settingsFor(moto.endpoint, login);
	return await sqs.open(settings, {
		logger,
		clock: systemClock,
		clientName: 'test',
		signal: AbortSignal.timeout(20_000),
	});
}

async function refusal(login: Native): Promise<EventBusError> {
	return await refused(open(login));
}

async function refused(work: Promise<unknown>): Promise<EventBusError> {
	return await work.then(
		() => {
			throw new Error('It was not refused');
		},
		(error: unknown) => toEventBusError(error, 'testing'),
	);
}

function call(): CallOptions {
	return { signal: new AbortController().signal, timeoutMs: 10_000 };
}

const ORDERS = { kind: 'channel', channel: 'orders' } as const;

function subscribeOptions(provision: Provision): SubscribeOptions {
	return {
		from: ORDERS,
		types: ['#'],
		group: 'billing',
		consumer: randomUUID(),
		lifetime: 'durable',
		start: { at: 'committed', otherwise: { at: 'latest' } },
		maxInFlight: 1,
		batch: { size: 1, waitMs: 0 },
		ordered: false,
		leaseMs: 5000,
		retentionMs: 60_000,
		provision,
		signal: new AbortController().signal,
	};
}

function message() {
	return { id: randomUUID(), type: 'order.created', body: Buffer.from('{}'), headers: {} };
}

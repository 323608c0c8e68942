/**
 * Who may come in, and what they may do: wrong logins, few rights, certificates, hosts that are not there.
 */
import { freePort } from '../../../scripts/n8n/freePort';
import type { Native } from '../../../src/broker/types';
import { toEventBusError, type EventBusError } from '../../../src/kernel/errors';
import { event, events } from '../../conformance/events';
import { fails } from '../../conformance/recorder';
import { until } from '../../conformance/waiting';
import { makeCertificates, type Certificates } from '../certificates';
import { withRabbitmq } from './rabbitmqBus';

const VHOST = 'shop/eu';
const ADMIN = { user: 'admin', password: 'p@ss/word:1', vhost: VHOST };
const CLERK = { user: 'clerk', password: 'clerk', vhost: VHOST };

/** docs/how-to/rabbitmq.md, for the channel `events`. */
const AS_DOCUMENTED = {
	configure: '^(events|events:.*|event-bus\\..*)$',
	write: '^(events|events:.*|event-bus\\..*|amq\\.default)$',
	read: '^(events|events:.*|event-bus\\..*)$',
};

let certificates: Certificates;
let tlsPort = 0;

const bus = withRabbitmq(async () => {
	certificates = await makeCertificates();
	tlsPort = await freePort(0);
	const { caFile, server } = certificates;
	const everything = { configure: '.*', write: '.*', read: '.*' };
	const of = (user: string, rights: object) => ({ user, vhost: VHOST, ...everything, ...rights });
	return {
		plugins: ['rabbitmq_auth_mechanism_ssl'],
		config: {
			'listeners.ssl.default': `127.0.0.1:${tlsPort}`,
			'ssl_options.cacertfile': caFile,
			'ssl_options.certfile': server.certificateFile,
			'ssl_options.keyfile': server.keyFile,
			'ssl_options.verify': 'verify_peer',
			'ssl_options.fail_if_no_peer_cert': 'true',
			ssl_cert_login_from: 'common_name',
			'auth_mechanisms.1': 'PLAIN',
			'auth_mechanisms.2': 'EXTERNAL',
		},
		definitions: {
			vhosts: [{ name: VHOST }, { name: 'other' }],
			users: [
				{ name: 'admin', password: ADMIN.password, tags: 'administrator' },
				{ name: 'clerk', password: 'clerk', tags: '' },
				{ name: 'service', password: 'service', tags: '' },
				// The common name of the client certificate.
				{ name: 'event-bus', password: 'unused', tags: '' },
			],
			permissions: [
				of('admin', {}),
				of('clerk', { configure: '^$' }),
				of('event-bus', {}),
				of('service', AS_DOCUMENTED),
			],
		},
	};
});

afterAll(async () => await certificates[Symbol.asyncDispose]());

const refusal = async (settings: Native): Promise<EventBusError> => {
	await using rig = bus.rig(settings);
	return await rig.open().then(
		() => {
			throw new Error('The connection was not refused');
		},
		(error: unknown) => toEventBusError(error, 'connecting'),
	);
};

describe('a login', () => {
	it('with a wrong password is refused, and the password is not told', async () => {
		const error = await refusal({ ...ADMIN, password: 'secret-guess' });
		expect(error).toMatchObject({ code: 'auth', hint: expect.stringContaining('user and password') });
		expect(error.message).not.toContain('secret-guess');
	});

	it('to a virtual host that is not there, or not theirs, is refused', async () => {
		for (const vhost of ['nowhere', 'other']) {
			const error = await refusal({ ...CLERK, vhost });
			expect(error).toMatchObject({ code: 'auth', message: expect.stringContaining('virtual host') });
		}
	});

	it('finds the host that lives, of several', async () => {
		const dead = await freePort(0);
		await using rig = bus.rig({ ...ADMIN, hosts: `127.0.0.1:${dead}, 127.0.0.1:${bus.server().port}` });
		const from = rig.channel();
		const ours = await rig.consume({ from });
		await rig.publish(from, events(3));
		await until('three arrive', () => ours.runs.length === 3);
	});

	it('at nobody says so', async () => {
		const error = await refusal({ ...ADMIN, hosts: `127.0.0.1:${await freePort(0)}` });
		expect(error).toMatchObject({ code: 'unreachable', hint: expect.stringContaining('host and port') });
	});
});

describe('TLS', () => {
	const secured = () => {
		const { ca, client } = certificates;
		const tls = { tls: true, tlsCa: ca, tlsCertificate: client.certificate, tlsKey: client.key };
		return { hosts: `127.0.0.1:${tlsPort}`, vhost: VHOST, ...tls };
	};

	it.each([
		['user and password', ADMIN],
		['the client certificate alone', { login: 'certificate' }],
	])('with %s', async (_how, login) => {
		await using rig = bus.rig({ ...secured(), ...login });
		const from = rig.channel();
		const ours = await rig.consume({ from });
		await rig.publish(from, events(3));
		await until('three arrive', () => ours.runs.length === 3);
	});

	it('without the certificate of the authority is refused', async () => {
		const error = await refusal({ ...secured(), ...ADMIN, tlsCa: '' });
		expect(error).toMatchObject({ code: 'auth', message: expect.stringContaining('TLS handshake') });
	});

	it('without a client certificate is refused', async () => {
		const error = await refusal({ ...secured(), ...ADMIN, tlsCertificate: '', tlsKey: '' });
		expect(['auth', 'unreachable']).toContain(error.code);
	});
});

it('the rights that the documentation names are enough, and no more', async () => {
	await using rig = bus.rig({ ...CLERK, user: 'service', password: 'service' });
	const from = { kind: 'channel', channel: 'events' } as const;
	const ours = await rig.consume({
		from,
		retry: { maxAttempts: 2, backoff: { initialMs: 100, factor: 1, maxMs: 100, jitter: 0 } },
		handle: ({ event: { event_type: type } }) => (type === 'order.bad' ? fails() : undefined),
	});
	await rig.consume({ from, group: 'test', lifetime: 'ephemeral' });
	await rig.publish(from, [event(), event({ type: 'order.bad' })]);
	await until('one is done', () => ours.factsOf('done').length === 1);
	await until('one is dead', async () => (await rig.deadLetters(from)).length === 1);
	expect(await rig.redrive(from)).toBe(1);
	await expect(rig.publish({ kind: 'channel', channel: 'payments' }, [event()])).rejects.toMatchObject({
		code: 'auth',
	});
});

describe('a user without the right to configure', () => {
	const refused = async (work: Promise<unknown>): Promise<EventBusError> =>
		await work.then(
			() => {
				throw new Error('It was not refused');
			},
			(error: unknown) => toEventBusError(error, 'trying'),
		);

	it('is told which switch to turn when something would be made', async () => {
		await using rig = bus.rig(CLERK);
		const error = await refused(rig.consume({ from: { kind: 'channel', channel: 'clerk.makes' } }));
		expect(error).toMatchObject({ code: 'auth', hint: expect.stringContaining('Provision') });
		await expect(rig.publish({ kind: 'channel', channel: 'clerk.makes' }, [event()])).rejects.toMatchObject({
			code: 'auth',
		});
	});

	it.each(['verify', 'off'] as const)('works with what an administrator has made, Provision %s', async (provision) => {
		await using admin = bus.rig(ADMIN);
		await using clerk = bus.rig(CLERK);
		const from = admin.channel();
		await (await admin.consume({ from })).consumer.close(1000);
		const ours = await clerk.consume({
			from,
			provision,
			retry: { maxAttempts: 2, backoff: { initialMs: 100, factor: 1, maxMs: 100, jitter: 0 } },
			handle: ({ event: { event_type: type } }) => (type === 'order.bad' ? fails() : undefined),
		});
		expect(ours.consumer.effective.delayedRetryMaxMs).toBeGreaterThan(0);
		await clerk.publish(from, [event(), event({ type: 'order.bad' })], { provision });
		await until('one is done', () => ours.factsOf('done').length === 1);
		await until('one is dead', async () => (await clerk.deadLetters(from)).length === 1);
	});

	it.each(['verify', 'off'] as const)(
		'reads a queue of others, Provision %s, and holds retries itself',
		async (provision) => {
			await using admin = bus.rig(ADMIN);
			await using clerk = bus.rig({ ...CLERK, deadLetterExchange: 'company.dead' });
			const url = `amqp://admin:${encodeURIComponent(ADMIN.password)}@127.0.0.1:${bus.server().port}/shop%2Feu`;
			await using theirs = await bus.client(url);
			const name = `legacy.${provision}`;
			await theirs.channel.assertQueue(name);
			await theirs.channel.assertExchange('company.dead', 'fanout');
			await theirs.channel.assertQueue('company.graveyard');
			await theirs.channel.bindQueue('company.graveyard', 'company.dead', '');
			const ours = await clerk.consume({
				from: { kind: 'existing', name },
				provision,
				retry: { maxAttempts: 2, backoff: { initialMs: 100, factor: 1, maxMs: 100, jitter: 0 } },
				handle: () => fails('no stock'),
			});
			expect(ours.consumer.effective.delayedRetryMaxMs).toBe(0);
			await theirs.send('', name, ['{"n":1}']);
			await until('it is given up', () => ours.factsOf('dead-letter').length === 1);
			expect(ours.runs.map(({ delivery }) => delivery.attempt)).toEqual([1, 2]);
			const dead = await theirs.channel.get('company.graveyard', { noAck: true });
			expect(dead).toMatchObject({ properties: { headers: { 'eb-dl-reason': 'max_attempts' } } });
			expect((await admin.inspect({ kind: 'existing', name })).exists).toBe(true);
		},
	);

	it('is told what is missing when nothing was made', async () => {
		await using clerk = bus.rig(CLERK);
		const from = { kind: 'channel', channel: 'nobody.made' } as const;
		for (const provision of ['verify', 'off'] as const) {
			const error = await refused(clerk.consume({ from, provision }));
			expect(error).toMatchObject({ code: 'not-found', message: expect.stringContaining('nobody.made') });
		}
	});
});

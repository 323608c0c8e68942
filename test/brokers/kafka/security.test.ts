/**
 * Logins, TLS and rights on one server: what is right works, and what is wrong is refused with what to change.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join, dirname } from 'node:path';
import { freePort } from '../../../scripts/n8n/freePort';
import type { Server } from '../../../scripts/servers/server';
import type { Native } from '../../../src/broker/types';
import { event, events } from '../../conformance/events';
import { failing, fails } from '../../conformance/recorder';
import { pause, until } from '../../conformance/waiting';
import { makeCertificates, type Certificates } from '../certificates';
import { grant } from './admin';
import { errorOf } from '../errorOf';
import { addressOf, rigOn, start, START_MS } from './kafkaBus';
import { startTokenServer, type TokenServer } from './tokenServer';

const CLIENT = { clientId: 'boss', clientSecret: 'client-secret' };
/** A client logs in again ten seconds before its session ends. */
const SESSION_MS = 12_000;

let certificates: Certificates;
let tokens: TokenServer;
let server: Server;
const ports = { login: 0, tls: 0, mutual: 0 };

beforeAll(async () => {
	certificates = await makeCertificates();
	tokens = await startTokenServer({ ...CLIENT, lifeSeconds: 300 });
	for (const name of ['login', 'tls', 'mutual'] as const) ports[name] = await freePort(0);
	const { keyFile, certificateFile } = certificates.server;
	const keyStore = join(dirname(keyFile), 'server.store.pem');
	await writeFile(keyStore, `${await readFile(keyFile, 'utf8')}${await readFile(certificateFile, 'utf8')}`);
	const login = 'listener.name.login';
	const modules = 'org.apache.kafka.common.security';
	server = await start({
		listeners: [
			{ name: 'LOGIN', port: ports.login, protocol: 'SASL_PLAINTEXT' },
			{ name: 'TLS', port: ports.tls, protocol: 'SSL' },
			{ name: 'MUTUAL', port: ports.mutual, protocol: 'SSL' },
		],
		formatArguments: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
			'--add-scram',
			`${mechanism}=[name=boss,password=secret]`,
		]),
		properties: {
			'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
			'super.users': 'User:ANONYMOUS;User:boss;User:CN=event-bus',
			[`${login}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
			[`${login}.plain.sasl.jaas.config`]: `${modules}.plain.PlainLoginModule required user_boss="secret" user_app="secret" user_reader="secret";`,
			[`${login}.scram-sha-256.sasl.jaas.config`]: `${modules}.scram.ScramLoginModule required;`,
			[`${login}.scram-sha-512.sasl.jaas.config`]: `${modules}.scram.ScramLoginModule required;`,
			[`${login}.oauthbearer.sasl.jaas.config`]: `${modules}.oauthbearer.OAuthBearerLoginModule required;`,
			[`${login}.oauthbearer.connections.max.reauth.ms`]: String(SESSION_MS),
			'ssl.keystore.type': 'PEM',
			'ssl.keystore.location': keyStore,
			'ssl.truststore.type': 'PEM',
			'ssl.truststore.location': certificates.caFile,
			'listener.name.mutual.ssl.client.auth': 'required',
		},
	});
}, START_MS);
afterAll(async () => {
	await server[Symbol.asyncDispose]();
	await tokens[Symbol.asyncDispose]();
	await certificates[Symbol.asyncDispose]();
});

const at = (port: number, settings: Native = {}): Native => ({ brokers: `127.0.0.1:${port}`, ...settings });
const as = (user: string, more: Native = {}): Native =>
	at(ports.login, { saslMechanism: 'plain', user, password: 'secret', ...more });
const byToken = (more: Native = {}): Native =>
	at(ports.login, { saslMechanism: 'oauthbearer', tokenUrl: tokens.url, scope: 'kafka', ...CLIENT, ...more });

/** One event to and fro. */
async function works(settings: Native): Promise<void> {
	await using bus = rigOn(settings);
	const from = bus.channel();
	const one = await bus.consume({ from });
	await bus.publish(from, [event()]);
	await until('it arrives', () => one.factsOf('done').length === 1);
}

async function refused(settings: Native) {
	await using bus = rigOn(settings);
	const startedAt = Date.now();
	const error = await errorOf(bus.open());
	expect(Date.now() - startedAt).toBeLessThan(16_000);
	return error;
}

describe('logins', () => {
	it.each(['plain', 'scram-sha-256', 'scram-sha-512'])('%s', async (saslMechanism) => {
		await works(as('boss', { saslMechanism }));
	});

	it('by a token that is fetched with client credentials', async () => {
		await works(byToken());
		expect(new URLSearchParams(tokens.given.at(-1))).toEqual(
			new URLSearchParams({ grant_type: 'client_credentials', scope: 'kafka' }),
		);
	});

	it('goes on when the session of a login ends, again and again', async () => {
		await using bus = rigOn(byToken());
		const from = bus.channel();
		const one = await bus.consume({ from });
		const until6s = Date.now() + 6000;
		let published = 0;
		while (Date.now() < until6s) {
			await bus.publish(from, events(5));
			published += 5;
			await pause(20);
		}
		await until('all arrive', () => one.factsOf('done').length === published);
		expect(bus.complaints).toEqual([]);
	});

	it.each(['plain', 'scram-sha-256', 'scram-sha-512'])('a wrong password: %s', async (saslMechanism) => {
		const error = await refused(as('boss', { saslMechanism, password: 'not-the-secret' }));
		expect(error).toMatchObject({ code: 'auth', hint: expect.stringContaining('user and password') });
		expect(`${error.message}${error.stack}${String(error.cause)}`).not.toContain('not-the-secret');
	});

	it('a wrong client secret', async () => {
		const error = await refused(byToken({ clientSecret: 'not-the-secret' }));
		expect(error).toMatchObject({ code: 'auth', message: expect.stringContaining('invalid_client') });
		expect(`${error.message}${error.stack}${String(error.cause)}`).not.toContain('not-the-secret');
	});

	it('a token URL where nobody is', async () => {
		const error = await refused(byToken({ tokenUrl: 'http://127.0.0.1:1/token' }));
		expect(error).toMatchObject({ code: 'unreachable', hint: expect.stringContaining('Token URL') });
	});

	it('a token that is over', async () => {
		await using over = await startTokenServer({ ...CLIENT, lifeSeconds: -60 });
		expect(await refused(byToken({ tokenUrl: over.url }))).toMatchObject({ code: 'auth' });
	});

	it('no login where one is wanted', async () => {
		const error = await refused(at(ports.login));
		expect(error).toMatchObject({ code: 'unreachable', hint: expect.stringContaining('Login') });
	});

	it('a login where none is taken', async () => {
		const error = await refused({ ...as('boss'), brokers: addressOf(server) });
		expect(error).toMatchObject({ code: 'auth', hint: expect.stringContaining('Login None') });
	});
});

describe('TLS', () => {
	const tls = (more: Native = {}): Native => at(ports.tls, { tls: true, tlsCa: certificates.ca, ...more });

	it('with a private authority', async () => await works(tls()));

	it('with a certificate of our own', async () => {
		const { certificate, key } = certificates.client;
		await works(tls({ ...at(ports.mutual), tlsCertificate: certificate, tlsKey: key }));
	});

	it('an authority that is not known', async () => {
		const error = await refused(at(ports.tls, { tls: true }));
		expect(error).toMatchObject({ code: 'auth', hint: expect.stringContaining('CA Certificate') });
	});

	it('a certificate for another name', async () => {
		const error = await refused(tls({ tlsServerName: 'other.example.com' }));
		expect(error).toMatchObject({ code: 'auth', message: expect.stringContaining('other.example.com') });
	});

	it('no certificate of our own where one is wanted', async () => {
		const error = await refused(tls(at(ports.mutual)));
		expect(error).toMatchObject({ code: 'auth', hint: expect.stringContaining('Client Certificate') });
	});

	it('TLS to a port without', async () => {
		const error = await refused(tls({ brokers: addressOf(server) }));
		expect(error).toMatchObject({ code: 'unreachable', hint: expect.stringContaining('Use TLS') });
	});

	it('no TLS to a port with', async () => {
		const error = await refused(at(ports.tls));
		expect(error).toMatchObject({ code: 'unreachable', hint: expect.stringContaining('Use TLS') });
	});
});

it('nobody at the address is unreachable', async () => {
	const error = await refused(at(1));
	expect(error).toMatchObject({ code: 'unreachable', hint: expect.stringContaining('addresses') });
});

describe('rights', () => {
	const shop = { kind: 'channel', channel: 'shop.orders' } as const;

	beforeAll(async () => {
		await grant(server, [
			// As in docs/how-to/kafka.md.
			{ user: 'app', on: 'topic', prefix: 'shop.', may: ['READ', 'WRITE', 'CREATE', 'DELETE', 'DESCRIBE_CONFIGS'] },
			{ user: 'app', on: 'group', prefix: 'shop.', may: ['READ', 'DELETE'] },
			{ user: 'reader', on: 'topic', prefix: 'shop.orders', may: ['READ'] },
			{ user: 'reader', on: 'group', prefix: 'shop.', may: ['READ'] },
		]);
	});

	it('the documented ones suffice for everything on one channel', async () => {
		await using bus = rigOn(as('app'));
		bus.owns(shop.channel);
		const flaky = failing(1);
		const retry = { maxAttempts: 2, backoff: { initialMs: 100, factor: 1, maxMs: 100, jitter: 0 } };
		const one = await bus.consume({
			from: shop,
			retry,
			handle: (run, context) => (run.event.event_type === 'order.bad' ? fails() : flaky(run, context)),
		});
		await bus.publish(shop, [...events(3), event({ type: 'order.bad' })]);
		await until('a dead letter', async () => (await bus.deadLetters(shop)).length === 1);
		await until('each has run twice', () => one.runs.length === 8);
		expect(await bus.redrive(shop)).toBe(1);
		await until('it is a dead letter again', async () => (await bus.deadLetters(shop)).length === 1);
		const test = await bus.consume({ from: shop, group: 'test', lifetime: 'ephemeral', start: { at: 'latest' } });
		expect((await bus.inspect(shop)).groups).toHaveLength(2);
		await test.consumer.close(1000);
		await until('the test group is gone', async () => (await bus.groupState(shop, 'test')) === null);
	});

	it('a user that may only read publishes nothing', async () => {
		await using owner = rigOn(as('boss'));
		owner.owns(shop.channel);
		await owner.publish(shop, [event()]);
		await using bus = rigOn(as('reader'));
		const [outcome] = await bus.tryToPublish(shop, [event()]);
		expect(outcome).toMatchObject({ ok: false, error: { code: 'auth', hint: expect.stringContaining('rights') } });
	});

	it('a user that may make no topics holds what fails in memory, and says so', async () => {
		await using owner = rigOn(as('boss'));
		owner.owns(shop.channel);
		await owner.publish(shop, [event()]);
		await using bus = rigOn(as('reader'));
		const one = await bus.consume({
			from: shop,
			start: { at: 'committed', otherwise: { at: 'earliest' } },
			handle: failing(1),
		});
		await until('it is done at last', () => one.factsOf('done').length === 1);
		expect(bus.complaints).toEqual([expect.stringContaining('waits in memory')]);
	});

	it('another channel is out of reach, and the error names the right', async () => {
		await using bus = rigOn(as('app'));
		const other = { kind: 'channel', channel: 'payroll' } as const;
		const rights = expect.stringContaining('rights');
		expect(await errorOf(bus.publish(other, [event()]))).toMatchObject({ code: 'auth', hint: rights });
		expect(await errorOf(bus.consume({ from: other }))).toMatchObject({ code: 'auth', hint: rights });
	});
});

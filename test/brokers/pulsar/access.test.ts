/**
 * Logins by token and by certificate, over TLS and without, rights that are missing, and creation that is off.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../../scripts/n8n/freePort';
import type { Server } from '../../../scripts/servers/server';
import { serverFolder, type ServerFolder } from '../../../scripts/servers/serverFolder';
import type { Native } from '../../../src/broker/types';
import { events } from '../../conformance/events';
import { fails } from '../../conformance/recorder';
import { until } from '../../conformance/waiting';
import { makeCertificates, type Certificates } from '../certificates';
import { errorOf } from '../errorOf';
import { admin, rigOn, start, tokenOf } from './pulsarBus';

const secret = randomBytes(32);
const root = tokenOf('root', secret);
let folder: ServerFolder;
let certificates: Certificates;
let server: Server;
let tlsPort: number;

beforeAll(async () => {
	folder = await serverFolder('pulsar-access', undefined);
	certificates = await makeCertificates('rsa');
	const keyFile = join(folder.path, 'secret.key');
	await writeFile(keyFile, secret);
	tlsPort = await freePort(0);
	server = await start({
		token: root,
		settings: {
			authenticationEnabled: 'true',
			authorizationEnabled: 'true',
			authenticationProviders: [
				'org.apache.pulsar.broker.authentication.AuthenticationProviderToken',
				'org.apache.pulsar.broker.authentication.AuthenticationProviderTls',
			].join(','),
			tokenSecretKey: `file://${keyFile}`,
			superUserRoles: 'root',
			brokerClientAuthenticationPlugin: 'org.apache.pulsar.client.impl.auth.AuthenticationToken',
			brokerClientAuthenticationParameters: `token:${root}`,
			// Channels must be made by somebody who may.
			allowAutoTopicCreation: 'false',
			webServicePortTls: tlsPort,
			tlsCertificateFilePath: certificates.server.certificateFile,
			tlsKeyFilePath: certificates.server.keyFile,
			tlsTrustCertsFilePath: certificates.caFile,
		},
	});
	await admin(server, 'PUT', 'tenants/acme', {
		token: root,
		body: { adminRoles: ['boss'], allowedClusters: ['standalone'] },
	});
	await admin(server, 'PUT', 'namespaces/acme/shop', { token: root, body: {} });
	// Who may administrate a tenant may not read or write there by that alone.
	for (const role of ['boss', 'worker', 'event-bus']) {
		const path = `namespaces/acme/shop/permissions/${role}`;
		await admin(server, 'POST', path, { token: root, body: ['produce', 'consume'] });
	}
}, 180_000);
afterAll(async () => {
	await server[Symbol.asyncDispose]();
	await certificates[Symbol.asyncDispose]();
	await folder.release();
});

const shop = { tenant: 'acme', namespace: 'shop' };
const as = (role: string, more: Native = {}) =>
	rigOn({ host: `${server.host}:${server.port}`, login: 'token', token: tokenOf(role, secret), ...shop, ...more });
const overTls = (more: Native = {}): Native => ({
	host: `localhost:${tlsPort}`,
	tls: true,
	tlsCa: certificates.ca,
	...shop,
	...more,
});

it('an admin of the tenant makes what is needed, and events travel', async () => {
	await using bus = as('boss');
	const channel = bus.channel();
	const ours = await bus.consume({ from: channel, retry: ONE_ATTEMPT, handle: () => fails() });
	await bus.publish(channel, events(2));
	await until('two dead letters', async () => (await bus.deadLetters(channel)).length === 2);
	expect(ours.runs).toHaveLength(2);
});

it('who may produce and consume uses a topic that is there, and holds retries where it may make none', async () => {
	const name = `prepared-${randomUUID()}`;
	await admin(server, 'PUT', `persistent/acme/shop/${name}`, { token: root });
	await using bus = as('worker');
	const from = { kind: 'channel', channel: name } as const;
	let isFirst = true;
	const ours = await bus.consume({
		from,
		handle: () => {
			if (!isFirst) return;
			isFirst = false;
			throw new Error('not yet');
		},
	});
	expect(ours.consumer.effective.delayedRetryMaxMs).toBe(0);
	expect(bus.complaints.join()).toContain('wait in memory');
	await bus.publish(from, events(3));
	await until('all three are done', () => ours.factsOf('done').length === 3);
	await using owner = as('boss');
	owner.owns(name);
	expect((await owner.inspect(from)).exists).toBe(true);
});

it('who may produce and consume does everything else where all topics are there', async () => {
	const name = `prepared-${randomUUID()}`;
	for (const topic of [name, `${name}-group-RETRY`, `${name}-group-DLQ`]) {
		await admin(server, 'PUT', `persistent/acme/shop/${topic}`, { token: root });
	}
	await using bus = as('worker');
	const from = { kind: 'channel', channel: name } as const;
	let isBroken = true;
	const retry = { ...ONE_ATTEMPT, maxAttempts: 2 };
	const ours = await bus.consume({ from, retry, handle: () => (isBroken ? fails() : undefined) });
	expect(ours.consumer.effective.delayedRetryMaxMs).toBeGreaterThan(0);
	await bus.publish(from, events(2));
	await until('two dead letters', async () => (await bus.deadLetters(from)).length === 2);
	isBroken = false;
	expect(await bus.redrive(from, { limit: 1 })).toBe(1);
	await until('one is done', () => ours.factsOf('done').length === 1);
	expect(await bus.deadLetters(from, {}, null)).toHaveLength(1);
	expect(await bus.groupState(from)).toMatchObject({ backlog: 0, inFlight: 0, deadLetters: 1, consumers: 1 });
	expect(bus.complaints.filter((complaint) => !complaint.includes('dead letters'))).toEqual([]);
});

it('who may make no topic is told which right is missing', async () => {
	await using bus = as('worker');
	const from = { kind: 'channel', channel: `missing-${randomUUID()}` } as const;
	const wanted = { code: 'auth', hint: expect.stringContaining('admin of the tenant') };
	expect(await errorOf(bus.consume({ from }))).toMatchObject(wanted);
	expect(await errorOf(bus.publish(from, events(1)))).toMatchObject(wanted);
});

it('with creation off, a missing topic is not found', async () => {
	await using bus = as('worker');
	const from = { kind: 'channel', channel: `missing-${randomUUID()}` } as const;
	for (const provision of ['verify', 'off'] as const) {
		expect(await errorOf(bus.consume({ from, provision }))).toMatchObject({ code: 'not-found' });
		expect(await errorOf(bus.publish(from, events(1), { provision }))).toMatchObject({ code: 'not-found' });
	}
});

it('a role without rights may do nothing, and is told so', async () => {
	const name = `private-${randomUUID()}`;
	await admin(server, 'PUT', `persistent/acme/shop/${name}`, { token: root });
	await using bus = as('stranger');
	const from = { kind: 'channel', channel: name } as const;
	for (const provision of ['create', 'verify', 'off'] as const) {
		expect(await errorOf(bus.consume({ from, provision }))).toMatchObject({ code: 'auth' });
		expect(await errorOf(bus.publish(from, events(1), { provision }))).toMatchObject({ code: 'auth' });
	}
});

it('a wrong token, and none, are refused at once, and never repeated', async () => {
	const wrong = tokenOf('boss', randomBytes(32));
	const wanted = { code: 'auth', hint: expect.stringContaining('token') };
	for (const settings of [{ token: wrong }, { login: 'none' }, { token: wrong, admin: 'none' }]) {
		await using bus = as('boss', settings);
		const error = await errorOf(bus.open());
		expect(error).toMatchObject(wanted);
		expect(`${error.message} ${String(error.cause)}`).not.toContain(wrong);
	}
});

it('an unknown tenant or namespace is named', async () => {
	await using tenant = as('root', { tenant: 'nobody' });
	expect(await errorOf(tenant.open())).toMatchObject({
		code: 'not-found',
		message: expect.stringMatching(/namespace|tenant/),
	});
	await using namespace = as('root', { namespace: 'nothing' });
	expect(await errorOf(namespace.open())).toMatchObject({
		code: 'not-found',
		message: expect.stringContaining('namespace'),
	});
});

it('events travel over TLS, with a token and with a certificate', async () => {
	const { certificate, key } = certificates.client;
	const name = `prepared-${randomUUID()}`;
	await admin(server, 'PUT', `persistent/acme/shop/${name}`, { token: root });
	const from = { kind: 'channel', channel: name } as const;
	const token = { login: 'token', token: tokenOf('boss', secret) };
	for (const login of [token, { tlsCertificate: certificate, tlsKey: key }]) {
		await using bus = rigOn(overTls(login));
		const ours = await bus.consume({ from, group: `group${randomUUID().slice(0, 4)}` });
		await bus.publish(from, events(3));
		await until('all three run', () => ours.factsOf('done').length === 3);
	}
});

it('a server of an unknown authority, or with another name, is refused', async () => {
	for (const settings of [{ tlsCa: '' }, { tlsServerName: 'pulsar.example.com' }]) {
		await using bus = rigOn(overTls(settings));
		expect(await errorOf(bus.open())).toMatchObject({
			code: 'auth',
			message: expect.stringContaining('TLS handshake'),
		});
	}
});

it('who forgets TLS, or finds nobody, is told what to look at', async () => {
	await using plain = rigOn({ host: `localhost:${tlsPort}`, ...shop });
	expect(await errorOf(plain.open())).toMatchObject({ code: 'unreachable', hint: expect.stringContaining('port') });
	await using nobody = rigOn({ host: `127.0.0.1:${await freePort(0)}` });
	expect(await errorOf(nobody.open())).toMatchObject({ code: 'unreachable', hint: expect.stringContaining('port') });
});

const ONE_ATTEMPT = { maxAttempts: 1, backoff: { initialMs: 100, factor: 1, maxMs: 100, jitter: 0 } };

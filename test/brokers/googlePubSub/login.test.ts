/**
 * Who may do what: service accounts, TLS with certificates on both sides, rights that are missing, projects that are not
 * there.
 */
import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Server } from '../../../scripts/servers/server';
import type { Native } from '../../../src/broker/types';
import { takeMessages } from '../../conformance/bareSubscription';
import { event, events } from '../../conformance/events';
import { until } from '../../conformance/waiting';
import { makeCertificates, type Certificates } from '../certificates';
import { errorOf } from '../errorOf';
import { PROJECT, rigOn, rigWith, start } from './pubSubBus';

const EMAIL = `n8n@${PROJECT}.iam.gserviceaccount.com`;
const ours = newKeys();

/** PEM. */
function newKeys() {
	const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
	return {
		publicKey: publicKey.export({ type: 'spki', format: 'pem' }),
		privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }),
	};
}

let certificates: Certificates;
beforeAll(async () => {
	certificates = await makeCertificates();
});
afterAll(async () => await certificates[Symbol.asyncDispose]());

/** Over TLS, for our service account only. */
async function startSecured(flags: Readonly<Record<string, string>> = {}): Promise<Server> {
	const publicKey = join(dirname(certificates.caFile), 'account.pem');
	await writeFile(publicKey, ours.publicKey);
	const { certificateFile, keyFile } = certificates.server;
	const login = { issuer: EMAIL, 'public-key': publicKey };
	return await start({ flags: { cert: certificateFile, key: keyFile, ...login, ...flags } });
}

function secured({ port }: Server, more: Native = {}, privateKey = ours.privateKey): Native {
	const key = { type: 'service_account', project_id: PROJECT, client_email: EMAIL, private_key: privateKey };
	const login = { login: 'key', serviceAccount: JSON.stringify(key) };
	return { ...login, endpoint: `localhost:${port}`, tlsCa: certificates.ca, ...more };
}

it('events travel over TLS for a service account that is known', async () => {
	await using server = await startSecured();
	await using bus = rigWith(secured(server));
	const channel = bus.channel();
	const one = await bus.consume({ from: channel });
	await bus.publish(channel, events(3));
	await until('all three run', () => one.runs.length === 3);
	const { detail } = await (await bus.connection()).health(bus.call());
	expect(detail).toContain(PROJECT);
});

it('a key that is not the account’s, or no key at all, is refused without showing it', async () => {
	await using server = await startSecured();
	const { privateKey } = newKeys();
	await using stranger = rigWith(secured(server, {}, privateKey));
	const refused = await errorOf(stranger.open());
	expect(refused).toMatchObject({ code: 'auth', hint: expect.stringContaining('key is whole') });
	await using broken = rigWith(
		secured(server, {}, '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n'),
	);
	const unreadable = await errorOf(broken.open());
	expect(unreadable).toMatchObject({ code: 'auth' });
	for (const error of [refused, unreadable]) expect(`${error.message} ${error.hint}`).not.toMatch(/c2VjcmV0|BEGIN/);
});

it('a server of an unknown authority, or of another name, is refused unless one asks for it', async () => {
	await using server = await startSecured();
	await using distrustful = rigWith(secured(server, { tlsCa: '' }));
	expect(await errorOf(distrustful.open())).toMatchObject({ code: 'auth', message: expect.stringContaining('TLS') });
	await using deceived = rigWith(secured(server, { tlsServerName: 'pubsub.example.com' }));
	expect(await errorOf(deceived.open())).toMatchObject({ code: 'auth' });
	await using careless = rigWith(secured(server, { tlsCa: '', tlsVerify: false }));
	expect((await (await careless.open()).health(careless.call())).status).toBe('up');
});

it('an endpoint that asks for a certificate gets ours, and refuses who has none', async () => {
	await using server = await startSecured({ 'client-ca': certificates.caFile });
	await using stranger = rigWith(secured(server));
	expect(['auth', 'unreachable']).toContain((await errorOf(stranger.open())).code);
	const { certificate, key } = certificates.client;
	await using bus = rigWith(secured(server, { tlsCertificate: certificate, tlsKey: key }));
	expect((await (await bus.open()).health(bus.call())).status).toBe('up');
});

it('an unknown project is told from the first call', async () => {
	await using server = await start({ flags: { project: 'another-project' } });
	await using bus = rigOn(server);
	expect(await errorOf(bus.open())).toMatchObject({ code: 'not-found', hint: expect.stringContaining('Project ID') });
});

it('nothing answers at the address', async () => {
	const server = await start();
	await server[Symbol.asyncDispose]();
	await using bus = rigOn(server);
	expect(await errorOf(bus.open())).toMatchObject({ code: 'unreachable' });
});

it('without the right to make things they are refused by name; without the right to look, the connection is good', async () => {
	await using server = await start({ flags: { deny: 'CreateTopic,ListTopics' } });
	await using bus = rigOn(server);
	const channel = bus.channel();
	const error = await errorOf(bus.publish(channel, [event()]));
	expect(error).toMatchObject({
		code: 'auth',
		message: expect.stringContaining(`creating the topic ${channel.channel}`),
	});
	const health = await (await bus.connection()).health(bus.call());
	expect(health).toMatchObject({ status: 'up', detail: expect.stringContaining('may not list') });
});

it('without the right to publish or to read, each says so', async () => {
	await using server = await start({ flags: { deny: 'Publish,Pull' } });
	await using bus = rigOn(server);
	const channel = bus.channel();
	const [outcome] = await bus.tryToPublish(channel, [event()]);
	expect(outcome).toMatchObject({ ok: false, error: { code: 'auth', hint: expect.stringContaining('role') } });
	const one = await bus.consume({ from: channel });
	one.expectsFatal = true;
	await until('the consumer gives up', () => one.fatal !== null);
	expect(one.fatal).toMatchObject({ code: 'auth', message: expect.stringContaining('reading') });
});

it('a message that is too large is refused alone', async () => {
	await using server = await start();
	await using bus = rigOn(server);
	const channel = bus.channel();
	const one = await bus.subscribe(channel);
	const sizes = [10, bus.capabilities.maxBytes + 100_000, bus.capabilities.maxBytes - 1000, 10];
	const messages = sizes.map((size, n) => ({ id: `m${n}`, type: '', body: Buffer.alloc(size, 'x'), headers: {} }));
	const outcomes = await (await bus.open()).publish(channel, messages, { ...bus.call(), provision: 'verify' });
	const stored = outcomes.map((outcome) => (outcome.ok ? 'stored' : outcome.error.code));
	expect(stored).toEqual(['stored', 'too-large', 'stored', 'stored']);
	const received = await takeMessages(bus, one, 3);
	expect(received.map(({ body }) => body.byteLength).toSorted()).toEqual([10, 10, sizes[2]].toSorted());
});

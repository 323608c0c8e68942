/**
 * Redis over TLS, with and without a certificate of the client.
 */
import type { Server } from '../../../scripts/servers/server';
import { freePort } from '../../../scripts/n8n/freePort';
import type { Native } from '../../../src/broker/types';
import { redisPubSub } from '../../../src/brokers/redis/pubSub/manifest';
import { events } from '../../conformance/events';
import { until } from '../../conformance/waiting';
import { makeCertificates, type Certificates } from '../certificates';
import { errorOf } from '../errorOf';
import { rigOn, start } from './redisBus';

let certificates: Certificates;
beforeAll(async () => {
	certificates = await makeCertificates();
});
afterAll(async () => await certificates[Symbol.asyncDispose]());

/** @param clients whether they must show a certificate */
async function startTls(clients: 'yes' | 'no'): Promise<Server> {
	const port = await freePort(0);
	const { server, caFile } = certificates;
	const files = { 'tls-cert-file': server.certificateFile, 'tls-key-file': server.keyFile, 'tls-ca-cert-file': caFile };
	return await start({ port, settings: { port: 0, 'tls-port': port, 'tls-auth-clients': clients, ...files } });
}

function overTls({ port }: Server, more: Native = {}): Native {
	return { addresses: `localhost:${port}`, tls: true, tlsCa: certificates.ca, ...more };
}

it('events travel over TLS when the server is who it says it is', async () => {
	await using server = await startTls('no');
	await using bus = rigOn(overTls(server));
	const channel = bus.channel();
	const one = await bus.consume({ from: channel });
	await bus.publish(channel, events(3));
	await until('all three run', () => one.runs.length === 3);
});

it('Pub/Sub does so as well, at an address without a name', async () => {
	await using server = await startTls('no');
	await using bus = rigOn(overTls(server, { addresses: `127.0.0.1:${server.port}` }), redisPubSub);
	const channel = bus.channel();
	const one = await bus.consume({ from: channel });
	await bus.publish(channel, events(3));
	await until('all three run', () => one.runs.length === 3);
});

it('a server of an unknown authority is refused, unless one asks for it', async () => {
	await using server = await startTls('no');
	await using bus = rigOn(overTls(server, { tlsCa: '' }));
	const error = await errorOf(bus.open());
	expect(error).toMatchObject({ code: 'auth', message: expect.stringContaining('TLS handshake') });
	await using careless = rigOn(overTls(server, { tlsCa: '', tlsVerify: false }));
	expect((await (await careless.open()).health(careless.call())).status).toBe('up');
});

it('a certificate for another name is refused', async () => {
	await using server = await startTls('no');
	await using bus = rigOn(overTls(server, { tlsServerName: 'redis.example.com' }));
	expect(await errorOf(bus.open())).toMatchObject({ code: 'auth' });
});

it('a server that asks for a certificate gets ours, and refuses who has none', async () => {
	await using server = await startTls('yes');
	await using stranger = rigOn(overTls(server));
	expect(await errorOf(stranger.open())).toMatchObject({ hint: expect.stringContaining('certificate') });
	const { certificate, key } = certificates.client;
	await using bus = rigOn(overTls(server, { tlsCertificate: certificate, tlsKey: key }));
	const channel = bus.channel();
	const one = await bus.consume({ from: channel });
	await bus.publish(channel, events(3));
	await until('all three run', () => one.runs.length === 3);
});

it('who forgets TLS is told to think of it', async () => {
	await using server = await startTls('no');
	await using bus = rigOn({ addresses: `localhost:${server.port}` });
	expect(await errorOf(bus.open())).toMatchObject({ code: 'unreachable', hint: expect.stringContaining('TLS') });
});

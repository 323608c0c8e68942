/**
 * PostgreSQL over TLS, with an authority of one's own.
 */
import type { Native } from '../../../src/broker/types';
import { systemClock } from '../../../src/kernel/clock';
import { silentLogger } from '../../../src/kernel/logger';
import { postgresStore } from '../../../src/store/postgres/manifest';
import { storeFromUrl } from '../../../src/store/stores';
import { type Certificates, makeCertificates } from '../../brokers/certificates';
import { errorOf } from '../../brokers/errorOf';
import { call } from '../../embedded/rig';
import { PostgresUnderTest } from '../postgresUnderTest';

let certificates: Certificates;
let postgres: PostgresUnderTest;
beforeAll(async () => {
	certificates = await makeCertificates();
	postgres = new PostgresUnderTest({
		settings: { ssl: 'on', ssl_cert_file: 'server.pem', ssl_key_file: 'server.key', ssl_ca_file: 'ca.pem' },
		files: {
			'server.pem': certificates.server.certificate,
			'server.key': certificates.server.key,
			'ca.pem': certificates.ca,
			// Whoever comes over TCP has to use TLS, and the user `event-bus` to show his certificate.
			'pg_hba.conf': 'hostssl all event-bus all cert\nhostssl all all all scram-sha-256\n',
		},
	});
	await postgres.start();
});
afterAll(async () => {
	await postgres.stop();
	await certificates[Symbol.asyncDispose]();
});

function settings(more: Native): Native {
	const { settings: read } = storeFromUrl(postgres.server.url());
	return { ...read, tls: true, tlsVerify: true, tlsCa: certificates.ca, ...more };
}

async function open(native: Native) {
	const host = { clock: systemClock, logger: silentLogger, clientName: 'test' };
	return await postgresStore.open(native, { ...host, signal: AbortSignal.timeout(20_000) });
}

it.each(['127.0.0.1', 'localhost'])('works over TLS at %s when the server is who it says it is', async (host) => {
	await using engine = await open(settings({ host }));
	expect(await engine.read('headOf', {}, call())).toBe(0);
	expect(await engine.version(call())).toMatch(/^PostgreSQL \d+/);
	// The connection that listens is encrypted, too.
	const stop = engine.onCommit(() => undefined);
	stop();
});

it('refuses a server of an unknown authority, unless one asks for it', async () => {
	const error = await errorOf(open(settings({ tlsCa: '' })));
	expect(error).toMatchObject({ code: 'auth', message: expect.stringContaining('TLS handshake') });
	await using engine = await open(settings({ tlsCa: '', tlsVerify: false }));
	expect(await engine.read('headOf', {}, call())).toBe(0);
});

it('checks the name in the certificate, or the one that is given for it', async () => {
	const error = await errorOf(open(settings({ tlsServerName: 'db.example.com' })));
	expect(error).toMatchObject({ code: 'auth', message: expect.stringContaining('TLS handshake') });
	await using engine = await open(settings({ host: '127.0.0.1', tlsServerName: 'localhost' }));
	expect(await engine.read('headOf', {}, call())).toBe(0);
});

it('shows the certificate of the client', async () => {
	const native = settings({ user: 'event-bus', password: '' });
	expect((await errorOf(open(native))).code).toBe('auth');
	const { certificate, key } = certificates.client;
	const withOne = { ...native, tlsCertificate: certificate, tlsKey: key };
	const unknown = await errorOf(open(withOne));
	// The certificate is taken; only the user is not there.
	expect(unknown).toMatchObject({ code: 'auth', message: expect.stringContaining('"event-bus" does not exist') });
});

it('says that TLS is needed when it is not used', async () => {
	const error = await errorOf(open(settings({ tls: false })));
	expect(error).toMatchObject({ code: 'auth', message: expect.stringContaining('no encryption') });
});

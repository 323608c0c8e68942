/**
 * Logins, rights and databases that do not fit.
 */
import { silentLogger } from '../../../src/kernel/logger';
import { EventStore } from '../../../src/store/store';
import { storeFromUrl } from '../../../src/store/stores';
import { systemClock } from '../../../src/kernel/clock';
import { call } from '../../embedded/rig';
import { errorOf } from '../../brokers/errorOf';
import { events } from '../../conformance/events';
import { PostgresUnderTest } from '../postgresUnderTest';
import { idsIn } from '../reading';

const SECRET = 'tell-nobody';

const postgres = new PostgresUnderTest();
beforeAll(async () => {
	await postgres.start();
	await postgres.sql(`CREATE USER clerk PASSWORD '${SECRET}'`);
});
afterAll(async () => await postgres.stop());

function url({ user = 'clerk', password = SECRET, database = 'postgres', query = '' } = {}): string {
	return `postgres://${user}:${password}@127.0.0.1:${postgres.server.port}/${database}?${query}`;
}

async function open(connectionUrl: string) {
	const { manifest, settings } = storeFromUrl(connectionUrl);
	const host = { clock: systemClock, logger: silentLogger, clientName: 'test' };
	return new EventStore(await manifest.open(settings, { ...host, signal: AbortSignal.timeout(20_000) }));
}

async function refusal(connectionUrl: string) {
	const error = await errorOf(open(connectionUrl));
	expect(JSON.stringify([error.message, error.hint])).not.toContain(SECRET);
	return error;
}

it.each([
	['a wrong password', () => url({ password: `${SECRET}x` }), 'auth', 'password authentication failed'],
	['an unknown user', () => url({ user: 'nobody' }), 'auth', 'password authentication failed'],
	['an unknown database', () => url({ database: 'nowhere' }), 'settings', 'no such database'],
	['no right to make the schema', () => url(), 'auth', 'permission denied for database'],
	['a port where nothing listens', () => url().replace(/:\d+\//, ':1/'), 'unreachable', 'ECONNREFUSED'],
	['a host that does not exist', () => url().replace('127.0.0.1', 'no.such.host.invalid'), 'unreachable', 'invalid'],
	['TLS with a server that has none', () => url({ query: 'sslmode=require' }), 'auth', 'TLS'],
] as const)('%s is said in the words of who can repair it', async (_what, connectionUrl, code, text) => {
	const error = await refusal(connectionUrl());
	expect(error).toMatchObject({ code, message: expect.stringContaining(text), hint: expect.any(String) });
});

it('a user who may use a schema that an admin made needs no other right', async () => {
	await postgres.sql('CREATE SCHEMA events; GRANT USAGE, CREATE ON SCHEMA events TO clerk');
	const store = await open(url({ query: 'schema=events' }));
	expect((await store.append('order-1', events(2), call())).version).toBe(2);
	await store.engine[Symbol.asyncDispose]();
	await postgres.sql('REVOKE CREATE ON SCHEMA events FROM clerk');
	await using again = (await open(url({ query: 'schema=events' }))).engine;
	expect(await idsIn(new EventStore(again), 'order-1', call())).toHaveLength(2);
});

it('a user who may only read and write the tables of an admin can work, and is told what he lacks', async () => {
	await (await open(postgres.server.url() + '?schema=company')).engine[Symbol.asyncDispose]();
	expect(await refusal(url({ query: 'schema=company' }))).toMatchObject({ code: 'auth' });
	await postgres.sql('GRANT USAGE ON SCHEMA company TO clerk; GRANT SELECT ON ALL TABLES IN SCHEMA company TO clerk');
	const store = await open(url({ query: 'schema=company' }));
	expect(await errorOf(store.append('order-1', events(1), call()))).toMatchObject({ code: 'auth', retryable: false });
	await postgres.sql('GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA company TO clerk');
	await using engine = store.engine;
	expect((await new EventStore(engine).append('order-1', events(1), call())).version).toBe(1);
	const entries = [{ lane: '', message: 'm', dueAt: 0 }];
	await engine.write('park', { subscription: 's', state: 'dead', entries }, call());
	expect(await engine.inbox.begin(['k'], 'me', 1000, call())).toMatchObject([{ state: 'new' }]);
});

it('a schema of another program is left alone', async () => {
	await postgres.sql('CREATE SCHEMA shop; CREATE TABLE shop.event (id INT)');
	const admin = `${postgres.server.url()}?schema=shop`;
	expect(await refusal(admin)).toMatchObject({ code: 'settings', message: expect.stringContaining('another program') });
	const tables = await postgres.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'shop'");
	expect(tables).toEqual([{ tablename: 'event' }]);
});

it('a database with another encoding is refused', async () => {
	await postgres.sql("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
	const error = await refusal(url({ database: 'latin' }));
	expect(error).toMatchObject({ code: 'settings', message: expect.stringContaining('LATIN1') });
});

it('a server that has no connection left says so', async () => {
	await postgres.sql('CREATE SCHEMA few AUTHORIZATION clerk; ALTER USER clerk CONNECTION LIMIT 1');
	try {
		await using engine = (await open(url({ query: 'schema=few&poolSize=3' }))).engine;
		const reads = Array.from({ length: 3 }, async () => await engine.read('headOf', {}, call()));
		const outcomes = await Promise.allSettled(reads);
		const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
		expect(refused.length).toBeGreaterThan(0);
		for (const { reason } of refused) {
			expect(reason).toMatchObject({ code: 'unreachable', message: expect.stringContaining('no connection left') });
		}
	} finally {
		await postgres.sql('ALTER USER clerk CONNECTION LIMIT -1');
	}
});

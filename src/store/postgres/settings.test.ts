import { storeFromUrl } from '../stores';
import { describeSettings, readSettings } from './settings';

function fromUrl(url: string) {
	return readSettings(storeFromUrl(url).settings);
}

const DEFAULTS = {
	host: 'localhost',
	port: 5432,
	database: 'postgres',
	user: 'postgres',
	password: '',
	schema: 'event_bus',
	tls: null,
	poolSize: 10,
};

it.each([
	['postgres://', {}],
	['postgresql://db.example.com', { host: 'db.example.com' }],
	['postgres://u:p@db:6432/shop', { user: 'u', password: 'p', host: 'db', port: 6432, database: 'shop' }],
	['postgres://u%40x:p%3A%2F%40@db/a%20b', { user: 'u@x', password: 'p:/@', host: 'db', database: 'a b' }],
	['postgres://u:a:b@db', { user: 'u', password: 'a:b', host: 'db' }],
	['postgres://[::1]:5433/x', { host: '::1', port: 5433, database: 'x' }],
	['postgres:///x?host=/var/run/postgresql', { host: '/var/run/postgresql', database: 'x' }],
	['postgres://db?schema=shop%20events&poolSize=3', { host: 'db', schema: 'shop events', poolSize: 3 }],
	['postgres://db?sslmode=disable', { host: 'db' }],
	['postgres://db?sslmode=require', { host: 'db', tls: { rejectUnauthorized: false } }],
	['postgres://db?sslmode=verify-full', { host: 'db', tls: { rejectUnauthorized: true } }],
	['postgres://db?sslmode=verify-ca', { host: 'db', tls: { rejectUnauthorized: true } }],
	['postgres://db?sslmode=verify-full&tlsCa=PEM', { host: 'db', tls: { ca: 'PEM', rejectUnauthorized: true } }],
	['postgres://db?tls=true&application_name=x&connect_timeout=5', { host: 'db', tls: { rejectUnauthorized: true } }],
])('%s', (url, expected) => expect(fromUrl(url)).toEqual({ ...DEFAULTS, ...expected }));

it.each([
	['postgres:db', 'cannot be read'],
	['postgres://a:secret@b:c@d', 'cannot be read'],
	['postgres://u:secret%@db', 'cannot be read'],
	['postgres://u:secret@db:port', 'cannot be read'],
	['postgres://u:secret@a,b/x', 'cannot be read'],
	['postgres://u:secret@db?sslmode=prefer', 'sslmode'],
	['postgres://u:secret@db?sslmode=constructor', 'sslmode'],
	['postgres://u:secret@db?unknown=1', 'unknown'],
	['postgres://u:secret@db:0', 'Port'],
	['postgres://u:secret@db?port=70000', 'Port'],
	['postgres://u:secret@db?poolSize=0', 'Connections'],
	['postgres://u:secret@db?poolSize=1.5', 'Connections'],
	['postgres://u:secret@db?schema=pg_mine', 'Schema'],
	['postgres://u:secret@db?schema=information_schema', 'Schema'],
	['postgres://u:secret@db?schema=', 'Schema'],
	[`postgres://u:secret@db?schema=${'x'.repeat(64)}`, 'Schema'],
])('refuses %s without telling the password', (url, text) => {
	let refusal: unknown;
	try {
		fromUrl(url);
	} catch (error) {
		refusal = error;
	}
	expect(refusal).toMatchObject({ code: 'settings', message: expect.stringContaining(text) });
	expect(JSON.stringify([refusal, String(refusal)])).not.toContain('secret');
});

it('tells where it is, without secrets', () => {
	const described = (url: string) => describeSettings(storeFromUrl(url).settings);
	expect(described('postgres://u:secret@db.example.com/shop')).toBe('PostgreSQL db.example.com, shop, event_bus');
	expect(described('postgres://u:secret@db:6432/shop?schema=x')).toBe('PostgreSQL db:6432, shop, x');
	expect(describeSettings({})).toBe('PostgreSQL');
});

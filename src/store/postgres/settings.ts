/**
 * What can be set for PostgreSQL, and how it is read.
 */
import type { Field } from '../../broker/fields';
import { readTls, tlsFields, type TlsOptions } from '../../broker/tls';
import type { Native } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';

export interface PostgresSettings {
	/** A name, an address, or the absolute path of the folder with the server's socket. */
	readonly host: string;
	readonly port: number;
	readonly database: string;
	readonly user: string;
	readonly password: string;
	/** Everything of ours lies in it. */
	readonly schema: string;
	readonly tls: TlsOptions | null;
	/** Most connections at a time, without the one that listens. */
	readonly poolSize: number;
}

const LOGIN = 'Login';
const DEFAULT_PORT = 5432;
export const DEFAULT_SCHEMA = 'event_bus';

/** Appends share one connection, so this many are for reads and documents. A server takes 100 as it is installed. */
const DEFAULT_POOL_SIZE = 10;
const MAX_POOL_SIZE = 100;

/** PostgreSQL cuts longer names, bytes. */
const MAX_NAME_BYTES = 63;

export const POSTGRES_FIELDS: readonly Field[] = [
	{
		name: 'host',
		label: 'Host',
		type: 'text',
		section: '',
		default: 'localhost',
		required: true,
		placeholder: 'e.g. db.example.com',
		help: 'Name or address of the server, or the absolute path of the folder that holds its socket',
	},
	{ name: 'port', label: 'Port', type: 'number', section: '', default: DEFAULT_PORT, help: 'Port of the server' },
	{
		name: 'database',
		label: 'Database',
		type: 'text',
		section: '',
		default: 'postgres',
		required: true,
		help: 'Name of the database. It must exist',
	},
	{
		name: 'schema',
		label: 'Schema',
		type: 'text',
		section: '',
		default: DEFAULT_SCHEMA,
		required: true,
		help: 'Where the tables lie. It is made when it is missing; use one of its own for each event store',
	},
	{
		name: 'user',
		label: 'User',
		type: 'text',
		section: LOGIN,
		default: 'postgres',
		required: true,
		help: 'Name of the user',
	},
	{
		name: 'password',
		label: 'Password',
		type: 'text',
		section: LOGIN,
		default: '',
		secret: true,
		help: 'Password of the user',
	},
	...tlsFields(),
	{
		name: 'poolSize',
		label: 'Connections',
		type: 'number',
		section: 'Limits',
		default: DEFAULT_POOL_SIZE,
		help: 'Most connections this n8n process opens at a time, and one more that listens. They are opened when they are needed',
	},
];

/** @throws EventBusError `settings` */
export function readSettings(native: Native): PostgresSettings {
	return {
		host: textOf(native, 'host'),
		port: wholeNumber(native, 'port', 'Port', 65_535),
		database: textOf(native, 'database'),
		user: textOf(native, 'user'),
		// May begin or end with a blank.
		password: typeof native['password'] === 'string' ? native['password'] : '',
		schema: checkedSchema(textOf(native, 'schema')),
		tls: readTls(native),
		poolSize: wholeNumber(native, 'poolSize', 'Connections', MAX_POOL_SIZE),
	};
}

/** What libpq's sslmode means here. It has two more, which try both ways. */
const SSL_MODES: Readonly<Record<string, Native>> = {
	disable: { tls: false },
	require: { tls: true, tlsVerify: false },
	'verify-ca': { tls: true },
	'verify-full': { tls: true },
};

/** Parameters of other clients that change nothing here. */
const IGNORED = ['application_name', 'connect_timeout'];

/**
 * `postgres://user:password@host:5432/database?sslmode=verify-full&schema=event_bus`.
 *
 * @throws EventBusError `settings`, without the URL, which may hold a password
 */
export function settingsFromUrl(url: string): Native {
	const parts =
		/^postgres(?:ql)?:\/\/(?:([^@/?#]*)@)?(\[[^\]]*\]|[^:/?#,]*)(?::(\d+))?(?:\/([^/?#]*))?(?:\?([^#]*))?$/i.exec(url);
	if (!parts) throw unreadable();
	const [, login, host = '', port, database = '', query = ''] = parts;
	const [user, password] = (login ?? '').split(/:(.*)/s);
	const parameters = new URLSearchParams(query);
	const mode = parameters.get('sslmode');
	for (const name of ['sslmode', ...IGNORED]) parameters.delete(name);
	return {
		...(host === '' ? {} : { host: decoded(host.replace(/^\[|\]$/g, '')) }),
		...(port === undefined ? {} : { port: Number(port) }),
		...(database === '' ? {} : { database: decoded(database) }),
		...(user === undefined || user === '' ? {} : { user: decoded(user) }),
		...(password === undefined ? {} : { password: decoded(password) }),
		...(mode === null ? {} : tlsOf(mode)),
		...Object.fromEntries(parameters),
	};
}

/** 'PostgreSQL db.example.com, shop, event_bus', without secrets. */
export function describeSettings(native: Native): string {
	const port = Number(native['port'] ?? DEFAULT_PORT);
	const withPort = port === DEFAULT_PORT ? '' : `:${port}`;
	const parts = [`${textOf(native, 'host')}${withPort}`, textOf(native, 'database'), textOf(native, 'schema')];
	return `PostgreSQL ${parts.filter((part) => part !== '').join(', ')}`.trim();
}

function tlsOf(mode: string): Native {
	const found = Object.hasOwn(SSL_MODES, mode) ? SSL_MODES[mode] : undefined;
	if (found) return found;
	throw refused('sslmode', mode, 'Use disable, require (encrypts, verifies nothing) or verify-full');
}

function checkedSchema(schema: string): string {
	if (Buffer.byteLength(schema) > MAX_NAME_BYTES || /\p{Cc}/u.test(schema)) {
		throw refused('Schema', schema, `Use at most ${MAX_NAME_BYTES} bytes without control characters`);
	}
	if (/^pg_|^information_schema$/i.test(schema)) {
		throw refused('Schema', schema, 'PostgreSQL keeps this name for itself; use another one');
	}
	return schema;
}

function wholeNumber(native: Native, name: string, label: string, most: number): number {
	const value = native[name];
	if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) return value;
	throw refused(label, value, `Use a whole number from 1 to ${most}`);
}

function textOf(native: Native, name: string): string {
	const value = native[name];
	return typeof value === 'string' ? value.trim() : '';
}

function decoded(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		throw unreadable();
	}
}

function unreadable(): EventBusError {
	return new EventBusError('settings', 'The postgres: URL cannot be read', {
		hint: 'Write postgres://user:password@host:5432/database?schema=event_bus, and special characters of a password as %XX',
	});
}

function refused(label: string, value: unknown, hint: string): EventBusError {
	return new EventBusError('settings', `PostgreSQL cannot use "${String(value).slice(0, 60)}" as ${label}`, { hint });
}

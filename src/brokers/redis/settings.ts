/**
 * What can be set for Redis, and how it is read: one server, a Cluster, or whatever Sentinel says is the master.
 */
import type { Field } from '../../broker/fields';
import { readTls, tlsFields, type TlsOptions } from '../../broker/tls';
import type { Native } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';

export interface RedisAddress {
	readonly host: string;
	readonly port: number;
}

export type RedisSettings = RedisLogin &
	(
		| { readonly mode: 'standalone'; readonly address: RedisAddress }
		| { readonly mode: 'cluster'; readonly nodes: readonly RedisAddress[] }
		| {
				readonly mode: 'sentinel';
				readonly sentinels: readonly RedisAddress[];
				readonly master: string;
				readonly sentinelUser: string;
				readonly sentinelPassword: string;
		  }
	);

/** How to log in at the servers that hold the data. */
export interface RedisLogin {
	readonly user: string;
	readonly password: string;
	readonly database: number;
	readonly tls: TlsOptions | null;
}

const DEFAULT_PORT = { standalone: 6379, cluster: 6379, sentinel: 26_379 } as const;
const DEFAULT_MASTER = 'mymaster';

export const REDIS_FIELDS: readonly Field[] = [
	{
		name: 'mode',
		label: 'Redis Runs As',
		type: 'choice',
		section: '',
		default: 'standalone',
		help: 'How your Redis is set up',
		choices: [
			{ value: 'standalone', label: 'One Server' },
			{ value: 'cluster', label: 'Cluster' },
			{ value: 'sentinel', label: 'Sentinel' },
		],
	},
	{
		name: 'addresses',
		label: 'Address',
		type: 'text',
		section: '',
		default: 'localhost:6379',
		required: true,
		placeholder: 'e.g. redis.example.com:6379',
		help: 'Host and port. For a Cluster some of its nodes, for Sentinel the sentinels, separated by commas',
	},
	{
		name: 'sentinelMaster',
		label: 'Master Name',
		type: 'text',
		section: '',
		default: DEFAULT_MASTER,
		help: 'The name under which the sentinels know the master',
		showWhen: { field: 'mode', in: ['sentinel'] },
	},
	{
		name: 'user',
		label: 'User',
		type: 'text',
		section: '',
		default: '',
		help: 'ACL user; empty for the default user',
	},
	{
		name: 'password',
		label: 'Password',
		type: 'text',
		section: '',
		default: '',
		secret: true,
		help: 'Password of the user; empty if Redis asks for none',
	},
	{
		name: 'database',
		label: 'Database',
		type: 'number',
		section: '',
		default: 0,
		help: 'Number of the database. A Cluster has only 0',
		showWhen: { field: 'mode', in: ['standalone', 'sentinel'] },
	},
	{
		name: 'sentinelUser',
		label: 'Sentinel User',
		type: 'text',
		section: '',
		default: '',
		help: 'ACL user at the sentinels, if they ask for one',
		showWhen: { field: 'mode', in: ['sentinel'] },
	},
	{
		name: 'sentinelPassword',
		label: 'Sentinel Password',
		type: 'text',
		section: '',
		default: '',
		secret: true,
		help: 'Password at the sentinels, if they ask for one',
		showWhen: { field: 'mode', in: ['sentinel'] },
	},
	...tlsFields(),
];

/** @throws EventBusError `settings` */
export function readSettings(settings: Native): RedisSettings {
	const text = (name: string): string => {
		const value = settings[name];
		return typeof value === 'string' ? value.trim() : '';
	};
	const mode = text('mode') === '' ? 'standalone' : text('mode');
	if (mode !== 'standalone' && mode !== 'cluster' && mode !== 'sentinel') {
		throw new EventBusError('settings', `Redis cannot run as "${mode}"`, {
			hint: 'Use standalone, cluster or sentinel',
		});
	}
	const addresses = readAddresses(text('addresses'), DEFAULT_PORT[mode]);
	const [address] = addresses;
	if (!address) {
		throw new EventBusError('settings', 'Redis has no address', { hint: 'Give host and port: redis.example.com:6379' });
	}
	const database = settings['database'] ?? 0;
	if (typeof database !== 'number' || !Number.isInteger(database) || database < 0) {
		throw new EventBusError('settings', `${JSON.stringify(database)} is no number of a Redis database`, {
			hint: 'Use 0, or a whole number above',
		});
	}
	// Passwords may begin or end with a blank.
	const password = typeof settings['password'] === 'string' ? settings['password'] : '';
	const login = { user: text('user'), password, database, tls: readTls(settings) };
	if (mode === 'cluster') {
		if (database !== 0) {
			throw new EventBusError('settings', `A Redis Cluster has no database ${database}`, { hint: 'Use database 0' });
		}
		return { ...login, mode, nodes: addresses };
	}
	if (mode === 'sentinel') {
		return {
			...login,
			mode,
			sentinels: addresses,
			master: text('sentinelMaster') === '' ? DEFAULT_MASTER : text('sentinelMaster'),
			sentinelUser: text('sentinelUser'),
			sentinelPassword: text('sentinelPassword'),
		};
	}
	if (addresses.length > 1) {
		throw new EventBusError('settings', `One Redis server has one address, and ${addresses.length} are given`, {
			hint: 'Choose Cluster or Sentinel, or leave one address',
		});
	}
	return { ...login, mode, address };
}

/** Scheme (s: TLS), how it runs, login, addresses, path, query. */
const URL_PARTS =
	/^redis(s?)(?:-pubsub)?(\+cluster|\+sentinel)?:\/\/(?:([^@/?#]*)@)?([^/?#]*)(\/[^?#]*)?(?:\?([^#]*))?$/i;

/**
 * `redis://user:password@host:6379/0`, `rediss+cluster://host1:7000,host2:7000`,
 * `redis+sentinel://host1:26379,host2:26379/mymaster/0`; any field may follow as `?name=value`.
 *
 * @throws EventBusError `settings`, without the URL, which may hold a password
 */
export function settingsFromUrl(url: string): Native {
	const match = URL_PARTS.exec(url);
	if (!match) throw unreadable();
	const [, secure, variant = '', login, addresses = '', path = '', query = ''] = match;
	const mode = variant === '' ? 'standalone' : variant.slice(1).toLowerCase();
	const [first = '', second = ''] = path.split('/').slice(1).map(decoded);
	const [master, database] = mode === 'sentinel' ? [first, second] : ['', first];
	const [user, password] = (login ?? '').split(/:(.*)/s);
	return {
		mode,
		...(addresses === '' ? {} : { addresses: decoded(addresses) }),
		...(secure === '' ? {} : { tls: true }),
		...(user === undefined || user === '' ? {} : { user: decoded(user) }),
		...(password === undefined ? {} : { password: decoded(password) }),
		...(master === '' ? {} : { sentinelMaster: master }),
		...(database === '' ? {} : { database }),
		...Object.fromEntries(new URLSearchParams(query)),
	};
}

/** 'Redis redis.example.com:6379', without secrets. */
export function describeSettings(label: string, settings: Native): string {
	const { addresses } = settings;
	return `${label} ${typeof addresses === 'string' ? addresses : ''}`.trim();
}

function readAddresses(list: string, defaultPort: number): readonly RedisAddress[] {
	return list
		.split(',')
		.map((one) => one.trim())
		.filter((one) => one !== '')
		.map((one) => {
			const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d+))?$/.exec(one) ?? [];
			const host = bracketed ?? plain;
			const number = port === undefined ? defaultPort : Number(port);
			if (host === undefined || number < 1 || number > 65_535) {
				throw new EventBusError('settings', `"${one.slice(0, 80)}" is no address of a Redis server`, {
					hint: 'Write host:port, an IPv6 address in brackets: [::1]:6379',
				});
			}
			return { host, port: number };
		});
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		throw unreadable();
	}
}

function unreadable(): EventBusError {
	return new EventBusError('settings', 'The Redis URL cannot be read', {
		hint: 'Write redis://user:password@host:6379/0, and special characters of a password as %XX',
	});
}

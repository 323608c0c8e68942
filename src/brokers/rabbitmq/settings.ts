/**
 * What can be set for RabbitMQ, and how it is read.
 */
import type { Field } from '../../broker/fields';
import { readTls, tlsFields, type TlsOptions } from '../../broker/tls';
import type { Native } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';

export interface RabbitmqSettings {
	/** Tried in turn. */
	readonly servers: readonly RabbitmqAddress[];
	readonly vhost: string;
	/** null: the server reads the user from the client certificate (EXTERNAL). */
	readonly login: { readonly user: string; readonly password: string } | null;
	readonly tls: TlsOptions | null;
	readonly queues: QueueSettings;
}

export interface RabbitmqAddress {
	readonly host: string;
	readonly port: number;
}

/** Of the queues that are made for groups. */
export interface QueueSettings {
	readonly type: 'quorum' | 'classic';
	/** Classic queues only; 0: none. */
	readonly maxPriority: number;
	/** Exchange of somebody else that takes what RabbitMQ gives up; null: the dead letters of the group. */
	readonly deadLetterExchange: string | null;
	/** Added to ours; numbers stay numbers. */
	readonly arguments: Readonly<Record<string, string | number | boolean>>;
}

const QUEUES = 'Queues';
const LOGIN = 'Login';
const DEFAULT_PORT = { plain: 5672, tls: 5671 } as const;

/** RabbitMQ makes a queue a priority; more than 10 it advises against. */
const MOST_PRIORITIES = 10;

/** What decides on delivery is ours to set. */
const RESERVED_ARGUMENTS: ReadonlySet<string> = new Set([
	'x-queue-type',
	'x-expires',
	'x-message-ttl',
	'x-dead-letter-exchange',
	'x-dead-letter-routing-key',
	'x-dead-letter-strategy',
	'x-overflow',
	'x-delivery-limit',
	'x-single-active-consumer',
	'x-max-priority',
]);

export const RABBITMQ_FIELDS: readonly Field[] = [
	{
		name: 'hosts',
		label: 'Hosts',
		type: 'text',
		section: '',
		default: 'localhost',
		required: true,
		placeholder: 'e.g. rabbit1.example.com, rabbit2.example.com:5672',
		help: 'Host, and port if it is not the usual one. Several of a cluster are tried in turn, separated by commas',
	},
	{
		name: 'vhost',
		label: 'Virtual Host',
		type: 'text',
		section: '',
		default: '/',
		help: 'The virtual host everything lies in',
	},
	{
		name: 'login',
		label: 'Login',
		type: 'choice',
		section: LOGIN,
		default: 'password',
		help: 'How to log in',
		choices: [
			{ value: 'password', label: 'User and Password' },
			{ value: 'certificate', label: 'Client Certificate', help: 'EXTERNAL: the server knows the user by it' },
		],
	},
	{
		name: 'user',
		label: 'User',
		type: 'text',
		section: LOGIN,
		default: 'guest',
		help: 'Name of the user. guest may come from the same machine only',
		showWhen: { field: 'login', in: ['password'] },
	},
	{
		name: 'password',
		label: 'Password',
		type: 'text',
		section: LOGIN,
		default: 'guest',
		secret: true,
		help: 'Password of the user',
		showWhen: { field: 'login', in: ['password'] },
	},
	{
		name: 'queueType',
		label: 'Queue Type',
		type: 'choice',
		section: QUEUES,
		default: 'quorum',
		help: 'Of the queues that are made for consumer groups',
		choices: [
			{ value: 'quorum', label: 'Quorum', help: 'Replicated, survives the loss of a node' },
			{ value: 'classic', label: 'Classic', help: 'On one node; for priorities' },
		],
	},
	{
		name: 'maxPriority',
		label: 'Highest Priority',
		type: 'number',
		section: QUEUES,
		default: 0,
		help: 'Events with a header "priority" overtake others, up to this number. 0: no priorities',
		showWhen: { field: 'queueType', in: ['classic'] },
	},
	{
		name: 'deadLetterExchange',
		label: 'Dead Letter Exchange',
		type: 'text',
		section: QUEUES,
		default: '',
		placeholder: 'e.g. company.dead-letters',
		help: 'An exchange of yours that takes what RabbitMQ itself gives up, such as events nobody read in time. Empty: the dead letters of the group',
	},
	{
		name: 'queueArguments',
		label: 'Queue Arguments',
		type: 'multiline',
		section: QUEUES,
		default: '',
		placeholder: '{ "x-quorum-initial-group-size": 3 }',
		help: 'More arguments of the queues, as a JSON object. Numbers and booleans stay what they are',
	},
	...tlsFields(),
];

/** @throws EventBusError `settings` */
export function readSettings(native: Native): RabbitmqSettings {
	const tls = readTls(native);
	const byCertificate = textOf(native, 'login') === 'certificate';
	if (byCertificate && tls?.cert === undefined) {
		throw new EventBusError('settings', 'A login by certificate needs TLS and a client certificate', {
			hint: 'Turn on Use TLS and give Client Certificate and Client Key, or log in with user and password',
		});
	}
	const vhost = textOf(native, 'vhost');
	return {
		servers: serversOf(textOf(native, 'hosts'), tls === null ? DEFAULT_PORT.plain : DEFAULT_PORT.tls),
		vhost: vhost === '' ? '/' : vhost,
		login: byCertificate ? null : { user: textOf(native, 'user'), password: passwordOf(native) },
		tls,
		queues: queuesOf(native),
	};
}

/**
 * `amqp://user:password@host1:5672,host2/vhost?queueType=classic`; `amqps:` means TLS. A virtual host is written as it is
 * in other clients: `/%2F` or nothing for the one named `/`.
 *
 * @throws EventBusError `settings`, without the URL, which may hold a password
 */
export function settingsFromUrl(url: string): Native {
	const parts = /^(amqps?):\/\/(?:([^@/?#]*)@)?([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/i.exec(url);
	if (!parts) throw unreadable();
	const [, scheme = '', login, hosts = '', vhost = '', query = ''] = parts;
	const [user, password] = (login ?? '').split(/:(.*)/s);
	return {
		...(hosts === '' ? {} : { hosts: decoded(hosts) }),
		...(vhost === '' ? {} : { vhost: decoded(vhost) }),
		...(scheme.toLowerCase() === 'amqps' && { tls: true }),
		...(user === undefined || user === '' ? {} : { user: decoded(user) }),
		...(password === undefined ? {} : { password: decoded(password) }),
		...Object.fromEntries(new URLSearchParams(query)),
	};
}

/** 'RabbitMQ rabbit1.example.com, /shop', without secrets. */
export function describeSettings(native: Native): string {
	const vhost = textOf(native, 'vhost');
	return `RabbitMQ ${textOf(native, 'hosts')}${vhost === '' || vhost === '/' ? '' : `, ${vhost}`}`.trim();
}

function serversOf(hosts: string, defaultPort: number): readonly RabbitmqAddress[] {
	const servers = hosts
		.split(',')
		.map((host) => host.trim())
		.filter((host) => host !== '');
	if (servers.length === 0) throw refused('Hosts', hosts, 'Give at least one, for example localhost');
	return servers.map((server) => {
		const [, bracketed, plain, port = String(defaultPort)] =
			/^(?:\[([^\]]+)\]|([^:/\s]+))(?::(\d{1,5}))?$/.exec(server) ?? [];
		const host = bracketed ?? plain;
		if (host === undefined || Number(port) < 1 || Number(port) > 65_535) {
			throw refused('Hosts', server, 'Write host or host:port, an IPv6 address in brackets: [::1]:5672');
		}
		return { host, port: Number(port) };
	});
}

function queuesOf(native: Native): QueueSettings {
	const type = textOf(native, 'queueType') === 'classic' ? 'classic' : 'quorum';
	const maxPriority = native['maxPriority'] ?? 0;
	if (typeof maxPriority !== 'number' || !Number.isInteger(maxPriority) || maxPriority < 0) {
		throw refused('Highest Priority', maxPriority, 'Use a whole number, or 0 for no priorities');
	}
	if (maxPriority > MOST_PRIORITIES) {
		throw refused('Highest Priority', maxPriority, `Use at most ${MOST_PRIORITIES}`);
	}
	const deadLetterExchange = textOf(native, 'deadLetterExchange');
	return {
		type,
		maxPriority: type === 'classic' ? maxPriority : 0,
		deadLetterExchange: deadLetterExchange === '' ? null : deadLetterExchange,
		arguments: argumentsOf(textOf(native, 'queueArguments')),
	};
}

function argumentsOf(text: string): QueueSettings['arguments'] {
	if (text === '') return {};
	const hint = 'Write a JSON object, such as { "x-quorum-initial-group-size": 3 }';
	let parsed: unknown;
	try {
		parsed = JSON.parse(text);
	} catch {
		throw refused('Queue Arguments', text, hint);
	}
	if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
		throw refused('Queue Arguments', text, hint);
	}
	return Object.fromEntries(
		Object.entries(parsed).map(([name, value]: [string, unknown]) => {
			if (RESERVED_ARGUMENTS.has(name)) {
				throw refused('Queue Arguments', name, 'Leave it out: it follows from the settings of the trigger');
			}
			if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return [name, value];
			throw refused('Queue Arguments', name, 'Its value must be a text, a number, true or false');
		}),
	);
}

function textOf(native: Native, name: string): string {
	const value = native[name];
	return typeof value === 'string' ? value.trim() : '';
}

/** May begin or end with a blank. */
function passwordOf(native: Native): string {
	const value = native['password'];
	return typeof value === 'string' ? value : '';
}

function decoded(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		throw unreadable();
	}
}

function unreadable(): EventBusError {
	return new EventBusError('settings', 'The amqp: URL cannot be read', {
		hint: 'Write amqp://user:password@host:5672/vhost, and special characters of a password as %XX',
	});
}

function refused(label: string, value: unknown, hint: string): EventBusError {
	return new EventBusError('settings', `RabbitMQ cannot use "${String(value).slice(0, 60)}" as ${label}`, { hint });
}

/**
 * What can be set for Pulsar, and how it is read.
 */
import type { Field } from '../../broker/fields';
import { readTls, tlsFields, type TlsOptions } from '../../broker/tls';
import type { Native } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';

export interface PulsarSettings {
	/** Of the WebSocket service: 'ws://localhost:8080'. */
	readonly socketUrl: string;
	/** Of the admin API: 'http://localhost:8080'; null: there is none for us. */
	readonly adminUrl: string | null;
	/** Where channels lie, and topics whose name says nothing else. */
	readonly tenant: string;
	readonly namespace: string;
	/** null: no login, or that of the client certificate. */
	readonly token: string | null;
	readonly tls: TlsOptions | null;
	/** The largest frame that the WebSocket service takes, bytes. */
	readonly maxFrameBytes: number;
}

const DEFAULT_PORT = { plain: 8080, tls: 8443 } as const;
/** Of Pulsar's own protocol, which is not the one that is spoken here. */
const BINARY_PORTS: ReadonlySet<number> = new Set([6650, 6651]);
/** webSocketMaxTextFrameSize of a server that sets nothing else. */
export const DEFAULT_FRAME_BYTES = 1_048_576;
const LEAST_FRAME_BYTES = 65_536;

export const PULSAR_FIELDS: readonly Field[] = [
	{
		name: 'host',
		label: 'Host',
		type: 'text',
		section: '',
		default: 'localhost',
		required: true,
		placeholder: 'e.g. pulsar.example.com:8080',
		help: 'Of the WebSocket service, and its port if it is not 8080, or 8443 with TLS',
	},
	{
		name: 'tenant',
		label: 'Tenant',
		type: 'text',
		section: '',
		default: 'public',
		help: 'The tenant that channels belong to',
	},
	{
		name: 'namespace',
		label: 'Namespace',
		type: 'text',
		section: '',
		default: 'default',
		help: 'The namespace of the tenant that channels lie in',
	},
	{
		name: 'login',
		label: 'Login',
		type: 'choice',
		section: '',
		default: 'none',
		help: 'Who this is for Pulsar',
		choices: [
			{ value: 'none', label: 'None, or by Client Certificate', help: 'A certificate is given under TLS' },
			{ value: 'token', label: 'Token' },
		],
	},
	{
		name: 'token',
		label: 'Token',
		type: 'text',
		section: '',
		default: '',
		secret: true,
		required: true,
		help: 'A JSON Web Token that Pulsar accepts',
		showWhen: { field: 'login', in: ['token'] },
	},
	{
		name: 'admin',
		label: 'Admin API',
		type: 'choice',
		section: 'Admin API',
		default: 'same',
		help: 'Needed to create and check topics and subscriptions, to start from the past, and for everything that looks at channels',
		choices: [
			{ value: 'same', label: 'At the Same Address', help: 'Brokers and standalone servers' },
			{ value: 'other', label: 'At Another Address', help: 'Where the WebSocket service runs by itself' },
			{ value: 'none', label: 'None', help: 'New events only, and Provision must be Off' },
		],
	},
	{
		name: 'adminUrl',
		label: 'Admin URL',
		type: 'text',
		section: 'Admin API',
		default: '',
		required: true,
		placeholder: 'e.g. http://broker.example.com:8080',
		help: 'Of a broker or a proxy, without a path',
		showWhen: { field: 'admin', in: ['other'] },
	},
	{
		name: 'maxFrameBytes',
		label: 'Largest Frame',
		type: 'number',
		section: 'Limits',
		default: DEFAULT_FRAME_BYTES,
		unit: 'bytes',
		help: 'As webSocketMaxTextFrameSize of the server says. An event takes a third more than its size',
	},
	...tlsFields(),
];

/** @throws EventBusError `settings` */
export function readSettings(native: Native): PulsarSettings {
	const tls = readTls(native);
	const host = hostOf(textOf(native, 'host'), tls === null ? DEFAULT_PORT.plain : DEFAULT_PORT.tls);
	const token = textOf(native, 'token');
	if (textOf(native, 'login') === 'token' && token === '') {
		throw new EventBusError('settings', 'Pulsar has no token', { hint: 'Give the token, or choose another login' });
	}
	return {
		socketUrl: `${tls === null ? 'ws' : 'wss'}://${host}`,
		adminUrl: adminUrlOf(native, `${tls === null ? 'http' : 'https'}://${host}`),
		tenant: nameOf(native, 'tenant', 'Tenant', 'public'),
		namespace: nameOf(native, 'namespace', 'Namespace', 'default'),
		token: textOf(native, 'login') === 'token' ? token : null,
		tls,
		maxFrameBytes: frameBytesOf(native['maxFrameBytes']),
	};
}

/**
 * `pulsar://host:8080/tenant/namespace`, `pulsars:` with TLS, `pulsar://TOKEN@host` with a login; any field may follow as
 * `?name=value`.
 *
 * @throws EventBusError `settings`, without the URL, which may hold a token
 */
export function settingsFromUrl(url: string): Native {
	const match =
		/^(pulsars?):(?:\/\/)?(?:([^@/?#]*)@)?([^/?#@]*)(?:\/([^/?#]*))?(?:\/([^/?#]*))?\/?(?:\?([^#]*))?$/i.exec(url);
	if (!match) throw unreadable();
	const [, scheme = '', token = '', host = '', tenant = '', namespace = '', query = ''] = match;
	const given = Object.fromEntries(new URLSearchParams(query));
	return {
		...(host === '' ? {} : { host: decoded(host) }),
		...(tenant === '' ? {} : { tenant: decoded(tenant) }),
		...(namespace === '' ? {} : { namespace: decoded(namespace) }),
		...(scheme.toLowerCase() === 'pulsars' && { tls: true }),
		// Some write the user that a token has not: `:TOKEN@`.
		...(token === '' ? {} : { token: decoded(token.replace(/^:/, '')) }),
		...((token !== '' || given['token'] !== undefined) && { login: 'token' }),
		...(given['adminUrl'] !== undefined && { admin: 'other' }),
		...given,
	};
}

/** 'Pulsar pulsar.example.com:8080, acme/shop', without secrets. */
export function describeSettings(native: Native): string {
	const [tenant, namespace] = [textOf(native, 'tenant'), textOf(native, 'namespace')];
	return `Pulsar ${textOf(native, 'host')}, ${tenant || 'public'}/${namespace || 'default'}`;
}

function hostOf(given: string, defaultPort: number): string {
	const text = given.replace(/^(?:wss?|https?):\/\//i, '').replace(/\/$/, '');
	const [, host, port = String(defaultPort)] = /^(\[[^\]]+\]|[^:/\s]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
	if (host === undefined || Number(port) < 1 || Number(port) > 65_535) {
		throw refused('Host', given, 'Write host or host:port, an IPv6 address in brackets: [::1]:8080');
	}
	if (BINARY_PORTS.has(Number(port))) {
		throw refused('Host', given, 'This is the port of the binary protocol. Give that of the web service, often 8080');
	}
	return `${host}:${port}`;
}

function adminUrlOf(native: Native, same: string): string | null {
	switch (textOf(native, 'admin')) {
		case 'none':
			return null;
		case 'other': {
			const url = textOf(native, 'adminUrl').replace(/\/$/, '');
			if (/^https?:\/\/[^/\s?#]+$/i.test(url)) return url;
			throw refused('Admin URL', url, 'Write http://broker.example.com:8080, without a path');
		}
		default:
			return same;
	}
}

function nameOf(native: Native, field: string, label: string, fallback: string): string {
	const name = textOf(native, field);
	if (name === '') return fallback;
	// What Pulsar allows (NamedEntity).
	if (/^[-=:.\w]+$/.test(name)) return name;
	throw refused(label, name, 'Use letters, digits and the marks - = : . _');
}

function frameBytesOf(value: unknown): number {
	if (value === undefined) return DEFAULT_FRAME_BYTES;
	if (typeof value === 'number' && Number.isInteger(value) && value >= LEAST_FRAME_BYTES) return value;
	throw refused('Largest Frame', value, `Use a whole number from ${LEAST_FRAME_BYTES} on`);
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
	return new EventBusError('settings', 'The pulsar: URL cannot be read', {
		hint: 'Write pulsar://host:8080/tenant/namespace, with a token pulsar://TOKEN@host:8080',
	});
}

function refused(label: string, value: unknown, hint: string): EventBusError {
	return new EventBusError('settings', `Pulsar cannot use "${String(value).slice(0, 60)}" as ${label}`, { hint });
}

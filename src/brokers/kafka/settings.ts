/**
 * What can be set for Kafka, and how it is read.
 */
import type { Field } from '../../broker/fields';
import { readTls, tlsFields, type TlsOptions } from '../../broker/tls';
import type { Native } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';
import { COMPRESSION, type Compression } from './protocol';

export interface KafkaSettings {
	readonly servers: readonly { readonly host: string; readonly port: number }[];
	readonly login: KafkaLogin;
	readonly tls: TlsOptions | null;
	readonly compression: Compression;
	/** Of topics that are made. */
	readonly partitions: number;
	/** Of topics that are made; -1: as the cluster does by default. */
	readonly replicationFactor: number;
}

export type KafkaLogin =
	| { readonly mechanism: 'none' }
	| {
			readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
			readonly user: string;
			readonly password: string;
	  }
	| {
			readonly mechanism: 'oauthbearer';
			readonly tokenUrl: string;
			readonly clientId: string;
			readonly clientSecret: string;
			readonly scope: string;
	  }
	| {
			readonly mechanism: 'aws-msk-iam';
			readonly region: string;
			/** null: whatever the machine has: environment, profile, role. */
			readonly keys: {
				readonly accessKeyId: string;
				readonly secretAccessKey: string;
				readonly sessionToken: string;
			} | null;
	  };

const DEFAULT_PORT = 9092;
const DEFAULT_PARTITIONS = 6;
const LOGIN = 'Login';
const TOPICS = 'Topics';
const PASSWORD_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'];

const text = { type: 'text', default: '' } as const;
const forPassword = { section: LOGIN, showWhen: { field: 'saslMechanism', in: PASSWORD_MECHANISMS } };
const forOauth = { section: LOGIN, showWhen: { field: 'saslMechanism', in: ['oauthbearer'] } };
const forAws = { section: LOGIN, showWhen: { field: 'saslMechanism', in: ['aws-msk-iam'] } };

export const KAFKA_FIELDS: readonly Field[] = [
	{
		name: 'brokers',
		label: 'Brokers',
		type: 'text',
		section: '',
		default: `localhost:${DEFAULT_PORT}`,
		required: true,
		placeholder: 'e.g. kafka1.example.com:9092, kafka2.example.com:9092',
		help: 'Host and port of some brokers of the cluster, separated by commas. They name the others',
	},
	{
		name: 'saslMechanism',
		label: 'Login',
		type: 'choice',
		section: LOGIN,
		default: 'none',
		help: 'How to log in (SASL)',
		choices: [
			{ value: 'none', label: 'None' },
			{ value: 'plain', label: 'PLAIN', help: 'User and password in clear text: over TLS only' },
			{ value: 'scram-sha-256', label: 'SCRAM-SHA-256' },
			{ value: 'scram-sha-512', label: 'SCRAM-SHA-512' },
			{ value: 'oauthbearer', label: 'OAuth 2', help: 'A token by client credentials' },
			{ value: 'aws-msk-iam', label: 'Amazon MSK IAM' },
		],
	},
	{ ...text, ...forPassword, name: 'user', label: 'User', required: true, help: 'Name of the user' },
	{ ...text, ...forPassword, name: 'password', label: 'Password', secret: true, help: 'Password of the user' },
	{
		...text,
		...forOauth,
		name: 'tokenUrl',
		label: 'Token URL',
		required: true,
		placeholder: 'https://login.example.com/oauth2/token',
		help: 'Where the token is fetched from',
	},
	{ ...text, ...forOauth, name: 'clientId', label: 'Client ID', required: true, help: 'Client the token is made for' },
	{ ...text, ...forOauth, name: 'clientSecret', label: 'Client Secret', secret: true, help: 'Secret of the client' },
	{ ...text, ...forOauth, name: 'scope', label: 'Scope', help: 'Scopes to ask for, separated by blanks' },
	{
		...text,
		...forAws,
		name: 'awsRegion',
		label: 'AWS Region',
		required: true,
		placeholder: 'e.g. eu-central-1',
		help: 'Region of the cluster',
	},
	{
		...text,
		...forAws,
		name: 'awsAccessKeyId',
		label: 'Access Key ID',
		help: 'Empty: the credentials that the machine has (environment, profile or role)',
	},
	{
		...text,
		...forAws,
		name: 'awsSecretAccessKey',
		label: 'Secret Access Key',
		secret: true,
		help: 'Belongs to the access key',
	},
	{
		...text,
		...forAws,
		name: 'awsSessionToken',
		label: 'Session Token',
		secret: true,
		help: 'Only for temporary keys',
	},
	{
		name: 'partitions',
		label: 'Partitions',
		type: 'number',
		section: TOPICS,
		default: DEFAULT_PARTITIONS,
		help: 'Of topics that are made. No more consumers of a group than this work at the same time',
	},
	{
		name: 'replicationFactor',
		label: 'Replication Factor',
		type: 'number',
		section: TOPICS,
		default: -1,
		help: 'Of topics that are made. -1: the default of the cluster',
	},
	{
		name: 'compression',
		label: 'Compression',
		type: 'choice',
		section: TOPICS,
		default: 'none',
		help: 'Of what is published. Messages with any compression are read',
		choices: [
			{ value: 'none', label: 'None' },
			{ value: 'gzip', label: 'gzip' },
			{ value: 'snappy', label: 'Snappy' },
			{ value: 'lz4', label: 'LZ4' },
			{ value: 'zstd', label: 'Zstandard', help: 'Needs Node.js 22.15 or newer' },
		],
	},
	...tlsFields(),
];

/** @throws EventBusError `settings` */
export function readSettings(native: Native): KafkaSettings {
	const partitions = wholeNumber(native, 'partitions', DEFAULT_PARTITIONS);
	const replicationFactor = wholeNumber(native, 'replicationFactor', -1);
	if (partitions < 1) throw refused('Partitions', partitions, 'Use 1 or more');
	if (replicationFactor < 1 && replicationFactor !== -1) {
		throw refused('Replication Factor', replicationFactor, 'Use 1 or more, or -1 for the default of the cluster');
	}
	const compression = textOf(native, 'compression');
	const [login, tls] = [loginOf(native), readTls(native)];
	if (login.mechanism === 'aws-msk-iam' && !tls) {
		throw new EventBusError('settings', 'Amazon MSK takes an IAM login over TLS only', {
			hint: 'Turn on Use TLS, and connect to port 9098 (9198 from outside of AWS)',
		});
	}
	return {
		servers: serversOf(textOf(native, 'brokers')),
		login,
		tls,
		compression: isCompression(compression) ? compression : 'none',
		partitions,
		replicationFactor,
	};
}

/**
 * `kafka://user:password@host1:9092,host2:9092?saslMechanism=scram-sha-512&…`; `kafkas:` means TLS.
 * @throws EventBusError `settings`
 */
export function settingsFromUrl(url: string): Native {
	const parts = /^(kafkas?):\/\/(?:([^@/?#]*)@)?([^/?#]+)\/?(?:\?([^#]*))?$/i.exec(url);
	if (!parts) {
		throw new EventBusError('settings', 'The kafka: URL cannot be read', {
			hint: 'Write kafka://host:9092, or kafka://user:password@host1:9092,host2:9092?saslMechanism=scram-sha-512',
		});
	}
	const [, scheme = '', login, brokers = '', query = ''] = parts;
	const values = Object.fromEntries(new URLSearchParams(query));
	const [user, ...password] = (login ?? '').split(':');
	return {
		brokers: decoded(brokers),
		...(scheme.toLowerCase() === 'kafkas' && { tls: true }),
		...(login !== undefined && {
			user: decoded(user ?? ''),
			password: decoded(password.join(':')),
			// A login without a mechanism is the simplest one.
			saslMechanism: 'plain',
		}),
		...values,
	};
}

export function describeSettings(native: Native): string {
	return `Kafka ${textOf(native, 'brokers')}`.trim();
}

function loginOf(native: Native): KafkaLogin {
	const mechanism = textOf(native, 'saslMechanism');
	switch (mechanism) {
		case 'plain':
		case 'scram-sha-256':
		case 'scram-sha-512':
			return { mechanism, user: textOf(native, 'user'), password: textOf(native, 'password') };
		case 'oauthbearer':
			return {
				mechanism,
				tokenUrl: textOf(native, 'tokenUrl'),
				clientId: textOf(native, 'clientId'),
				clientSecret: textOf(native, 'clientSecret'),
				scope: textOf(native, 'scope'),
			};
		case 'aws-msk-iam': {
			const [accessKeyId, secretAccessKey] = [textOf(native, 'awsAccessKeyId'), textOf(native, 'awsSecretAccessKey')];
			if ((accessKeyId === '') !== (secretAccessKey === '')) {
				throw new EventBusError('settings', 'Access Key ID and Secret Access Key belong together', {
					hint: 'Give both, or neither to use the credentials that the machine has',
				});
			}
			const keys = { accessKeyId, secretAccessKey, sessionToken: textOf(native, 'awsSessionToken') };
			return { mechanism, region: textOf(native, 'awsRegion'), keys: accessKeyId === '' ? null : keys };
		}
		default:
			return { mechanism: 'none' };
	}
}

function serversOf(brokers: string): KafkaSettings['servers'] {
	const servers = brokers
		.split(',')
		.map((broker) => broker.trim())
		.filter((broker) => broker !== '');
	if (servers.length === 0)
		throw refused('Brokers', brokers, `Give at least one, for example localhost:${DEFAULT_PORT}`);
	return servers.map((broker) => {
		const [, bracketed, plain, port = String(DEFAULT_PORT)] =
			/^(?:\[([^\]]+)\]|([^:/\s]+))(?::(\d{1,5}))?$/.exec(broker) ?? [];
		const host = bracketed ?? plain;
		if (host === undefined || Number(port) > 65_535) throw refused('Brokers', broker, 'Write host:port');
		return { host, port: Number(port) };
	});
}

function wholeNumber(native: Native, name: string, fallback: number): number {
	const value = native[name] ?? fallback;
	if (typeof value === 'number' && Number.isInteger(value)) return value;
	throw refused(name, value, 'Use a whole number');
}

function textOf(native: Native, name: string): string {
	const value = native[name];
	return typeof value === 'string' ? value.trim() : '';
}

function isCompression(value: string): value is Compression {
	return value in COMPRESSION;
}

function decoded(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		throw new EventBusError('settings', 'The kafka: URL has a % that is no escape', {
			hint: 'Write a percent sign as %25',
		});
	}
}

function refused(label: string, value: unknown, hint: string): EventBusError {
	return new EventBusError('settings', `Kafka cannot use "${String(value).slice(0, 60)}" as ${label}`, { hint });
}

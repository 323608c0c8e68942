/**
 * What can be set for Google Pub/Sub, and how it is read.
 */
import type { Field } from '../../broker/fields';
import { readTls, tlsFields, type TlsOptions } from '../../broker/tls';
import type { Native } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';
import { isProjectId } from './names';

export interface PubSubSettings {
	/** '' = that of the login. */
	readonly project: string;
	/** null: what Google's clients look for by themselves: environment, workload identity, metadata server. */
	readonly account: ServiceAccount | null;
	/** An emulator, without login and TLS; null: Google itself. */
	readonly emulator: HostAndPort | null;
	/** Instead of pubsub.googleapis.com; null: that. */
	readonly endpoint: HostAndPort | null;
	readonly tls: TlsOptions;
	/** Whether Google sorts out events of other types. */
	readonly filter: boolean;
	/** How long a channel keeps what was read already; 0: not at all. */
	readonly historyDays: number;
}

export interface ServiceAccount {
	readonly email: string;
	readonly privateKey: string;
}

export interface HostAndPort {
	readonly host: string;
	readonly port: number;
}

/** The longest that a topic keeps messages. */
const MAX_HISTORY_DAYS = 31;
const EMULATOR_PORT = 8085;
const TLS_PORT = 443;

export const PUBSUB_FIELDS: readonly Field[] = [
	{
		name: 'project',
		label: 'Project ID',
		type: 'text',
		section: '',
		default: '',
		placeholder: 'e.g. my-project-123',
		help: 'Of the topics and subscriptions; empty for that of the login',
	},
	{
		name: 'login',
		label: 'Login',
		type: 'choice',
		section: '',
		default: 'key',
		help: 'Who this is for Google',
		choices: [
			{ value: 'key', label: 'Service Account Key' },
			{
				value: 'environment',
				label: 'What Runs Here',
				help: 'Application default credentials: environment, workload identity, service account of the machine',
			},
			{ value: 'none', label: 'None (Emulator)' },
		],
	},
	{
		name: 'serviceAccount',
		label: 'Service Account Key',
		type: 'multiline',
		section: '',
		default: '',
		secret: true,
		required: true,
		placeholder: '{ "type": "service_account", … }',
		help: 'The whole JSON file of the key',
		showWhen: { field: 'login', in: ['key'] },
	},
	{
		name: 'emulator',
		label: 'Emulator',
		type: 'text',
		section: '',
		default: '',
		placeholder: 'e.g. localhost:8085',
		help: 'Host and port; empty for PUBSUB_EMULATOR_HOST of the environment',
		showWhen: { field: 'login', in: ['none'] },
	},
	{
		name: 'historyDays',
		label: 'Keep History',
		type: 'number',
		section: 'Channels',
		default: 0,
		unit: 'days',
		help: 'How long topics that are made here keep events for groups that start later or again, 0 to 31. Google charges for the storage',
	},
	{
		name: 'filter',
		label: 'Filter at Google',
		type: 'boolean',
		section: 'Channels',
		default: false,
		help: 'Whether Google drops events of types that a new group does not want. The types of such a group cannot be changed any more',
	},
	{
		name: 'endpoint',
		label: 'Endpoint',
		type: 'text',
		section: 'Connection',
		default: '',
		placeholder: 'e.g. europe-west1-pubsub.googleapis.com:443',
		help: 'A regional or private endpoint of Google; empty for the global one. Order by key needs publishers of one region',
	},
	...tlsFields(true),
];

/** @throws EventBusError `settings` */
export function readSettings(settings: Native, environment: NodeJS.ProcessEnv = process.env): PubSubSettings {
	const text = (name: string): string => {
		const value = settings[name];
		return typeof value === 'string' ? value.trim() : '';
	};
	const emulator = readEmulator(text('login'), text('emulator') || environment['PUBSUB_EMULATOR_HOST']?.trim() || '');
	const key = emulator === null && text('login') !== 'environment' ? readKey(text('serviceAccount')) : null;
	const project =
		text('project') ||
		key?.project ||
		environment['GOOGLE_CLOUD_PROJECT']?.trim() ||
		environment['GCLOUD_PROJECT']?.trim() ||
		'';
	return {
		project: readProject(project, emulator),
		account: key?.account ?? null,
		emulator,
		endpoint: readAddress('endpoint', text('endpoint'), TLS_PORT),
		tls: readTlsOnly(settings, emulator),
		filter: settings['filter'] === true,
		historyDays: readHistory(settings['historyDays']),
	};
}

/**
 * `pubsub://my-project`, any field may follow as `?name=value`. Without a key or an emulator it is the login of what
 * runs here.
 *
 * @throws EventBusError `settings`, without the URL, which may hold a key
 */
export function settingsFromUrl(url: string): Native {
	const match = /^pubsub:(?:\/\/)?([^/?#@]*)\/?(?:\?([^#]*))?$/i.exec(url);
	if (!match) throw unreadable();
	const [, project = '', query = ''] = match;
	const given = Object.fromEntries(new URLSearchParams(query));
	const login =
		given['serviceAccount'] !== undefined ? 'key' : given['emulator'] !== undefined ? 'none' : 'environment';
	return { login, ...(project === '' ? {} : { project: decoded(project) }), ...given };
}

/** 'Google Pub/Sub my-project', without secrets. */
export function describeSettings(settings: Native): string {
	const texts = [settings['project'], settings['emulator'], settings['endpoint']];
	return ['Google Pub/Sub', ...texts.filter((value) => typeof value === 'string' && value !== '')].join(' ');
}

function readEmulator(login: string, address: string): HostAndPort | null {
	const emulator = readAddress('emulator', address.replace(/^https?:\/\//, ''), EMULATOR_PORT);
	if (emulator !== null || login !== 'none') return emulator;
	throw new EventBusError('settings', 'Google Pub/Sub has no login and no emulator', {
		hint: 'Choose a login, or give host and port of the emulator',
	});
}

function readKey(json: string): { readonly account: ServiceAccount; readonly project: string } {
	const hint = 'Paste the whole JSON file that Google made for the key, or choose the login of what runs here';
	if (json === '') throw new EventBusError('settings', 'Google Pub/Sub has no service account key', { hint });
	const values = parsed(json);
	if (values === null) throw new EventBusError('settings', 'The service account key is no JSON', { hint });
	const text = (name: string): string => {
		const value = values[name];
		return typeof value === 'string' ? value : '';
	};
	const account = { email: text('client_email'), privateKey: text('private_key').replaceAll('\\n', '\n') };
	if (account.email === '' || account.privateKey === '') {
		throw new EventBusError('settings', 'The JSON is no service account key: client_email or private_key is missing', {
			hint,
		});
	}
	return { account, project: text('project_id') };
}

function parsed(json: string): Readonly<Record<string, unknown>> | null {
	try {
		const value: unknown = JSON.parse(json);
		return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
	} catch {
		return null;
	}
}

function readProject(project: string, emulator: HostAndPort | null): string {
	if (project === '' && emulator !== null) {
		throw new EventBusError('settings', 'Google Pub/Sub has no project', {
			hint: 'Give any project ID: the emulator has none of its own',
		});
	}
	if (project === '' || isProjectId(project)) return project;
	throw new EventBusError('settings', `"${project.slice(0, 80)}" is no ID of a project`, {
		hint: 'Give the ID, such as my-project-123, not the name or the number',
	});
}

function readAddress(what: string, address: string, defaultPort: number): HostAndPort | null {
	if (address === '') return null;
	const [, host = '', port] = /^(\[[0-9a-f:]+\]|[A-Za-z0-9.-]+)(?::(\d{1,5}))?$/i.exec(address) ?? [];
	if (host !== '') return { host, port: Number(port ?? defaultPort) };
	throw new EventBusError('settings', `"${address.slice(0, 80)}" is no address of an ${what}`, {
		hint: `Write host:port, such as localhost:${defaultPort}`,
	});
}

function readTlsOnly(settings: Native, emulator: HostAndPort | null): TlsOptions {
	const tls = readTls({ ...settings, tls: settings['tls'] ?? true });
	if (tls !== null || emulator !== null) return tls ?? {};
	throw new EventBusError('settings', 'Google Pub/Sub is reached over TLS only', {
		hint: 'Turn Use TLS on, or choose the emulator as login',
	});
}

function readHistory(days: unknown): number {
	if (days === undefined) return 0;
	if (typeof days === 'number' && days >= 0 && days <= MAX_HISTORY_DAYS) return days;
	throw new EventBusError('settings', `A topic cannot keep events for ${JSON.stringify(days)} days`, {
		hint: `Use a number from 0 to ${MAX_HISTORY_DAYS}`,
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
	return new EventBusError('settings', 'The Pub/Sub URL cannot be read', {
		hint: 'Write pubsub://my-project, or pubsub://my-project?emulator=localhost:8085',
	});
}

/**
 * What can be set for SQS and SNS, and how it is read.
 */
import type { Field } from '../../broker/fields';
import type { Native } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';

export interface SqsSettings {
	readonly region: string;
	/** null: what AWS looks for by itself: environment, profile, web identity (IRSA), container, instance. */
	readonly keys: Keys | null;
	readonly role: Role | null;
	/** Of SQS, SNS and STS alike; null: AWS itself. */
	readonly endpoint: string | null;
	/** 12 digits; '' = found out by itself. */
	readonly accountId: string;
	/** FIFO topics and queues for channels and groups. */
	readonly fifo: boolean;
	/** Whether SNS sorts out events of other types. */
	readonly filter: boolean;
	/** How long a request waits for events, seconds. */
	readonly waitSeconds: number;
}

export interface Keys {
	readonly accessKeyId: string;
	readonly secretAccessKey: string;
	readonly sessionToken: string;
}

export interface Role {
	readonly arn: string;
	readonly externalId: string;
}

/** The longest wait that SQS allows. */
const MAX_WAIT_SECONDS = 20;

export const SQS_FIELDS: readonly Field[] = [
	{
		name: 'region',
		label: 'Region',
		type: 'text',
		section: '',
		default: '',
		placeholder: 'e.g. eu-west-1',
		help: 'Of the queues and topics; empty for AWS_REGION of the environment',
	},
	{
		name: 'login',
		label: 'Login',
		type: 'choice',
		section: '',
		default: 'keys',
		help: 'Who this is for AWS',
		choices: [
			{ value: 'keys', label: 'Access Key' },
			{
				value: 'environment',
				label: 'What Runs Here',
				help: 'Environment, profile, web identity of a pod (IRSA), role of the task (ECS) or of the instance (EC2)',
			},
		],
	},
	{
		name: 'accessKeyId',
		label: 'Access Key ID',
		type: 'text',
		section: '',
		default: '',
		required: true,
		placeholder: 'e.g. AKIA…',
		help: 'Of a user, or of a session',
		showWhen: { field: 'login', in: ['keys'] },
	},
	{
		name: 'secretAccessKey',
		label: 'Secret Access Key',
		type: 'text',
		section: '',
		default: '',
		secret: true,
		required: true,
		help: 'Belongs to the access key',
		showWhen: { field: 'login', in: ['keys'] },
	},
	{
		name: 'sessionToken',
		label: 'Session Token',
		type: 'text',
		section: '',
		default: '',
		secret: true,
		help: 'Only with the keys of a session, which expire',
		showWhen: { field: 'login', in: ['keys'] },
	},
	{
		name: 'roleArn',
		label: 'Role',
		type: 'text',
		section: 'Role',
		default: '',
		placeholder: 'e.g. arn:aws:iam::123456789012:role/n8n',
		help: 'Taken on after the login; empty for none',
	},
	{
		name: 'externalId',
		label: 'External ID',
		type: 'text',
		section: 'Role',
		default: '',
		help: 'If the role asks for one',
	},
	{
		name: 'fifo',
		label: 'FIFO',
		type: 'boolean',
		section: 'Channels',
		default: false,
		help: 'Whether channels are FIFO topics and queues, which keep the order of each key. Others do not see them',
	},
	{
		name: 'filter',
		label: 'Filter at the Topic',
		type: 'boolean',
		section: 'Channels',
		default: false,
		help: 'Whether SNS drops events of types that a group does not want. It saves requests, and also drops messages of others that have no attributes',
	},
	{
		name: 'accountId',
		label: 'Account ID',
		type: 'text',
		section: 'Channels',
		default: '',
		placeholder: 'e.g. 123456789012',
		help: 'Of the topics. Only needed where topics may neither be created nor listed',
	},
	{
		name: 'endpoint',
		label: 'Endpoint',
		type: 'text',
		section: 'Connection',
		default: '',
		placeholder: 'e.g. http://localhost:4566',
		help: 'Of SQS and SNS, if it is not AWS itself: an emulator',
	},
	{
		name: 'waitSeconds',
		label: 'Long Poll',
		type: 'number',
		section: 'Connection',
		default: MAX_WAIT_SECONDS,
		unit: 'seconds',
		help: 'How long a request waits for events, 1 to 20. Shorter costs more requests and stops sooner',
	},
];

/** @throws EventBusError `settings` */
export function readSettings(settings: Native, environment: NodeJS.ProcessEnv = process.env): SqsSettings {
	const text = (name: string): string => {
		const value = settings[name];
		return typeof value === 'string' ? value.trim() : '';
	};
	const region = text('region') || environment['AWS_REGION']?.trim() || environment['AWS_DEFAULT_REGION']?.trim();
	if (!region) {
		throw new EventBusError('settings', 'AWS SQS/SNS has no region', {
			hint: 'Give the region of the queues, such as eu-west-1, or set AWS_REGION',
		});
	}
	if (!/^[a-z0-9-]+$/.test(region)) {
		throw new EventBusError('settings', `"${region.slice(0, 40)}" is no region of AWS`, { hint: 'Write eu-west-1' });
	}
	return {
		region,
		keys: readKeys(text),
		role: readRole(text),
		endpoint: readEndpoint(text('endpoint')),
		accountId: readAccountId(text('accountId')),
		fifo: settings['fifo'] === true,
		filter: settings['filter'] === true,
		waitSeconds: readWait(settings['waitSeconds']),
	};
}

/**
 * `sqs://KEY:SECRET@eu-west-1`, `sqs://eu-west-1` with what runs here; any field may follow as `?name=value`.
 *
 * @throws EventBusError `settings`, without the URL, which may hold a key
 */
export function settingsFromUrl(url: string): Native {
	// A secret may hold slashes and plus signs, so it ends at the last @.
	const match = /^sqs:(?:\/\/)?(?:([^?#]*)@)?([^/?#@]*)\/?(?:\?([^#]*))?$/i.exec(url);
	if (!match) throw unreadable();
	const [, login, region = '', query = ''] = match;
	const [accessKeyId, secretAccessKey] = (login ?? '').split(/:(.*)/s);
	const given = Object.fromEntries(new URLSearchParams(query));
	const hasKeys = login !== undefined || given['accessKeyId'] !== undefined;
	return {
		login: hasKeys ? 'keys' : 'environment',
		...(region === '' ? {} : { region: decoded(region) }),
		...(accessKeyId === undefined || accessKeyId === '' ? {} : { accessKeyId: decoded(accessKeyId) }),
		...(secretAccessKey === undefined ? {} : { secretAccessKey: decoded(secretAccessKey) }),
		...given,
	};
}

/** 'AWS SQS/SNS eu-west-1', without secrets. */
export function describeSettings(settings: Native): string {
	const texts = [settings['region'], settings['endpoint']].filter((value) => typeof value === 'string' && value !== '');
	return ['AWS SQS/SNS', ...texts].join(' ');
}

type Read = (name: string) => string;

function readKeys(text: Read): Keys | null {
	if (text('login') === 'environment') return null;
	const keys = {
		accessKeyId: text('accessKeyId'),
		secretAccessKey: text('secretAccessKey'),
		sessionToken: text('sessionToken'),
	};
	if (keys.accessKeyId === '' || keys.secretAccessKey === '') {
		throw new EventBusError('settings', 'AWS SQS/SNS has no access key', {
			hint: 'Give Access Key ID and Secret Access Key, or choose the login of what runs here',
		});
	}
	return keys;
}

function readRole(text: Read): Role | null {
	const [arn, externalId] = [text('roleArn'), text('externalId')];
	if (arn === '') {
		if (externalId === '') return null;
		throw new EventBusError('settings', 'There is an external ID without a role', { hint: 'Give the ARN of the role' });
	}
	if (/^arn:[a-z-]+:iam::\d{12}:role\/\S+$/.test(arn)) return { arn, externalId };
	throw new EventBusError('settings', `"${arn.slice(0, 80)}" is no ARN of a role`, {
		hint: 'Write arn:aws:iam::123456789012:role/name',
	});
}

function readEndpoint(endpoint: string): string | null {
	if (endpoint === '') return null;
	if (/^https?:\/\/[^/\s]+\/?$/i.test(endpoint)) return endpoint.replace(/\/$/, '');
	throw new EventBusError('settings', `"${endpoint.slice(0, 80)}" is no endpoint`, {
		hint: 'Write http://localhost:4566, without a path',
	});
}

function readAccountId(accountId: string): string {
	if (/^(\d{12})?$/.test(accountId)) return accountId;
	throw new EventBusError('settings', `"${accountId.slice(0, 40)}" is no number of an AWS account`, {
		hint: 'It has 12 digits',
	});
}

function readWait(seconds: unknown): number {
	if (seconds === undefined) return MAX_WAIT_SECONDS;
	if (typeof seconds === 'number' && Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_WAIT_SECONDS) {
		return seconds;
	}
	throw new EventBusError('settings', `SQS cannot wait for ${JSON.stringify(seconds)} seconds`, {
		hint: `Use a whole number from 1 to ${MAX_WAIT_SECONDS}`,
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
	return new EventBusError('settings', 'The SQS URL cannot be read', {
		hint: 'Write sqs://KEY:SECRET@eu-west-1, or sqs://eu-west-1 for the role of what runs here',
	});
}

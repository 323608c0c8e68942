/**
 * Where events go to, and where dead letters and groups are looked for: a channel, or something somebody else owns.
 */
import type { INodeProperties } from 'n8n-workflow';
import { channelLocator } from '../shared/channelLocator';

const EXISTING = {
	name: 'Existing Exchange, Topic, Queue or Stream',
	value: 'existing',
	description: 'Something that another system owns. It is used as it is and never created.',
};

const SENDS = { resource: ['event'], operation: ['publish', 'forward'] };
const READS = { resource: ['deadLetter', 'channel'] };

export const targetProperties: INodeProperties[] = [
	{
		displayName: 'Send To',
		name: 'sendTo',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Channel', value: 'channel', description: 'A channel of the event bus, made when it is missing' },
			EXISTING,
		],
		default: 'channel',
		description: 'Where the events go',
		displayOptions: { show: SENDS },
	},
	{
		displayName: 'Look At',
		name: 'sendTo',
		type: 'options',
		noDataExpression: true,
		options: [{ name: 'Channel', value: 'channel', description: 'A channel of the event bus' }, EXISTING],
		default: 'channel',
		description: 'What is looked at',
		displayOptions: { show: READS, hide: { operation: ['getStatus'] } },
	},
	{
		displayName: 'Look At',
		name: 'sendTo',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'All Channels', value: 'all', description: 'Every channel of the event bus, one item each' },
			{ name: 'Channel', value: 'channel', description: 'A channel of the event bus' },
			EXISTING,
		],
		default: 'channel',
		description: 'What is looked at',
		displayOptions: { show: { resource: ['channel'], operation: ['getStatus'] } },
	},
	{
		...channelLocator,
		displayOptions: { show: { ...SENDS, sendTo: ['channel'] } },
	},
	{
		...channelLocator,
		displayOptions: { show: { resource: ['event'], operation: ['publishAndWait'] } },
	},
	{
		...channelLocator,
		displayOptions: { show: { ...READS, sendTo: ['channel'] } },
	},
	{
		displayName: 'Name',
		name: 'existing',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. legacy.orders',
		description: 'Its name, as the broker knows it',
		displayOptions: { show: { sendTo: ['existing'], resource: ['event', 'deadLetter', 'channel'] } },
	},
	{
		displayName: 'Routing Key',
		name: 'routingKey',
		type: 'string',
		default: '',
		placeholder: 'e.g. order.created',
		description: 'What an exchange of RabbitMQ routes by. Empty: the event type. Other brokers do not use it.',
		displayOptions: { show: { ...SENDS, sendTo: ['existing'] } },
	},
];

/**
 * Stream: Append, Read, Get Many.
 */
import type { INodeProperties } from 'n8n-workflow';
import { busChannelLocator } from '../shared/channelLocator';
import { busConnectionParameter, busInUseParameter } from '../shared/connectionParameter';
import { eventOptions, payloadParameters, sortedOptions } from '../shared/eventOptions';
import { streamLocator } from '../shared/storeLocators';
import { limitParameters } from './limitParameters';

const operations = {
	default: 'append',
	options: [
		{
			name: 'Append',
			value: 'append',
			action: 'Append an event to a stream',
			description: 'Make an event of each item and store it as the next one of a stream',
		},
		{
			name: 'Get Many',
			value: 'getMany',
			action: 'Get many streams',
			description: 'Which streams there are, and how long they are',
		},
		{
			name: 'Read',
			value: 'read',
			action: 'Read the events of a stream',
			description: 'The events of a stream, one item each',
		},
	],
};

const APPENDS = { resource: ['stream'], operation: ['append'] };
const PUBLISHES = { ...APPENDS, alsoPublish: [true] };
const READS = { resource: ['stream'], operation: ['read'] };
const LISTS = { resource: ['stream'], operation: ['getMany'] };

const fields: INodeProperties[] = [
	{ ...streamLocator, displayOptions: { show: { ...APPENDS, operation: ['append', 'read'] } } },
	{
		displayName: 'Event Type',
		name: 'eventType',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. order.created',
		description: 'What happened, in words separated by dots',
		displayOptions: { show: APPENDS },
	},
	...payloadParameters(APPENDS),
	{
		displayName: 'Expected Version',
		name: 'expectedVersion',
		type: 'options',
		options: [
			{ name: 'Any', value: 'any', description: 'Append whatever the stream holds' },
			{
				name: 'Exact Version',
				value: 'exact',
				description: 'Append only when nobody else did since you have read the stream',
			},
			{ name: 'No Stream', value: 'noStream', description: 'Append only when the stream has no events yet' },
			{ name: 'Stream Exists', value: 'exists', description: 'Append only when the stream has events' },
		],
		default: 'any',
		description:
			'What the stream must be like. Otherwise nothing is stored, and the error tells its actual version. Items that follow each other with the same stream and expectation are stored together, or none of them.',
		displayOptions: { show: APPENDS },
	},
	{
		displayName: 'Version',
		name: 'exactVersion',
		type: 'number',
		typeOptions: { minValue: 0 },
		required: true,
		default: '',
		placeholder: 'e.g. {{ $json.version }}',
		description: 'The version of the last event you have read, as Get State tells it. 0: there is none yet.',
		displayOptions: { show: { ...APPENDS, expectedVersion: ['exact'] } },
	},
	{
		displayName: 'Also Publish',
		name: 'alsoPublish',
		type: 'boolean',
		noDataExpression: true,
		default: false,
		description:
			'Whether the events also go to an event bus. That is decided in the same commit: after a crash, or while the broker is away, they wait in the outbox and are published later.',
		displayOptions: { show: APPENDS },
	},
	{ ...busConnectionParameter, displayOptions: { show: PUBLISHES } },
	{ ...busInUseParameter, displayOptions: { show: PUBLISHES } },
	{ ...busChannelLocator, displayOptions: { show: PUBLISHES } },
	{
		displayName: 'From Version',
		name: 'fromVersion',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 0,
		description: 'The first version you want; backwards the last. 0: from the end at which the reading starts.',
		displayOptions: { show: READS },
	},
	{
		displayName: 'Direction',
		name: 'direction',
		type: 'options',
		options: [
			{ name: 'Backwards', value: 'backwards', description: 'The newest event first' },
			{ name: 'Forwards', value: 'forwards', description: 'The oldest event first' },
		],
		default: 'forwards',
		description: 'In which order',
		displayOptions: { show: READS },
	},
	{
		displayName: 'Prefix',
		name: 'prefix',
		type: 'string',
		default: '',
		placeholder: 'e.g. order-',
		description: 'Only streams whose name begins with it',
		displayOptions: { show: LISTS },
	},
	...limitParameters({ ...READS, operation: ['read', 'getMany'] }),
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: sortedOptions([
			eventOptions.correlationId,
			eventOptions.dataSchema,
			{
				...eventOptions.eventId,
				description: 'Give one to append the same event twice without it being stored twice. Empty: a new one.',
			},
			eventOptions.eventVersion,
			eventOptions.occurredAt,
			{
				...eventOptions.payloadSchema,
				description:
					'JSON Schema, draft-07 or 2020-12. An item whose payload does not fit is an error, and is not stored.',
			},
			eventOptions.source,
			{ ...eventOptions.subject, description: 'What the event is about. Empty: the stream.' },
		]),
		displayOptions: { show: APPENDS },
	},
];

export const streamProperties = { operations, fields };

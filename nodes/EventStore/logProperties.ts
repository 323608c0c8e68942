/**
 * Log: Read.
 */
import type { INodeProperties } from 'n8n-workflow';
import { limitParameters } from './limitParameters';

const operations = {
	default: 'read',
	options: [
		{
			name: 'Read',
			value: 'read',
			action: 'Read the log of all streams',
			description: 'The events of all streams in the order in which they were stored',
		},
	],
};

const LOG = { resource: ['log'] };

const fields: INodeProperties[] = [
	{
		displayName: 'Event Types',
		name: 'eventTypes',
		type: 'string',
		default: '',
		placeholder: 'e.g. order.created, payment.*',
		description: 'Comma-separated list. One * stands for a word, # for any number of words. Empty: all types.',
		displayOptions: { show: LOG },
	},
	{
		displayName: 'After Position',
		name: 'afterPosition',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 0,
		description: 'Events after this one. To go on, give stored.position of the last event you have read.',
		displayOptions: { show: LOG },
	},
	...limitParameters(LOG),
	{
		displayName: 'Filters',
		name: 'filters',
		type: 'collection',
		placeholder: 'Add filter',
		default: {},
		options: [
			{
				displayName: 'Category',
				name: 'category',
				type: 'string',
				default: '',
				placeholder: 'e.g. order',
				description: 'Only streams of this category: the part of their name before the first dash',
			},
			{
				displayName: 'Correlation ID',
				name: 'correlationId',
				type: 'string',
				default: '',
				placeholder: 'e.g. corr_abc123',
				description: 'Only events of this story',
			},
			{
				displayName: 'Stream',
				name: 'stream',
				type: 'string',
				default: '',
				placeholder: 'e.g. order-1001',
				description: 'Only events of this stream',
			},
		],
		displayOptions: { show: LOG },
	},
];

export const logProperties = { operations, fields };

/**
 * Subscription: Get Many, Reset, Pause, Resume, Delete.
 */
import type { INodeProperties } from 'n8n-workflow';
import { subscriptionLocator } from '../shared/storeLocators';

const operations = {
	default: 'getMany',
	options: [
		{
			name: 'Delete',
			value: 'delete',
			action: 'Delete a subscription',
			description: 'Forget how far a subscription has read, and its dead letters',
		},
		{
			name: 'Get Many',
			value: 'getMany',
			action: 'Get many subscriptions',
			description: 'How far each subscription has read, and who reads it',
		},
		{
			name: 'Pause',
			value: 'pause',
			action: 'Pause a subscription',
			description: 'Start no runs for its events until it is resumed',
		},
		{
			name: 'Reset',
			value: 'reset',
			action: 'Reset a subscription',
			description: 'Let a subscription read again, to build a read model anew',
		},
		{
			name: 'Resume',
			value: 'resume',
			action: 'Resume a subscription',
			description: 'Go on where a paused subscription stopped',
		},
	],
};

const RESETS = { resource: ['subscription'], operation: ['reset'] };

const fields: INodeProperties[] = [
	{
		...subscriptionLocator,
		displayOptions: { show: { ...RESETS, operation: ['delete', 'pause', 'reset', 'resume'] } },
	},
	{
		displayName: 'Read Again From',
		name: 'resetTo',
		type: 'options',
		options: [
			{ name: 'Position', value: 'position', description: 'After a position of the log' },
			{ name: 'The Beginning', value: 'beginning', description: 'All events there are' },
			{ name: 'Time', value: 'time', description: 'Events that were stored at this time or later' },
		],
		default: 'beginning',
		description: 'Where the subscription goes on. An active trigger notices within seconds.',
		displayOptions: { show: RESETS },
	},
	{
		displayName: 'After Position',
		name: 'resetPosition',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 0,
		description: 'The first event is the one after it. Items tell theirs in stored.position.',
		displayOptions: { show: { ...RESETS, resetTo: ['position'] } },
	},
	{
		displayName: 'Time',
		name: 'resetTime',
		type: 'dateTime',
		required: true,
		default: '',
		description: 'Events that were stored before are not read again',
		displayOptions: { show: { ...RESETS, resetTo: ['time'] } },
	},
	{
		displayName: 'Clear Read Models',
		name: 'clearReadModels',
		type: 'string',
		default: '',
		placeholder: 'e.g. orders, customers',
		description:
			'Comma-separated list of the read models that the subscription builds. They are emptied in the same moment; otherwise changes that were made before are not repeated.',
		displayOptions: { show: RESETS },
	},
];

export const subscriptionProperties = { operations, fields };

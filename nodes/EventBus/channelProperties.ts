/**
 * Channel: Get Status, Delete Group.
 */
import type { INodeProperties } from 'n8n-workflow';

const operations = {
	default: 'getStatus',
	options: [
		{
			name: 'Delete Group',
			value: 'deleteGroup',
			action: 'Delete a consumer group',
			description: 'Remove a consumer group, its place in the channel and the events it has not processed',
		},
		{
			name: 'Get Status',
			value: 'getStatus',
			action: 'Get the status of a channel',
			description: 'What is there, what waits, and which groups nobody reads any more',
		},
	],
};

const DELETES = { resource: ['channel'], operation: ['deleteGroup'] };

const fields: INodeProperties[] = [
	{
		displayName: 'Consumer Group',
		name: 'group',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. billing',
		description: 'The group to delete. Get Status lists them.',
		displayOptions: { show: DELETES },
	},
	{
		displayName: 'Even If in Use',
		name: 'evenIfInUse',
		type: 'boolean',
		default: false,
		description: 'Whether to delete the group although an active workflow reads it',
		displayOptions: { show: DELETES },
	},
];

export const channelProperties = { operations, fields };

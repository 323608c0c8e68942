/**
 * Dead Letter: Get Many, Redrive, Discard.
 */
import type { INodeProperties } from 'n8n-workflow';

const operations = {
	default: 'getMany',
	options: [
		{
			name: 'Discard',
			value: 'discard',
			action: 'Discard dead letters',
			description: 'Remove dead letters for good',
		},
		{
			name: 'Get Many',
			value: 'getMany',
			action: 'Get many dead letters',
			description: 'Look at dead letters without changing anything',
		},
		{
			name: 'Redrive',
			value: 'redrive',
			action: 'Redrive dead letters',
			description: 'Have dead letters processed again, with a fresh number of attempts',
		},
	],
};

const ALL = { resource: ['deadLetter'] };
const CHANGES = { resource: ['deadLetter'], operation: ['discard', 'redrive'] };

const fields: INodeProperties[] = [
	{
		displayName: 'Preview Only',
		name: 'previewOnly',
		type: 'boolean',
		default: false,
		description: 'Whether to only show which dead letters would be taken',
		displayOptions: { show: CHANGES },
	},
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 50,
		description: 'Max number of results to return',
		displayOptions: { show: ALL },
	},
	{
		displayName: 'Filters',
		name: 'filters',
		type: 'collection',
		placeholder: 'Add filter',
		default: {},
		options: [
			{
				displayName: 'Dead Letter IDs',
				name: 'ids',
				type: 'string',
				default: '',
				placeholder: 'e.g. 17, 18',
				description: 'Comma-separated list. Items of Get Many have it in dead_letter.',
			},
			{
				displayName: 'Event Types',
				name: 'eventTypes',
				type: 'string',
				default: '',
				placeholder: 'e.g. order.*, payment.#',
				description: 'Comma-separated list. One * stands for a word, # for any number of words.',
			},
			{
				displayName: 'Older Than (Minutes)',
				name: 'olderThan',
				type: 'number',
				typeOptions: { minValue: 0 },
				default: 0,
				description: 'Only those that became dead letters longer ago than this',
			},
			{
				displayName: 'Reason',
				name: 'reason',
				type: 'options',
				options: [
					{ name: 'Broker Gave Up', value: 'broker' },
					{ name: 'Expired', value: 'expired' },
					{ name: 'Hop Limit', value: 'hop_limit' },
					{ name: 'Key Held', value: 'key_held' },
					{ name: 'Max Attempts', value: 'max_attempts' },
					{ name: 'Not an Event', value: 'undecodable' },
					{ name: 'Payload Does Not Fit', value: 'invalid_payload' },
					{ name: 'Permanent Error', value: 'permanent' },
					{ name: 'Run Waited', value: 'waiting' },
					{ name: 'Sent by a Workflow', value: 'rejected' },
					{ name: 'Timeout', value: 'timeout' },
					{ name: 'Unsupported Version', value: 'unsupported_version' },
				],
				default: 'max_attempts',
				description: 'Why they became dead letters',
			},
		],
		displayOptions: { show: ALL },
	},
];

/** @param owner the parameter that says whose dead letters are meant */
export function deadLetterPanel(owner: INodeProperties) {
	return { operations, fields: [{ ...owner, displayOptions: { show: ALL } }, ...fields] };
}

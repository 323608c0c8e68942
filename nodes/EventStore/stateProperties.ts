/**
 * State: Get. The rules that are there at first fold the order of the article.
 */
import type { INodeProperties } from 'n8n-workflow';
import { streamLocator } from '../shared/storeLocators';
import { DEFAULT_INITIAL_STATE } from './settings';

const operations = {
	default: 'get',
	options: [
		{
			name: 'Get',
			value: 'get',
			action: 'Get the state of an entity',
			description: 'Rebuild what an entity is from its events, now or at an earlier time',
		},
	],
};

const STATE = { resource: ['state'] };

const ORDER_RULES = [
	{ eventTypes: 'order.created', mergePayload: true, set: '{ "status": "created" }', options: {} },
	{
		eventTypes: 'payment.processed',
		mergePayload: false,
		set: '{ "payment_status": "completed", "status": "paid" }',
		options: {},
	},
	{
		eventTypes: 'order.shipped',
		mergePayload: false,
		set: '{ "shipping_status": "shipped", "status": "fulfilled" }',
		options: {},
	},
];

const ruleFields: INodeProperties[] = [
	{
		displayName: 'On Event Types',
		name: 'eventTypes',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. order.created, payment.*',
		description: 'Comma-separated list. One * stands for a word, # for any number of words.',
	},
	{
		displayName: 'Merge Payload',
		name: 'mergePayload',
		type: 'boolean',
		default: false,
		description: 'Whether the fields of the payload become fields of the state',
	},
	{
		displayName: 'Set',
		name: 'set',
		type: 'json',
		typeOptions: { rows: 2 },
		default: '{}',
		placeholder: 'e.g. { "status": "paid", "paid_at": "$.occurred_at" }',
		description:
			'Fields of the state and their values. A text that begins with $. is a path into the event, such as $.payload.amount. Names may be paths: customer.name.',
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{
				displayName: 'Increment',
				name: 'increment',
				type: 'json',
				default: '{}',
				placeholder: 'e.g. { "total": "$.payload.amount", "payments": 1 }',
				description: 'Fields of the state and what is added to the number there; $. is a path into the event.',
			},
			{
				displayName: 'Remove',
				name: 'remove',
				type: 'string',
				default: '',
				placeholder: 'e.g. reservation_id, customer.note',
				description: 'Comma-separated list of fields that are removed from the state',
			},
		],
	},
];

const fields: INodeProperties[] = [
	{ ...streamLocator, displayOptions: { show: STATE } },
	{
		displayName: 'As Of',
		name: 'asOf',
		type: 'options',
		options: [
			{ name: 'Now', value: 'now', description: 'All events' },
			{ name: 'Time', value: 'time', description: 'Events that had occurred by then' },
			{ name: 'Version', value: 'version', description: 'Events up to a version' },
		],
		default: 'now',
		description: 'Which moment of the entity you want to see',
		displayOptions: { show: STATE },
	},
	{
		displayName: 'Version',
		name: 'asOfVersion',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 1,
		description: 'The last event that counts. 0: before the first one.',
		displayOptions: { show: { ...STATE, asOf: ['version'] } },
	},
	{
		displayName: 'Time',
		name: 'asOfTime',
		type: 'dateTime',
		required: true,
		default: '',
		description: 'Events that occurred later do not count',
		displayOptions: { show: { ...STATE, asOf: ['time'] } },
	},
	{
		displayName: 'Keep History',
		name: 'keepHistory',
		type: 'boolean',
		default: true,
		description: 'Whether the state has a list history: type, time and version of each event',
		displayOptions: { show: STATE },
	},
	{
		displayName: 'Rules',
		name: 'rules',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true, sortable: true },
		placeholder: 'Add rule',
		default: { rule: ORDER_RULES },
		description: 'How the state follows from the events. All rules that match an event apply, from top to bottom.',
		options: [{ displayName: 'Rule', name: 'rule', values: ruleFields }],
		displayOptions: { show: STATE },
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{
				displayName: 'Include Events Read',
				name: 'includeEventsRead',
				type: 'boolean',
				default: true,
				description: 'Whether to tell how many events were read; the others came from a snapshot',
			},
			{
				displayName: 'Initial State',
				name: 'initialState',
				type: 'json',
				default: DEFAULT_INITIAL_STATE,
				description: 'What the state is before the first event',
			},
		],
		displayOptions: { show: STATE },
	},
];

export const stateProperties = { operations, fields };

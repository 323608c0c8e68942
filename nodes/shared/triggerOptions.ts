/**
 * What the panels of the triggers have in common. The defaults of the options are those of the consumer (a test holds them to it): an option
 * that is added and left alone changes nothing.
 */
import type { INodeProperties } from 'n8n-workflow';

export const acknowledgeParameter: INodeProperties = {
	displayName: 'Acknowledge',
	name: 'acknowledge',
	type: 'options',
	noDataExpression: true,
	options: [
		{
			name: 'On Receipt',
			value: 'receipt',
			description:
				'As soon as the run is started. An event whose run fails, or is cut by a restart, is not tried again.',
		},
		{
			name: 'When the Run Ends',
			value: 'end',
			description: 'Also after a run that failed or was stopped. Only an event whose run was cut is tried again.',
		},
		{
			name: 'When the Run Succeeds',
			value: 'success',
			description: 'An event whose run failed is tried again with a growing delay, then becomes a dead letter',
		},
	],
	default: 'success',
	description: 'When an event counts as processed',
};

const backoff: INodeProperties[] = [
	{
		displayName: 'First Delay (Seconds)',
		name: 'initialSeconds',
		type: 'number',
		typeOptions: { minValue: 0, numberPrecision: 3 },
		default: 1,
		description: 'Delay after the first run that failed',
	},
	{
		displayName: 'Growth',
		name: 'factor',
		type: 'number',
		typeOptions: { minValue: 1, numberPrecision: 2 },
		default: 4,
		description: 'By how much the delay is multiplied after each further one. 1: it stays the same.',
	},
	{
		displayName: 'Jitter (Percent)',
		name: 'jitterPercent',
		type: 'number',
		typeOptions: { minValue: 0, maxValue: 100 },
		default: 20,
		description: 'Random extra delay, so that events that failed together are not tried together',
	},
	{
		displayName: 'Longest Delay (Minutes)',
		name: 'maxMinutes',
		type: 'number',
		typeOptions: { minValue: 0, numberPrecision: 2 },
		default: 15,
		description: 'The delay does not grow beyond this',
	},
];

export const triggerOptions: INodeProperties[] = [
	{
		displayName: 'After a Dead Letter',
		name: 'afterDeadLetter',
		type: 'options',
		options: [
			{ name: 'Continue', value: 'continue', description: 'Later events of the key are processed' },
			{
				name: 'Hold the Key',
				value: 'hold',
				description: 'Later events of the key become dead letters too, until the first is redriven',
			},
		],
		default: 'continue',
		description: 'What happens to later events of the same key. Only with order by key.',
		displayOptions: { show: { order: ['key'] } },
	},
	{
		displayName: 'Backoff',
		name: 'backoff',
		type: 'fixedCollection',
		placeholder: 'Set backoff',
		default: {},
		description: 'How long to wait before an event is tried again',
		options: [{ displayName: 'Delays', name: 'delays', values: backoff }],
	},
	{
		displayName: 'Bad Payload',
		name: 'badPayload',
		type: 'options',
		options: [
			{ name: 'Dead Letter', value: 'dead-letter', description: 'Keep the bytes, with the reason' },
			{ name: 'Discard', value: 'discard', description: 'Remove them, with a line in the log' },
		],
		default: 'dead-letter',
		description: 'What happens to bytes that are no event, and to an event whose payload does not fit the schema',
	},
	{
		displayName: 'Batch Size',
		name: 'batchSize',
		type: 'number',
		typeOptions: { minValue: 1, maxValue: 1000 },
		default: 1,
		description: 'Most events in one run. Above 1 a run gets several items, which is how a busy workflow keeps up.',
	},
	{
		displayName: 'Batch Wait (Milliseconds)',
		name: 'batchWait',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 500,
		description: 'How long to wait for a batch to fill before it starts with what is there',
	},
	{
		displayName: 'Dead Letter',
		name: 'deadLetter',
		type: 'boolean',
		default: true,
		description:
			'Whether an event that cannot be processed is kept as a dead letter. Otherwise it is given up with a line in the log.',
	},
	{
		displayName: 'De-Duplicate (Days)',
		name: 'deduplicateDays',
		type: 'number',
		typeOptions: { minValue: 0, numberPrecision: 2 },
		default: 7,
		description: 'How long a processed event is remembered, so that a copy of it starts no run. 0: not at all.',
	},
	{
		displayName: 'Existing Queue or Subscription',
		name: 'existing',
		type: 'string',
		default: '',
		placeholder: 'e.g. legacy.orders',
		description: 'Read this instead of the channel. Another system owns it, so it is never created or changed.',
	},
	{
		displayName: 'Hop Limit',
		name: 'hopLimit',
		type: 'number',
		typeOptions: { minValue: 1, maxValue: 1000 },
		default: 16,
		description:
			'An event with more causes before it becomes a dead letter, so that workflows which start each other come to an end',
	},
	{
		displayName: 'Max Attempts',
		name: 'maxAttempts',
		type: 'number',
		typeOptions: { minValue: 1, maxValue: 1000 },
		default: 5,
		description: 'Runs that may fail before the event becomes a dead letter. 1: no second try.',
	},
	{
		displayName: 'Max In Flight',
		name: 'maxInFlight',
		type: 'number',
		typeOptions: { minValue: 1, maxValue: 1000 },
		default: 10,
		description: 'Most runs at the same time',
	},
	{
		displayName: 'Max Processing Time (Minutes)',
		name: 'maxProcessingMinutes',
		type: 'number',
		typeOptions: { minValue: 0, numberPrecision: 2 },
		default: 0,
		description:
			'A run that takes longer counts as failed. Stopping it is up to the timeout of the workflow. 0: 30 minutes, or less where the broker takes events back earlier.',
	},
	{
		displayName: 'Order',
		name: 'order',
		type: 'options',
		options: [
			{ name: 'By Key', value: 'key', description: 'Events with the same ordering key one after the other' },
			{ name: 'None', value: 'none', description: 'As they come, side by side' },
		],
		default: 'none',
		description: 'Whether events wait for each other',
	},
	{
		displayName: 'Output',
		name: 'output',
		type: 'options',
		options: [
			{ name: 'Event', value: 'event', description: 'All of the event, and delivery beside it' },
			{ name: 'Payload Only', value: 'payload', description: 'Only what the event carries' },
		],
		default: 'event',
		description: 'What an item holds',
	},
	{
		displayName: 'Provision',
		name: 'provision',
		type: 'options',
		options: [
			{ name: 'Create', value: 'create', description: 'Make what is missing in the broker' },
			{ name: 'Off', value: 'off', description: 'Do not look, for a login that may only read' },
			{ name: 'Verify', value: 'verify', description: 'Stop with an error when it is missing' },
		],
		default: 'create',
		description: 'What to do about a channel or group that the broker does not have yet',
	},
	{
		displayName: 'Schema',
		name: 'payloadSchema',
		type: 'json',
		default: '',
		placeholder: 'e.g. { "type": "object", "required": ["order_id"] }',
		description:
			'JSON Schema of the payload, draft-07 or 2020-12. An event that does not fit starts no run: see Bad Payload.',
	},
	{
		displayName: 'Start From',
		name: 'startFrom',
		type: 'options',
		options: [
			{ name: 'All Stored Events', value: 'all', description: 'As far back as the broker keeps them' },
			{ name: 'New Events', value: 'new', description: 'What is published from now on' },
			{ name: 'Point in Time', value: 'time', description: 'What was published since then' },
		],
		default: 'new',
		description: 'Where a consumer group begins that never existed. One that did goes on from where it stands.',
	},
	{
		displayName: 'Start Time',
		name: 'startTime',
		type: 'dateTime',
		default: '',
		description: 'The point in time',
		displayOptions: { show: { startFrom: ['time'] } },
	},
	{
		displayName: 'Test With',
		name: 'testWith',
		type: 'options',
		options: [
			{
				name: 'Newest Stored Event, Else Wait',
				value: 'newest',
				description: 'The last event of these types that the broker still has. Waits where it has none.',
			},
			{
				name: 'Next Event',
				value: 'next',
				description: 'Wait for an event that is published after you start the test',
			},
		],
		default: 'newest',
		description: 'Which event a test run gets. The active workflow gets it all the same.',
	},
	{
		displayName: 'When a Run Waits',
		name: 'whenRunWaits',
		type: 'options',
		options: [
			{
				name: 'Acknowledge',
				value: 'acknowledge',
				description: 'The run has taken the event over. If it fails after the wait, the event is not tried again.',
			},
			{ name: 'Dead Letter', value: 'deadLetter', description: 'A run of this workflow is not supposed to wait' },
		],
		default: 'acknowledge',
		description: 'What happens to the event when its run reaches a Wait node and is parked',
	},
];

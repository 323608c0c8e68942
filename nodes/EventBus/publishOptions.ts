/**
 * The options of the operations that publish. Each operation offers those that mean something for it.
 */
import type { INodeProperties } from 'n8n-workflow';

const OPTION = {
	correlationId: {
		displayName: 'Correlation ID',
		name: 'correlationId',
		type: 'string',
		default: '',
		placeholder: 'e.g. corr_abc123',
		description: 'Links all events of one story. Empty: that of the event that started this run, else a new one.',
	},
	dataSchema: {
		displayName: 'Data Schema',
		name: 'dataSchema',
		type: 'string',
		default: '',
		placeholder: 'e.g. https://example.com/schemas/order.json',
		description: 'URI of the schema of the payload. Sent along, not checked.',
	},
	delay: {
		displayName: 'Delay (Seconds)',
		name: 'delay',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 0,
		description: 'How long the event is kept back before anybody gets it',
	},
	eventId: {
		displayName: 'Event ID',
		name: 'eventId',
		type: 'string',
		default: '',
		placeholder: 'e.g. {{ $json.order_id }}-created',
		description: 'Give one to publish the same event twice without it being processed twice. Empty: a new one.',
	},
	eventVersion: {
		displayName: 'Event Version',
		name: 'eventVersion',
		type: 'string',
		default: '1.0',
		placeholder: 'e.g. 1.0',
		description: 'Version of what the payload looks like',
	},
	expiresAfter: {
		displayName: 'Expires After (Seconds)',
		name: 'expiresAfter',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 0,
		description: 'After this time nobody processes the event any more. 0: never.',
	},
	format: {
		displayName: 'Format',
		name: 'format',
		type: 'options',
		options: [
			{
				name: 'CloudEvents (Binary)',
				value: 'cloudevents-binary',
				description: 'Attributes as headers, the payload as body',
			},
			{ name: 'CloudEvents (Structured)', value: 'cloudevents', description: 'CloudEvents 1.0 as one JSON document' },
			{ name: 'Event Bus JSON', value: 'event-bus', description: 'The event as it is shown here' },
			{
				name: 'Raw Payload',
				value: 'raw',
				description: 'Only the payload, for a receiver that knows nothing of events',
			},
		],
		default: 'event-bus',
		description: 'How the event is written. Triggers recognise all of them.',
	},
	headers: {
		displayName: 'Headers',
		name: 'headers',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true },
		placeholder: 'Add header',
		default: {},
		description: 'Sent beside the event, for receivers that look for them',
		options: [
			{
				displayName: 'Header',
				name: 'header',
				values: [
					{
						displayName: 'Name',
						name: 'name',
						type: 'string',
						default: '',
						placeholder: 'e.g. x-tenant',
						description: 'Name of the header',
					},
					{
						displayName: 'Value',
						name: 'value',
						type: 'string',
						default: '',
						placeholder: 'e.g. acme',
						description: 'Value of the header',
					},
				],
			},
		],
	},
	ifNobodyListens: {
		displayName: 'If Nobody Listens',
		name: 'ifNobodyListens',
		type: 'options',
		options: [
			{ name: 'Continue', value: 'continue', description: 'The output says so in published.matched' },
			{ name: 'Stop With an Error', value: 'error', description: 'Useful while you connect workflows to each other' },
		],
		default: 'continue',
		description: 'What happens when no consumer group wants this event type',
	},
	occurredAt: {
		displayName: 'Occurred At',
		name: 'occurredAt',
		type: 'dateTime',
		default: '',
		description: 'When it happened. Empty: now.',
	},
	orderingKey: {
		displayName: 'Ordering Key',
		name: 'orderingKey',
		type: 'string',
		default: '',
		placeholder: 'e.g. {{ $json.customer_id }}',
		description: 'Events with the same key are kept in order. Empty: the subject, else the correlation ID.',
	},
	payloadSchema: {
		displayName: 'Payload Schema',
		name: 'payloadSchema',
		type: 'json',
		default: '',
		placeholder: 'e.g. { "type": "object", "required": ["order_id"] }',
		description:
			'JSON Schema, draft-07 or 2020-12. An item whose payload does not fit is an error, and is not published.',
	},
	provision: {
		displayName: 'Provision',
		name: 'provision',
		type: 'options',
		options: [
			{ name: 'Create', value: 'create', description: 'Make what is missing in the broker' },
			{ name: 'Off', value: 'off', description: 'Do not look, for a login that may only write' },
			{ name: 'Verify', value: 'verify', description: 'Stop with an error when it is missing' },
		],
		default: 'create',
		description: 'What to do about a channel that the broker does not have yet',
	},
	source: {
		displayName: 'Source',
		name: 'source',
		type: 'string',
		default: '',
		placeholder: 'e.g. ecommerce-api',
		description: 'Who says so. Empty: n8n and the name of this workflow.',
	},
	subject: {
		displayName: 'Subject',
		name: 'subject',
		type: 'string',
		default: '',
		placeholder: 'e.g. {{ $json.order_id }}',
		description: 'What the event is about. Events of one subject are kept in order.',
	},
} satisfies Record<string, INodeProperties>;

const OF_THE_EVENT = [
	OPTION.correlationId,
	OPTION.dataSchema,
	OPTION.eventId,
	OPTION.eventVersion,
	OPTION.expiresAfter,
	OPTION.occurredAt,
	OPTION.orderingKey,
	OPTION.source,
	OPTION.subject,
];

export const publishOptions = sorted([
	...OF_THE_EVENT,
	OPTION.delay,
	OPTION.format,
	OPTION.headers,
	OPTION.ifNobodyListens,
	OPTION.payloadSchema,
	OPTION.provision,
]);

/** A request that is delayed, or written as a raw payload, could not be answered. */
export const requestOptions = sorted([...OF_THE_EVENT, OPTION.headers, OPTION.payloadSchema, OPTION.provision]);

/** Who answers cannot choose another correlation: the asker finds the answer by it. */
export const replyOptions = sorted([
	...OF_THE_EVENT.filter((option) => option !== OPTION.correlationId),
	OPTION.headers,
	OPTION.provision,
]);

export const forwardOptions = sorted([
	OPTION.delay,
	OPTION.format,
	OPTION.headers,
	OPTION.ifNobodyListens,
	OPTION.provision,
]);

function sorted(options: readonly INodeProperties[]): INodeProperties[] {
	return options.toSorted((a, b) => a.displayName.localeCompare(b.displayName));
}

/**
 * Parameters of a new event, for the panels of all nodes that make one. What they mean is read in eventSettings.ts.
 */
import type { IDisplayOptions, INodeProperties } from 'n8n-workflow';

type Show = NonNullable<IDisplayOptions['show']>;

/** Payload and Payload JSON. @param show the operations that make an event */
export function payloadParameters(show: Show): INodeProperties[] {
	return [
		{
			displayName: 'Payload',
			name: 'payloadSource',
			type: 'options',
			options: [
				{
					name: 'Input Item',
					value: 'inputItem',
					description: 'The JSON of the item. If the item is an event, its payload.',
				},
				{ name: 'JSON', value: 'json', description: 'What you write below' },
			],
			default: 'inputItem',
			description: 'What the event carries',
			displayOptions: { show },
		},
		{
			displayName: 'Payload JSON',
			name: 'payload',
			type: 'json',
			default: '{}',
			placeholder: 'e.g. { "order_id": "ord_1" }',
			description: 'The payload of the event',
			displayOptions: { show: { ...show, payloadSource: ['json'] } },
		},
	];
}

/** Each node offers those that mean something for it. */
export const eventOptions = {
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

/** As n8n wants the members of a collection. */
export function sortedOptions(options: readonly INodeProperties[]): INodeProperties[] {
	return options.toSorted((a, b) => a.displayName.localeCompare(b.displayName));
}

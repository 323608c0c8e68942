/**
 * The options of the operations that publish. Each operation offers those that mean something for it.
 */
import type { INodeProperties } from 'n8n-workflow';
import { eventOptions, sortedOptions } from '../shared/eventOptions';

const OPTION = {
	delay: {
		displayName: 'Delay (Seconds)',
		name: 'delay',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 0,
		description: 'How long the event is kept back before anybody gets it',
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
} satisfies Record<string, INodeProperties>;

const OF_THE_EVENT = [
	eventOptions.correlationId,
	eventOptions.dataSchema,
	eventOptions.eventId,
	eventOptions.eventVersion,
	eventOptions.expiresAfter,
	eventOptions.occurredAt,
	eventOptions.orderingKey,
	eventOptions.source,
	eventOptions.subject,
];

export const publishOptions = sortedOptions([
	...OF_THE_EVENT,
	OPTION.delay,
	OPTION.format,
	OPTION.headers,
	OPTION.ifNobodyListens,
	eventOptions.payloadSchema,
	OPTION.provision,
]);

/** A request that is delayed, or written as a raw payload, could not be answered. */
export const requestOptions = sortedOptions([
	...OF_THE_EVENT,
	OPTION.headers,
	eventOptions.payloadSchema,
	OPTION.provision,
]);

/** Who answers cannot choose another correlation: the asker finds the answer by it. */
export const replyOptions = sortedOptions([
	...OF_THE_EVENT.filter((option) => option !== eventOptions.correlationId),
	OPTION.headers,
	OPTION.provision,
]);

export const forwardOptions = sortedOptions([
	OPTION.delay,
	OPTION.format,
	OPTION.headers,
	OPTION.ifNobodyListens,
	OPTION.provision,
]);

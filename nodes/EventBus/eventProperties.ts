/**
 * Event: Publish, Forward, Publish and Wait for Reply, Reply.
 */
import type { INodeProperties } from 'n8n-workflow';
import { payloadParameters } from '../shared/eventOptions';
import { forwardOptions, publishOptions, replyOptions, requestOptions } from './publishOptions';

const operations = {
	default: 'publish',
	options: [
		{
			name: 'Publish',
			value: 'publish',
			action: 'Publish an event',
			description: 'Make an event of each item and store it in the broker',
		},
		{
			name: 'Publish and Wait for Reply',
			value: 'publishAndWait',
			action: 'Publish an event and wait for the reply',
			description: 'Ask another workflow or service and continue with its answer',
		},
		{
			name: 'Reply',
			value: 'reply',
			action: 'Reply to an event',
			description: 'Answer the event that started this run',
		},
		{
			name: 'Forward',
			value: 'forward',
			action: 'Forward an event',
			description: 'Publish an item that is an event as it is, to another channel or broker',
		},
	],
};

const CREATES = { resource: ['event'], operation: ['publish', 'publishAndWait', 'reply'] };

const fields: INodeProperties[] = [
	{
		displayName: 'Event Type',
		name: 'eventType',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. order.created',
		description: 'What happened, in words separated by dots. Triggers choose events by it.',
		displayOptions: { show: { resource: ['event'], operation: ['publish', 'publishAndWait'] } },
	},
	{
		displayName: 'Event Type',
		name: 'eventType',
		type: 'string',
		default: '',
		placeholder: 'e.g. order.checked',
		description: 'What the answer says. Empty: the type of the request followed by .reply.',
		displayOptions: { show: { resource: ['event'], operation: ['reply'] } },
	},
	...payloadParameters(CREATES),
	{
		displayName: 'Timeout (Seconds)',
		name: 'replyTimeout',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 30,
		description: 'How long to wait for the reply',
		displayOptions: { show: { resource: ['event'], operation: ['publishAndWait'] } },
	},
	optionsFor('publish', publishOptions),
	optionsFor('forward', forwardOptions),
	optionsFor('publishAndWait', requestOptions),
	optionsFor('reply', replyOptions),
];

function optionsFor(operation: string, options: INodeProperties[]): INodeProperties {
	return {
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options,
		displayOptions: { show: { resource: ['event'], operation: [operation] } },
	};
}

export const eventProperties = { operations, fields };

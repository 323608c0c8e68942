/**
 * The panel of the Event Bus Trigger: what decides which events start a run, then the options.
 */
import type { INodeProperties } from 'n8n-workflow';
import { channelLocator } from '../shared/channelLocator';
import { brokerInUseParameter, connectionParameter } from '../shared/connectionParameter';
import { acknowledgeParameter, triggerOptions } from '../shared/triggerOptions';

const LISTENS_TO_EVENTS = { listenTo: ['events'] };

export const properties: INodeProperties[] = [
	connectionParameter,
	brokerInUseParameter,
	{
		displayName: 'Listen To',
		name: 'listenTo',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Dead Letters', value: 'deadLetters', description: 'Events of a channel that could not be processed' },
			{ name: 'Events', value: 'events', description: 'Events of a channel' },
		],
		default: 'events',
		description: 'What starts a run. Reading dead letters does not remove them.',
	},
	channelLocator,
	{
		displayName: 'Event Types',
		name: 'eventTypes',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. order.created, payment.*',
		description:
			'Comma-separated list. One * stands for a word, # for any number of words. A version may follow: order.created@1.*.',
		displayOptions: { show: LISTENS_TO_EVENTS },
	},
	{
		displayName: 'Event Types',
		name: 'eventTypes',
		type: 'string',
		default: '#',
		placeholder: 'e.g. order.*, payment.#',
		description: 'Comma-separated list. # stands for all types.',
		displayOptions: { show: { listenTo: ['deadLetters'] } },
	},
	{
		displayName: 'Consumer Group',
		name: 'group',
		type: 'string',
		default: '',
		placeholder: 'e.g. billing',
		description:
			'Empty: a group of its own, so that this trigger gets every event. Triggers with the same group share the events, also across n8n instances.',
		displayOptions: { show: LISTENS_TO_EVENTS },
	},
	{
		displayName: 'Dead Letters Of',
		name: 'deadLettersOf',
		type: 'string',
		default: '',
		placeholder: 'e.g. billing',
		description: 'The consumer group whose dead letters start a run. Empty: those of all groups of the channel.',
		displayOptions: { show: { listenTo: ['deadLetters'] } },
	},
	acknowledgeParameter,
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: triggerOptions,
	},
];

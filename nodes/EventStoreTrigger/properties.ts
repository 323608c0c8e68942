/**
 * The panel of the Event Store Trigger: what of the log starts a run, then the options.
 */
import type { INodeProperties } from 'n8n-workflow';
import { storeConnectionParameter, storeInUseParameter } from '../shared/connectionParameter';
import { streamLocator } from '../shared/storeLocators';
import { acknowledgeParameter, triggerOptions } from '../shared/triggerOptions';

/** The options that mean something here, as the Event Bus Trigger has them. */
const COMMON: ReadonlySet<string> = new Set([
	'afterDeadLetter',
	'backoff',
	'batchSize',
	'batchWait',
	'deadLetter',
	'hopLimit',
	'maxAttempts',
	'maxInFlight',
	'maxProcessingMinutes',
	'output',
	'startTime',
	'testWith',
	'whenRunWaits',
]);

const OWN: readonly INodeProperties[] = [
	{
		displayName: 'Order',
		name: 'order',
		type: 'options',
		options: [
			{ name: 'None', value: 'none', description: 'Side by side. For work that does not depend on what came before.' },
			{ name: 'Per Stream', value: 'stream', description: 'Events of one stream one after the other' },
			{ name: 'Whole Log', value: 'log', description: 'All events one after the other' },
		],
		default: 'stream',
		description: 'Which events wait for each other. One that fails is tried again before those that wait for it.',
	},
	{
		displayName: 'Start From',
		name: 'startFrom',
		type: 'options',
		options: [
			{ name: 'New Events', value: 'new', description: 'What is appended from now on' },
			{ name: 'Point in Time', value: 'time', description: 'What was stored since then' },
			{ name: 'The Beginning', value: 'all', description: 'All events there are' },
		],
		default: 'all',
		description: 'Where a subscription begins that never existed. To read again, reset it with the Event Store node.',
	},
];

/** By name, as n8n wants it. */
const options = [...triggerOptions.filter(({ name }) => COMMON.has(name)), ...OWN]
	.map(onlyWithOrder)
	.sort((one, other) => one.displayName.localeCompare(other.displayName));

/** Here the order is per stream or of the whole log. */
function onlyWithOrder(option: INodeProperties): INodeProperties {
	if (option.name !== 'afterDeadLetter') return option;
	return { ...option, displayOptions: { hide: { order: ['none'] } } };
}

export const properties: INodeProperties[] = [
	storeConnectionParameter,
	storeInUseParameter,
	{
		displayName: 'Read',
		name: 'read',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'All Streams', value: 'all', description: 'Every event in the store' },
			{ name: 'Category', value: 'category', description: 'Streams whose name begins with it, up to the first dash' },
			{ name: 'One Stream', value: 'stream', description: 'The events of one stream' },
		],
		default: 'all',
		description: 'Which streams are read',
	},
	{
		displayName: 'Category',
		name: 'category',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. order',
		description: 'The streams order-1, order-2 and so on are of the category order',
		displayOptions: { show: { read: ['category'] } },
	},
	{ ...streamLocator, displayOptions: { show: { read: ['stream'] } } },
	{
		displayName: 'Event Types',
		name: 'eventTypes',
		type: 'string',
		default: '#',
		placeholder: 'e.g. order.created, payment.*',
		description:
			'Comma-separated list. One * stands for a word, # for any number of words. A version may follow: order.created@1.*.',
	},
	{
		displayName: 'Subscription',
		name: 'subscription',
		type: 'string',
		default: '',
		placeholder: 'e.g. orders-projection',
		description:
			'The name under which the store remembers how far this trigger has read. Empty: one of its own. Triggers with the same name take turns: one reads, the others stand by.',
	},
	acknowledgeParameter,
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options,
	},
];

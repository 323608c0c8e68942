/**
 * The panel of the Event Trail node.
 */
import type { INodeProperties } from 'n8n-workflow';
import { storeConnectionParameter, storeInUseParameter } from '../shared/connectionParameter';
import { MOST_EVENTS } from './settings';

const TRAIL = { operation: ['getTrail'] };
const MAP = { operation: ['getFlowMap'] };
const SEARCH = { operation: ['search'] };

export const properties: INodeProperties[] = [
	storeConnectionParameter,
	storeInUseParameter,
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'Get Flow Map',
				value: 'getFlowMap',
				action: 'Get the flow map',
				description: 'Who publishes what to whom: cycles, events nobody consumes, dead letters, times',
			},
			{
				name: 'Get Trail',
				value: 'getTrail',
				action: 'Get the trail of a story',
				description: 'Everything that belongs to one correlation ID, across workflows and brokers',
			},
			{
				name: 'Search',
				value: 'search',
				action: 'Search recorded events',
				description: 'Events by type, source, time, payload or what became of them',
			},
		],
		default: 'getTrail',
	},
	{
		displayName: 'Correlation ID',
		name: 'correlationId',
		type: 'string',
		required: true,
		default: '={{ $json.metadata.correlation_id }}',
		placeholder: 'e.g. corr_019…',
		description: 'What belongs to one story has the same. Every event tells it in metadata.correlation_id.',
		displayOptions: { show: TRAIL },
	},
	{
		displayName: 'Give It As',
		name: 'trailAs',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'HTML Page',
				value: 'html',
				description: 'Lanes, causes and details in one page, for a webhook or a file; in the field html',
			},
			{ name: 'Items', value: 'items', description: 'One item an event, with what happened to it' },
			{ name: 'Mermaid', value: 'mermaid', description: 'A sequence diagram as text; in the field mermaid' },
			{ name: 'Tree', value: 'tree', description: 'One item a root event, with what followed from it inside' },
		],
		default: 'items',
		description: 'What the node gives',
		displayOptions: { show: TRAIL },
	},
	{
		displayName: 'Give It As',
		name: 'mapAs',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'AsyncAPI', value: 'asyncapi', description: 'A document of AsyncAPI 3.0, for catalogues and generators' },
			{ name: 'HTML Page', value: 'html', description: 'A picture in one page; in the field html' },
			{ name: 'Items', value: 'items', description: 'One item with services, types, edges, cycles and orphans' },
			{ name: 'Mermaid', value: 'mermaid', description: 'A flowchart as text; in the field mermaid' },
		],
		default: 'html',
		description: 'What the node gives',
		displayOptions: { show: MAP },
	},
	{
		displayName: 'Last Hours',
		name: 'lastHours',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 24,
		description: 'How far the map looks back; 0.5 is half an hour',
		displayOptions: { show: MAP },
	},
	{
		displayName: 'Event Types',
		name: 'eventTypes',
		type: 'string',
		default: '#',
		placeholder: 'e.g. order.*, payment.declined',
		description: 'Comma-separated list. One * stands for a word, # for any number of words.',
		displayOptions: { show: SEARCH },
	},
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 50,
		description: 'Max number of results to return',
		displayOptions: { show: SEARCH },
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{
				displayName: 'Max Events',
				name: 'maxEvents',
				type: 'number',
				typeOptions: { minValue: 1, maxValue: MOST_EVENTS },
				default: 1000,
				description: 'Most events that are read; a longer story is cut, and says so',
			},
			{
				displayName: 'Title',
				name: 'title',
				type: 'string',
				default: 'Event trail',
				description: 'Of the page',
			},
		],
		displayOptions: { show: TRAIL },
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{
				displayName: 'Channel',
				name: 'channel',
				type: 'string',
				default: '',
				placeholder: 'e.g. events',
				description: 'Only what goes through this channel. Empty: all.',
			},
			{
				displayName: 'Title',
				name: 'title',
				type: 'string',
				default: 'Flow map',
				description: 'Of the page or the document',
			},
		],
		displayOptions: { show: MAP },
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{
				displayName: 'Channel',
				name: 'channel',
				type: 'string',
				default: '',
				placeholder: 'e.g. events',
				description: 'Only what went through this channel',
			},
			{
				displayName: 'From',
				name: 'from',
				type: 'dateTime',
				default: '',
				description: 'Only what happened then or later',
			},
			{
				displayName: 'Payload Equals',
				name: 'payloadEquals',
				type: 'string',
				default: '',
				placeholder: 'e.g. ord_1',
				description:
					'What the payload field must be. A number, true, false and null are as they are written; in quotes they are text.',
			},
			{
				displayName: 'Payload Field',
				name: 'payloadField',
				type: 'string',
				default: '',
				placeholder: 'e.g. order_id',
				description: 'A field of the payload, such as customer.email',
			},
			{
				displayName: 'Source',
				name: 'source',
				type: 'string',
				default: '',
				placeholder: 'e.g. n8n/Order Validator',
				description: 'Only events of this service',
			},
			{
				displayName: 'To',
				name: 'to',
				type: 'dateTime',
				default: '',
				description: 'Only what happened before',
			},
			{
				displayName: 'What Became of It',
				name: 'outcome',
				type: 'options',
				options: [
					{ name: 'Anything', value: '' },
					{ name: 'Dead Letter', value: 'dead-letter', description: 'A group could not process it' },
					{ name: 'Retried', value: 'retry', description: 'A run failed, and it was tried again' },
				],
				default: '',
				description: 'Only events to which this happened',
			},
		],
		displayOptions: { show: SEARCH },
	},
];

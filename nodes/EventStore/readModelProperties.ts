/**
 * Read Model: Put, Patch, Get, Find, Delete, Clear.
 */
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import type { Operator } from '../../src/store/documents/query';
import { readModelLocator } from '../shared/storeLocators';
import { limitParameters } from './limitParameters';

const operations = {
	default: 'find',
	options: [
		{
			name: 'Clear',
			value: 'clear',
			action: 'Clear a read model',
			description: 'Delete all documents of a read model, before it is built again',
		},
		{ name: 'Delete', value: 'delete', action: 'Delete a document', description: 'Delete one document by its ID' },
		{
			name: 'Find',
			value: 'find',
			action: 'Find documents',
			description: 'The documents that fulfil conditions, one item each',
		},
		{ name: 'Get', value: 'get', action: 'Get a document', description: 'One document by its ID' },
		{
			name: 'Patch',
			value: 'patch',
			action: 'Patch a document',
			description: 'Change parts of a document, and add to its numbers. One that is missing is made.',
		},
		{
			name: 'Put',
			value: 'put',
			action: 'Put a document',
			description: 'Store a document under its ID, in place of what was there',
		},
	],
};

const MODEL = { resource: ['readModel'] };
const of = (...operation: string[]) => ({ ...MODEL, operation });

/** As a person says them; the order is that of the alphabet, as in all lists of n8n. */
const OPERATORS: readonly (INodePropertyOptions & { readonly value: Operator })[] = [
	{ name: 'At Least', value: 'greaterOrEqual', description: 'Greater than the value, or the same' },
	{ name: 'At Most', value: 'lessOrEqual', description: 'Less than the value, or the same' },
	{ name: 'Contains', value: 'contains', description: 'The text has the value in it' },
	{ name: 'Does Not Exist', value: 'notExists', description: 'The document has no such field' },
	{ name: 'Equals', value: 'equals', description: 'The same; of a list one of its entries' },
	{ name: 'Exists', value: 'exists', description: 'The document has such a field' },
	{ name: 'Greater Than', value: 'greater', description: 'A larger number, or a text later in order' },
	{ name: 'Less Than', value: 'less', description: 'A smaller number, or a text earlier in order' },
	{ name: 'Not Equal', value: 'notEquals', description: 'Anything else, also no such field' },
	{ name: 'Starts With', value: 'startsWith', description: 'The text begins with the value' },
];

const filterFields: INodeProperties[] = [
	{
		displayName: 'Field',
		name: 'field',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. customer.name',
		description: 'Name of a field of the document; a dot leads into it. Of a list the entries are meant: items.sku.',
	},
	{
		displayName: 'Operator',
		name: 'operator',
		type: 'options',
		options: [...OPERATORS],
		default: 'equals',
		description: 'How the field is compared',
	},
	{
		displayName: 'Value',
		name: 'value',
		type: 'string',
		default: '',
		placeholder: 'e.g. paid',
		description:
			'What it is compared with. A text that reads as a number, true, false or null matches that value and the text. A list from an expression: any of its values.',
		displayOptions: { hide: { operator: ['exists', 'notExists'] } },
	},
];

const returnFields: INodeProperties = {
	displayName: 'Return Fields',
	name: 'returnFields',
	type: 'string',
	default: '',
	placeholder: 'e.g. status, customer.name, items.sku',
	description: 'Comma-separated list of the fields you want. Empty: all of the document.',
};

const fields: INodeProperties[] = [
	{ ...readModelLocator, displayOptions: { show: MODEL } },
	{
		displayName: 'Document ID',
		name: 'documentId',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. {{ $json.payload.order_id }}',
		description: 'What the document is known by in its read model',
		displayOptions: { show: of('put', 'patch', 'get', 'delete') },
	},
	{
		displayName: 'Document',
		name: 'documentSource',
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
		description: 'What is stored',
		displayOptions: { show: of('put') },
	},
	{
		displayName: 'Document JSON',
		name: 'document',
		type: 'json',
		default: '{}',
		placeholder: 'e.g. { "status": "paid" }',
		description: 'The document, an object or a list',
		displayOptions: { show: { ...of('put'), documentSource: ['json'] } },
	},
	{
		displayName: 'Merge',
		name: 'merge',
		type: 'json',
		default: '{}',
		placeholder: 'e.g. { "status": "paid", "note": null }',
		description: 'Fields and their new values: objects are merged field by field, null removes a field',
		displayOptions: { show: of('patch') },
	},
	{
		displayName: 'Increment',
		name: 'increment',
		type: 'json',
		default: '{}',
		placeholder: 'e.g. { "orders": 1, "revenue": {{ $json.payload.total_amount }} }',
		description:
			'Fields and what is added to the number there; one that is missing counts as 0. An event that is delivered twice counts once.',
		displayOptions: { show: of('patch') },
	},
	{
		displayName: 'Match',
		name: 'match',
		type: 'options',
		options: [
			{ name: 'All Filters', value: 'all', description: 'Documents that fulfil every filter' },
			{ name: 'Any Filter', value: 'any', description: 'Documents that fulfil at least one' },
		],
		default: 'all',
		description: 'How many of the filters must be fulfilled',
		displayOptions: { show: of('find') },
	},
	{
		displayName: 'Filters',
		name: 'filters',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true },
		placeholder: 'Add filter',
		default: {},
		description: 'What the documents must be like. None: all documents.',
		options: [{ displayName: 'Filter', name: 'filter', values: filterFields }],
		displayOptions: { show: of('find') },
	},
	{
		displayName: 'Sort By',
		name: 'sortBy',
		type: 'string',
		default: '',
		placeholder: 'e.g. created_at',
		description: 'Name of a field. Empty: by document ID. Documents without the field come last.',
		displayOptions: { show: of('find') },
	},
	{
		displayName: 'Direction',
		name: 'sortDirection',
		type: 'options',
		options: [
			{ name: 'Ascending', value: 'ascending', description: 'The smallest first' },
			{ name: 'Descending', value: 'descending', description: 'The largest first' },
		],
		default: 'ascending',
		description: 'In which order',
		displayOptions: { show: of('find'), hide: { sortBy: [''] } },
	},
	...limitParameters(of('find')),
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{
				displayName: 'Expected Version',
				name: 'expectedVersion',
				type: 'number',
				typeOptions: { minValue: 0 },
				default: 0,
				description:
					'The version of the document as you have read it; 0: it must not exist yet. Otherwise nothing is changed, and the error tells the actual version.',
			},
		],
		displayOptions: { show: of('put', 'patch', 'delete') },
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{
				displayName: 'If Missing',
				name: 'ifMissing',
				type: 'options',
				options: [
					{ name: 'No Output', value: 'nothing', description: 'No item, so the branch ends here' },
					{ name: 'Output an Item', value: 'item', description: 'An item with exists: false' },
					{ name: 'Stop With an Error', value: 'error', description: 'An error for this item' },
				],
				default: 'item',
				description: 'What happens when there is no document with this ID',
			},
			returnFields,
		],
		displayOptions: { show: of('get') },
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			returnFields,
			{
				displayName: 'Skip',
				name: 'skip',
				type: 'number',
				typeOptions: { minValue: 0 },
				default: 0,
				description: 'How many documents are passed over, for the next page of a list',
			},
		],
		displayOptions: { show: of('find') },
	},
];

export const readModelProperties = { operations, fields };

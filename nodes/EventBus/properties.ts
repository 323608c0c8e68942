/**
 * The panel of the Event Bus node: what is common, then what each resource adds.
 */
import type { INodeProperties, INodeTypeDescription } from 'n8n-workflow';
import { brokerInUseParameter, connectionParameter } from '../shared/connectionParameter';
import { channelProperties } from './channelProperties';
import { deadLetterProperties } from './deadLetterProperties';
import { deliveryProperties } from './deliveryProperties';
import { eventProperties } from './eventProperties';
import { targetProperties } from './targetProperties';

/** A verdict travels with the run, so no broker is asked. */
const NOT_FOR_DELIVERY = { hide: { resource: ['delivery'] } };

interface Resource {
	readonly option: { readonly name: string; readonly value: string; readonly description: string };
	readonly operations: { readonly options: readonly OperationOption[]; readonly default: string };
	/** The operations an AI agent may use: it may look and publish, and not settle, delete or repeat. */
	readonly forAgents: readonly string[];
}

/** In the order of how often they are needed. */
const RESOURCES: readonly Resource[] = [
	{
		option: { name: 'Event', value: 'event', description: 'Publish events, ask and answer' },
		operations: eventProperties.operations,
		forAgents: ['publish', 'publishAndWait'],
	},
	{
		option: { name: 'Delivery', value: 'delivery', description: 'What becomes of the event that started this run' },
		operations: deliveryProperties.operations,
		forAgents: [],
	},
	{
		option: { name: 'Dead Letter', value: 'deadLetter', description: 'Events that could not be processed' },
		operations: deadLetterProperties.operations,
		forAgents: ['getMany'],
	},
	{
		option: { name: 'Channel', value: 'channel', description: 'See what a channel holds and who reads it' },
		operations: channelProperties.operations,
		forAgents: ['getStatus'],
	},
];

export const properties = panel(RESOURCES);

/**
 * What n8n replaces in the description when the node is an AI tool. A panel of its own, not the same one with
 * conditions on `@tool`: the node list would show every action twice.
 */
export const toolReplacements: Partial<INodeTypeDescription> = { properties: panel(RESOURCES.flatMap(forAgents)) };

function panel(resources: readonly Resource[]): INodeProperties[] {
	return [
		{ ...connectionParameter, displayOptions: NOT_FOR_DELIVERY },
		{ ...brokerInUseParameter, displayOptions: NOT_FOR_DELIVERY },
		{
			displayName: 'Resource',
			name: 'resource',
			type: 'options',
			noDataExpression: true,
			options: resources.map(({ option }) => ({ ...option })),
			default: 'event',
		},
		...resources.map(operationParameter),
		...targetProperties,
		...eventProperties.fields,
		...deliveryProperties.fields,
		...deadLetterProperties.fields,
		...channelProperties.fields,
	];
}

function operationParameter({ option, operations }: Resource): INodeProperties {
	// eslint-disable-next-line n8n-nodes-base/node-param-default-missing -- the rule only sees literals
	return {
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		options: [...operations.options],
		default: operations.default,
		displayOptions: { show: { resource: [option.value] } },
	};
}

function forAgents(resource: Resource): Resource[] {
	const { operations } = resource;
	const options = operations.options.filter(({ value }) => resource.forAgents.includes(value));
	return options.length === 0 ? [] : [{ ...resource, operations: { ...operations, options } }];
}

export interface OperationOption {
	readonly name: string;
	readonly value: string;
	readonly action: string;
	readonly description: string;
}

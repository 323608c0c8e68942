/**
 * The panel of the Event Bus node: what is common, then what each resource adds.
 */
import type { INodeProperties, INodeTypeDescription } from 'n8n-workflow';
import { type Resource, resourceParameters, resourcesForAgents } from '../shared/resourcePanel';
import { brokerInUseParameter, connectionParameter } from '../shared/connectionParameter';
import { channelProperties } from './channelProperties';
import { deadLetterProperties } from './deadLetters';
import { deliveryProperties } from './deliveryProperties';
import { eventProperties } from './eventProperties';
import { targetProperties } from './targetProperties';

/** A verdict travels with the run, so no broker is asked. */
const NOT_FOR_DELIVERY = { hide: { resource: ['delivery'] } };

/** In the order of how often they are needed. An AI agent may look and publish, and not settle, delete or repeat. */
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
export const toolReplacements: Partial<INodeTypeDescription> = { properties: panel(resourcesForAgents(RESOURCES)) };

function panel(resources: readonly Resource[]): INodeProperties[] {
	return [
		{ ...connectionParameter, displayOptions: NOT_FOR_DELIVERY },
		{ ...brokerInUseParameter, displayOptions: NOT_FOR_DELIVERY },
		...resourceParameters(resources),
		...targetProperties,
		...eventProperties.fields,
		...deliveryProperties.fields,
		...deadLetterProperties.fields,
		...channelProperties.fields,
	];
}

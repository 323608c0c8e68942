/**
 * The panel of the Event Store node: what is common, then what each resource adds.
 */
import type { INodeProperties, INodeTypeDescription } from 'n8n-workflow';
import { storeConnectionParameter, storeInUseParameter } from '../shared/connectionParameter';
import { type Resource, resourceParameters, resourcesForAgents } from '../shared/resourcePanel';
import { deadLetterProperties } from './deadLetters';
import { logProperties } from './logProperties';
import { outboxProperties } from './outboxProperties';
import { readModelProperties } from './readModelProperties';
import { stateProperties } from './stateProperties';
import { streamProperties } from './streamProperties';
import { subscriptionProperties } from './subscriptionProperties';

/** In the order of how often they are needed. An AI agent may only look. */
const RESOURCES: readonly Resource[] = [
	{
		option: { name: 'Stream', value: 'stream', description: 'The events of one thing: append and read them' },
		operations: streamProperties.operations,
		forAgents: ['read', 'getMany'],
	},
	{
		option: { name: 'State', value: 'state', description: 'What a thing is now, or was, by its events' },
		operations: stateProperties.operations,
		forAgents: ['get'],
	},
	{
		option: { name: 'Read Model', value: 'readModel', description: 'Documents that answer questions' },
		operations: readModelProperties.operations,
		forAgents: ['get', 'find'],
	},
	{
		option: { name: 'Log', value: 'log', description: 'The events of all streams, in the order they were stored' },
		operations: logProperties.operations,
		forAgents: ['read'],
	},
	{
		option: { name: 'Subscription', value: 'subscription', description: 'How far Event Store Triggers have read' },
		operations: subscriptionProperties.operations,
		forAgents: ['getMany'],
	},
	{
		option: { name: 'Dead Letter', value: 'deadLetter', description: 'Events that a subscription could not process' },
		operations: deadLetterProperties.operations,
		forAgents: ['getMany'],
	},
	{
		option: { name: 'Outbox', value: 'outbox', description: 'Stored events that are still to be published' },
		operations: outboxProperties.operations,
		forAgents: ['getStatus'],
	},
];

export const properties = panel(RESOURCES);

/** What n8n replaces in the description when the node is an AI tool: see EventBus/properties.ts. */
export const toolReplacements: Partial<INodeTypeDescription> = { properties: panel(resourcesForAgents(RESOURCES)) };

function panel(resources: readonly Resource[]): INodeProperties[] {
	return [
		storeConnectionParameter,
		storeInUseParameter,
		...resourceParameters(resources),
		...streamProperties.fields,
		...stateProperties.fields,
		...readModelProperties.fields,
		...logProperties.fields,
		...subscriptionProperties.fields,
		...deadLetterProperties.fields,
	];
}

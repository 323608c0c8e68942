/**
 * Event Trail: what happened to events, across workflows and brokers, as items, pictures and a map. Wiring only.
 */
import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';
import { eventStoreConnectionTest } from '../shared/credentialTest';
import { getStoreInUse } from '../shared/loadOptions';
import { errorItem, toNodeError } from '../shared/nodeErrors';
import { OPERATIONS } from './operations';
import { properties } from './properties';
import { readOperation } from './settings';

export class EventTrail implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Event Trail',
		name: 'eventTrail',
		icon: { light: 'file:eventTrail.svg', dark: 'file:eventTrail.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle:
			'={{ { getTrail: "trail", getFlowMap: "flow map", search: "search" }[$parameter["operation"]] + ": " + ($parameter["trailAs"] || $parameter["mapAs"] || $parameter["eventTypes"]) }}',
		description: 'See what happened to events across workflows: a trail of one story, a map of all flows, a search',
		defaults: { name: 'Event Trail' },
		usableAsTool: true,
		// eslint-disable-next-line n8n-nodes-base/node-class-description-inputs-wrong-regular-node -- an older rule than n8n's own, which wants the constant
		inputs: [NodeConnectionTypes.Main],
		// eslint-disable-next-line n8n-nodes-base/node-class-description-outputs-wrong -- as above
		outputs: [NodeConnectionTypes.Main],
		credentials: [
			{
				name: 'eventStoreApi',
				required: true,
				displayOptions: { show: { connection: ['credential'] } },
				testedBy: 'eventStoreConnectionTest',
			},
		],
		properties,
	};

	methods = {
		credentialTest: { eventStoreConnectionTest },
		loadOptions: { getStoreInUse },
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		try {
			return [await OPERATIONS[readOperation(this)](this)];
		} catch (error) {
			const known = toNodeError(this.getNode(), error);
			if (!this.continueOnFail()) throw known;
			return [this.getInputData().map((_item, itemIndex) => errorItem(known, itemIndex))];
		}
	}
}

/**
 * Event Store: the node that appends events, rebuilds state from them, and keeps read models. Wiring only; each operation
 * has a file of its own.
 */
import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';
import { eventBusConnectionTest, eventStoreConnectionTest } from '../shared/credentialTest';
import { getBusInUse, getStoreInUse, searchBusChannels } from '../shared/loadOptions';
import { errorItem, toNodeError } from '../shared/nodeErrors';
import { searchReadModels, searchStreams, searchSubscriptions } from '../shared/storeLists';
import { operationOf } from './operations';
import { properties, toolReplacements } from './properties';

export class EventStore implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Event Store',
		name: 'eventStore',
		icon: { light: 'file:eventStore.svg', dark: 'file:eventStore.dark.svg' },
		group: ['output'],
		version: 1,
		subtitle:
			'={{ $parameter["operation"] + ": " + ($parameter["eventType"] || $parameter["readModel"] || $parameter["resource"]) }}',
		description:
			'Event sourcing and CQRS: keep events, rebuild state, answer from read models, in SQLite or PostgreSQL',
		defaults: { name: 'Event Store' },
		usableAsTool: { replacements: toolReplacements },
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
			{
				name: 'eventBusApi',
				required: true,
				displayOptions: {
					show: {
						resource: ['stream'],
						operation: ['append'],
						alsoPublish: [true],
						busConnection: ['credential'],
					},
				},
				testedBy: 'eventBusConnectionTest',
			},
		],
		properties,
	};

	methods = {
		credentialTest: { eventBusConnectionTest, eventStoreConnectionTest },
		loadOptions: { getBusInUse, getStoreInUse },
		listSearch: { searchBusChannels, searchReadModels, searchStreams, searchSubscriptions },
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		try {
			return [await operationOf(this)(this)];
		} catch (error) {
			const known = toNodeError(this.getNode(), error);
			if (!this.continueOnFail()) throw known;
			return [this.getInputData().map((_item, itemIndex) => errorItem(known, itemIndex))];
		}
	}
}

/**
 * Event Bus: the node that publishes, answers, settles and looks. Wiring only; each operation has a file of its own.
 */
import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';
import { eventBusConnectionTest } from '../shared/credentialTest';
import { getBrokerInUse, searchChannels } from '../shared/loadOptions';
import { errorItem, toNodeError } from '../shared/nodeErrors';
import { operationOf } from './operations';
import { properties, toolReplacements } from './properties';

export class EventBus implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Event Bus',
		name: 'eventBus',
		icon: { light: 'file:eventBus.svg', dark: 'file:eventBus.dark.svg' },
		group: ['output'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ($parameter["eventType"] ? ": " + $parameter["eventType"] : "") }}',
		description: 'Publish and receive events over RabbitMQ, Kafka, SQS, Redis, Pub/Sub, Pulsar or the built-in broker',
		defaults: { name: 'Event Bus' },
		usableAsTool: { replacements: toolReplacements },
		// eslint-disable-next-line n8n-nodes-base/node-class-description-inputs-wrong-regular-node -- an older rule than n8n's own, which wants the constant
		inputs: [NodeConnectionTypes.Main],
		// eslint-disable-next-line n8n-nodes-base/node-class-description-outputs-wrong -- as above
		outputs: [NodeConnectionTypes.Main],
		credentials: [
			{
				name: 'eventBusApi',
				required: true,
				displayOptions: { show: { connection: ['credential'] } },
				testedBy: 'eventBusConnectionTest',
			},
		],
		properties,
	};

	methods = {
		credentialTest: { eventBusConnectionTest },
		loadOptions: { getBrokerInUse },
		listSearch: { searchChannels },
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

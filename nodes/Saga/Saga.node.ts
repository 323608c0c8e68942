/**
 * Saga: steps that are undone when one of them fails, and that survive any crash. Wiring only; each operation has a file
 * of its own.
 */
import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';
import { eventBusConnectionTest, eventStoreConnectionTest } from '../shared/credentialTest';
import { errorOfItem } from '../shared/eachItem';
import { getBusInUse, getStoreInUse } from '../shared/loadOptions';
import { OPERATIONS } from './operations';
import { properties, toolReplacements } from './properties';
import { readOperation } from './settings';

export class Saga implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Saga',
		name: 'saga',
		icon: { light: 'file:saga.svg', dark: 'file:saga.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle:
			'={{ $parameter["operation"] === "run" ? (($parameter["steps"] || {}).values || []).map((step) => step.name).join(" → ") : $parameter["operation"] }}',
		description: 'Run steps across services, undo them when one fails, and go on after any crash',
		defaults: { name: 'Saga' },
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
				displayOptions: { show: { operation: ['run', 'resume', 'cancel'], busConnection: ['credential'] } },
				testedBy: 'eventBusConnectionTest',
			},
		],
		properties,
	};

	methods = {
		credentialTest: { eventBusConnectionTest, eventStoreConnectionTest },
		loadOptions: { getBusInUse, getStoreInUse },
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		try {
			return [await OPERATIONS[readOperation(this)](this)];
		} catch (error) {
			return [this.getInputData().map((_item, itemIndex) => errorOfItem(this, itemIndex, error))];
		}
	}
}

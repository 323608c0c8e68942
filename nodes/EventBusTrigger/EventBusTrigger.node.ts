/**
 * Event Bus Trigger: starts a run for each event of the chosen types. Wiring only: what happens is in liveTrigger.ts
 * and testRun.ts, the policies of delivery are in src/consumer.
 */
import {
	NodeConnectionTypes,
	type INodeType,
	type INodeTypeDescription,
	type ITriggerFunctions,
	type ITriggerResponse,
} from 'n8n-workflow';
import { eventBusConnectionTest } from '../shared/credentialTest';
import { getBrokerInUse, searchChannels } from '../shared/loadOptions';
import { toTriggerError } from '../shared/nodeErrors';
import { liveTrigger } from './liveTrigger';
import { properties } from './properties';
import { readTriggerSettings } from './settings';
import { testRun } from './testRun';

export class EventBusTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Event Bus Trigger',
		name: 'eventBusTrigger',
		icon: { light: 'file:../EventBus/eventBus.svg', dark: 'file:../EventBus/eventBus.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: '={{ $parameter["eventTypes"] || $parameter["listenTo"] }}',
		description: 'Publish and receive events over RabbitMQ, Kafka, SQS, Redis, Pub/Sub, Pulsar or the built-in broker',
		eventTriggerDescription: 'Waiting for an event',
		activationMessage: 'Events of the chosen types now start this workflow.',
		defaults: { name: 'Event Bus Trigger' },
		inputs: [],
		// eslint-disable-next-line n8n-nodes-base/node-class-description-outputs-wrong -- an older rule than n8n's own, which wants the constant
		outputs: [NodeConnectionTypes.Main],
		credentials: [
			{
				name: 'eventBusApi',
				required: true,
				displayOptions: { show: { connection: ['credential'] } },
				testedBy: 'eventBusConnectionTest',
			},
		],
		triggerPanel: {
			header: 'Wait for an event',
			executionsHelp: {
				inactive:
					'<b>While building</b>, execute this step: it takes one event of these types and leaves the group of the active workflow alone.<br /><br /><b>Once it works</b>, publish the workflow: each event starts a run.',
				active:
					'<b>While building</b>, execute this step: it takes a copy of one event, and the active workflow gets it too.<br /><br /><b>Since the workflow is active</b>, each event starts a run. You see them in the list of executions.',
			},
			activationHint: 'Publish the workflow to have each event start a run.',
		},
		properties,
	};

	methods = {
		credentialTest: { eventBusConnectionTest },
		loadOptions: { getBrokerInUse },
		listSearch: { searchChannels },
	};

	async trigger(this: ITriggerFunctions): Promise<ITriggerResponse> {
		try {
			const settings = readTriggerSettings(this);
			return this.getMode() === 'manual' ? testRun(this, settings) : await liveTrigger(this, settings);
		} catch (error) {
			throw toTriggerError(this.getNode(), error);
		}
	}
}

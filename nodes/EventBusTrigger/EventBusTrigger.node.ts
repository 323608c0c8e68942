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
import { chosenBroker } from '../shared/connection';
import { consumerHost } from '../shared/consumerHost';
import { eventBusConnectionTest } from '../shared/credentialTest';
import { getBrokerInUse, searchChannels } from '../shared/loadOptions';
import { liveTrigger } from '../shared/liveTrigger';
import { toTriggerError } from '../shared/nodeErrors';
import { watchDefaultOutbox } from '../shared/outbox';
import type { LookBack, OpenHost } from '../shared/runSettings';
import { testRun } from '../shared/testRun';
import { properties } from './properties';
import { readTriggerSettings } from './settings';

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
			const broker = await chosenBroker(this, settings.connection);
			const openHost: OpenHost = async (onFatal) => await Promise.resolve(consumerHost(broker, this.logger, onFatal));
			if (this.getMode() === 'manual') return testRun(this, settings, openHost, lookBack);
			return await liveTrigger(this, settings, openHost, () => watchDefaultOutbox(broker));
		} catch (error) {
			throw toTriggerError(this.getNode(), error);
		}
	}
}

/** Where the broker keeps a history. Dead letters are kept on every one. */
const lookBack: LookBack = async ({ capabilities }) =>
	await Promise.resolve(capabilities.start.has('earliest') ? { at: 'earliest' } : null);

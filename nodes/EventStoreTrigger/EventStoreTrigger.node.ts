/**
 * Event Store Trigger: a catch-up subscription that starts a run for each stored event. It is how projections are written.
 * Wiring only: the policies of delivery are those of the Event Bus Trigger, in src/consumer.
 */
import {
	NodeConnectionTypes,
	type INodeType,
	type INodeTypeDescription,
	type ITriggerFunctions,
	type ITriggerResponse,
} from 'n8n-workflow';
import { chosenStore } from '../shared/connection';
import { storeConsumerHost } from '../shared/consumerHost';
import { eventStoreConnectionTest } from '../shared/credentialTest';
import { liveTrigger } from '../shared/liveTrigger';
import { getStoreInUse } from '../shared/loadOptions';
import { toTriggerError } from '../shared/nodeErrors';
import { watchOutboxOf } from '../shared/outbox';
import { newestOf } from '../shared/newestOf';
import { testRun } from '../shared/testRun';
import type { OpenHost } from '../shared/runSettings';
import { searchStreams } from '../shared/storeLists';
import { properties } from './properties';
import { readStoreTriggerSettings } from './settings';

export class EventStoreTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Event Store Trigger',
		name: 'eventStoreTrigger',
		icon: { light: 'file:../EventStore/eventStore.svg', dark: 'file:../EventStore/eventStore.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: '={{ $parameter["category"] || ($parameter["stream"] || {}).value || $parameter["eventTypes"] }}',
		description:
			'Event sourcing and CQRS: keep events, rebuild state, answer from read models, in SQLite or PostgreSQL',
		eventTriggerDescription: 'Waiting for an event',
		activationMessage: 'Stored events now start this workflow, from where its subscription stands.',
		defaults: { name: 'Event Store Trigger' },
		inputs: [],
		// eslint-disable-next-line n8n-nodes-base/node-class-description-outputs-wrong -- an older rule than n8n's own, which wants the constant
		outputs: [NodeConnectionTypes.Main],
		credentials: [
			{
				name: 'eventStoreApi',
				required: true,
				displayOptions: { show: { connection: ['credential'] } },
				testedBy: 'eventStoreConnectionTest',
			},
		],
		triggerPanel: {
			header: 'Wait for a stored event',
			executionsHelp: {
				inactive:
					'<b>While building</b>, execute this step: it takes one of the newest events and moves no subscription.<br /><br /><b>Once it works</b>, publish the workflow: each event starts a run, from the beginning of the log on.',
				active:
					'<b>While building</b>, execute this step: it takes a copy of one event, and the active workflow gets it too.<br /><br /><b>Since the workflow is active</b>, each event starts a run. You see them in the list of executions.',
			},
			activationHint: 'Publish the workflow to have each event start a run.',
		},
		properties,
	};

	methods = {
		credentialTest: { eventStoreConnectionTest },
		loadOptions: { getStoreInUse },
		listSearch: { searchStreams },
	};

	async trigger(this: ITriggerFunctions): Promise<ITriggerResponse> {
		try {
			const settings = readStoreTriggerSettings(this);
			const store = await chosenStore(this, settings.connection);
			const openHost: OpenHost = async (onFatal) =>
				await Promise.resolve(storeConsumerHost(store, settings.reading, this.logger, onFatal));
			if (this.getMode() === 'manual') return testRun(this, settings, openHost, newestOf(store));
			return await liveTrigger(this, settings, openHost, () => watchOutboxOf(store));
		} catch (error) {
			throw toTriggerError(this.getNode(), error);
		}
	}
}

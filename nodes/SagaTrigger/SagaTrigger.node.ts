/**
 * Saga Trigger: goes on with sagas that somebody must look after, or tells how sagas ended. Wiring only.
 */
import {
	NodeConnectionTypes,
	type INodeType,
	type INodeTypeDescription,
	type ITriggerFunctions,
	type ITriggerResponse,
} from 'n8n-workflow';
import { newestOf } from '../shared/newestOf';
import { chosenBroker, chosenStore } from '../shared/connection';
import { storeConsumerHost } from '../shared/consumerHost';
import { eventBusConnectionTest, eventStoreConnectionTest } from '../shared/credentialTest';
import { liveTrigger } from '../shared/liveTrigger';
import { getBusInUse, getStoreInUse } from '../shared/loadOptions';
import { toTriggerError } from '../shared/nodeErrors';
import { watchOutboxOf } from '../shared/outbox';
import type { OpenHost } from '../shared/runSettings';
import { testRun } from '../shared/testRun';
import { connectedSagas } from './connectedSagas';
import { properties } from './properties';
import { recoverOne, recoverSagas } from './recover';
import { readMode, readOutcomes, readRecover } from './settings';

export class SagaTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Saga Trigger',
		name: 'sagaTrigger',
		icon: { light: 'file:../Saga/saga.svg', dark: 'file:../Saga/saga.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: '={{ $parameter["mode"] === "outcomes" ? ($parameter["outcomes"] || []).join(", ") : "recover" }}',
		description: 'Run steps across services, undo them when one fails, and go on after any crash',
		eventTriggerDescription: 'Waiting for a saga',
		activationMessage: 'From now on a saga that must go on, or that has ended, starts a run.',
		defaults: { name: 'Saga Trigger' },
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
			{
				name: 'eventBusApi',
				required: true,
				displayOptions: { show: { mode: ['recover'], busConnection: ['credential'] } },
				testedBy: 'eventBusConnectionTest',
			},
		],
		triggerPanel: {
			header: 'Wait for a saga',
			executionsHelp: {
				inactive:
					'<b>While building</b>, execute this step: it takes up one saga that must go on, and really goes on with it, or shows one that has ended.<br /><br /><b>Once it works</b>, publish the workflow.',
				active:
					'<b>Since the workflow is active</b>, each saga that must go on, or that has ended, starts a run. You see them in the list of executions.',
			},
			activationHint: 'Publish the workflow to have sagas go on after a crash, or to be told how they end.',
		},
		properties,
	};

	methods = {
		credentialTest: { eventBusConnectionTest, eventStoreConnectionTest },
		loadOptions: { getBusInUse, getStoreInUse },
	};

	async trigger(this: ITriggerFunctions): Promise<ITriggerResponse> {
		try {
			return readMode(this) === 'recover' ? await recover(this) : await tellOutcomes(this);
		} catch (error) {
			throw toTriggerError(this.getNode(), error);
		}
	}
}

async function recover(context: ITriggerFunctions): Promise<ITriggerResponse> {
	const { connection, busConnection, maxInFlight } = readRecover(context);
	const sagas = connectedSagas(context);
	const recovering = {
		store: await chosenStore(context, connection),
		broker: sagas.channels.size === 0 ? null : await chosenBroker(context, busConnection),
		sagas,
		maxInFlight,
	};
	return context.getMode() === 'manual' ? recoverOne(context, recovering) : await recoverSagas(context, recovering);
}

async function tellOutcomes(context: ITriggerFunctions): Promise<ITriggerResponse> {
	const settings = readOutcomes(context);
	const store = await chosenStore(context, settings.connection);
	const openHost: OpenHost = async (onFatal) =>
		await Promise.resolve(storeConsumerHost(store, settings.reading, context.logger, onFatal));
	if (context.getMode() === 'manual') return testRun(context, settings, openHost, newestOf(store));
	return await liveTrigger(context, settings, openHost, () => watchOutboxOf(store));
}

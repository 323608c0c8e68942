/**
 * Every parameter of the Saga Trigger, read, defaulted and narrowed once.
 */
import type { ITriggerFunctions } from 'n8n-workflow';
import { defaultConsumerSettings as defaults } from '../../src/consumer/settings';
import { OUTCOMES } from '../../src/saga/facts';
import { SAGA_CATEGORY } from '../../src/store/names';
import type { LogReading } from '../shared/consumerHost';
import { BUS_CONNECTION } from '../shared/connectionParameter';
import { consumerOptions, runOptions } from '../shared/consumerOptions';
import { defaultGroup } from '../shared/defaultGroup';
import { choice, collection, count, text } from '../shared/parameters';
import type { RunSettings } from '../shared/runSettings';

export type SettingsContext = Pick<ITriggerFunctions, 'getNodeParameter' | 'getNode' | 'getWorkflow' | 'getTimezone'>;

export interface RecoverSettings {
	readonly connection: 'default' | 'credential';
	readonly busConnection: 'default' | 'credential';
	readonly maxInFlight: number;
}

export interface OutcomeSettings extends RunSettings {
	readonly connection: 'default' | 'credential';
	readonly reading: LogReading;
}

const CONNECTIONS = ['default', 'credential'] as const;

export function readMode(context: SettingsContext): 'recover' | 'outcomes' {
	return choice('Start a Run', context.getNodeParameter('mode', 'recover'), ['recover', 'outcomes']);
}

/** @throws EventBusError `settings` */
export function readRecover(context: SettingsContext): RecoverSettings {
	const options = collection(context.getNodeParameter('options', {}));
	return {
		connection: choice('Connection', context.getNodeParameter('connection', 'default'), CONNECTIONS),
		busConnection: choice('Event Bus', context.getNodeParameter(BUS_CONNECTION, 'default'), CONNECTIONS),
		maxInFlight: Math.max(1, count('Max In Flight', options.maxInFlight, defaults.maxInFlight)),
	};
}

/** How a saga ends is an event of its stream, so it is read like any event of the store. @throws EventBusError `settings` */
export function readOutcomes(context: SettingsContext): OutcomeSettings {
	const options = collection(context.getNodeParameter('options', {}));
	const chosen: unknown = context.getNodeParameter('outcomes', [...OUTCOMES]);
	const outcomes = Array.isArray(chosen) && chosen.length > 0 ? chosen.map(text) : OUTCOMES;
	return {
		connection: choice('Connection', context.getNodeParameter('connection', 'default'), CONNECTIONS),
		...runOptions(context.getNodeParameter('acknowledge', 'success'), options),
		reading: { filter: { category: SAGA_CATEGORY }, lanes: 'stream' },
		consumer: {
			...defaults,
			...consumerOptions({ ...options, order: 'none' }, context.getTimezone(), 'new'),
			from: { kind: 'channel', channel: 'log' },
			types: outcomes.map((outcome) => `saga.${choice('Outcomes', outcome, OUTCOMES)}`).sort(),
			group: defaultGroup(context.getWorkflow().id, context.getNode().id),
		},
	};
}

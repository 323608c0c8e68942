/**
 * The panel of the Saga Trigger.
 */
import type { INodeProperties } from 'n8n-workflow';
import {
	busConnectionParameter,
	busInUseParameter,
	storeConnectionParameter,
	storeInUseParameter,
} from '../shared/connectionParameter';
import { acknowledgeParameter, triggerOptions } from '../shared/triggerOptions';

const RECOVERS = { mode: ['recover'] };
const TELLS_OUTCOMES = { mode: ['outcomes'] };

/** Of the options of the Event Bus Trigger, those that mean something for outcomes. */
const COMMON: ReadonlySet<string> = new Set([
	'backoff',
	'deadLetter',
	'maxAttempts',
	'maxInFlight',
	'maxProcessingMinutes',
	'output',
	'testWith',
	'whenRunWaits',
]);

export const properties: INodeProperties[] = [
	storeConnectionParameter,
	storeInUseParameter,
	{
		displayName: 'Start a Run',
		name: 'mode',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'For a Saga That Has Ended',
				value: 'outcomes',
				description: 'Completed, compensated, cancelled or stuck',
			},
			{
				name: 'For a Saga That Must Go On',
				value: 'recover',
				description: 'After a crash, when its time has come, when its answer is there. Connect it to the Saga node.',
			},
		],
		default: 'recover',
		description: 'What starts a run',
	},
	{
		displayName:
			'Connect this trigger to the Saga node: it goes on with the sagas of that node, whatever stopped them. Nothing else is to be set.',
		name: 'recoverNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: RECOVERS },
	},
	{
		displayName: 'Outcomes',
		name: 'outcomes',
		type: 'multiOptions',
		options: [
			{ name: 'Cancelled', value: 'cancelled', description: 'Undone because somebody wanted it' },
			{ name: 'Compensated', value: 'compensated', description: 'A step failed, and what was done is undone' },
			{ name: 'Completed', value: 'completed', description: 'All steps have succeeded' },
			{ name: 'Stuck', value: 'stuck', description: 'Waits for somebody who resumes it' },
		],
		default: ['completed', 'compensated', 'cancelled', 'stuck'],
		description: 'Which ends start a run',
		displayOptions: { show: TELLS_OUTCOMES },
	},
	{ ...acknowledgeParameter, displayOptions: { show: TELLS_OUTCOMES } },
	{ ...busConnectionParameter, displayOptions: { show: RECOVERS } },
	{ ...busInUseParameter, displayOptions: { show: RECOVERS } },
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{
				displayName: 'Max In Flight',
				name: 'maxInFlight',
				type: 'number',
				typeOptions: { minValue: 1, maxValue: 1000 },
				default: 10,
				description: 'Most sagas that are looked after at a time',
			},
		],
		displayOptions: { show: RECOVERS },
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: triggerOptions.filter(({ name }) => COMMON.has(name)),
		displayOptions: { show: TELLS_OUTCOMES },
	},
];

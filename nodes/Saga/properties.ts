/**
 * The panel of the Saga node.
 */
import type { INodeProperties, INodeTypeDescription } from 'n8n-workflow';
import {
	busConnectionParameter,
	busInUseParameter,
	storeConnectionParameter,
	storeInUseParameter,
} from '../shared/connectionParameter';
import { stepsParameter } from './stepProperties';

export const RUN_DEFAULTS = { timeoutSeconds: 300, outcomeChannel: 'events', limit: 50 };

const INPUT_HINT =
	'What the steps read as $json. It is kept with the saga, so a crash does not lose it. Steps cannot read other nodes: put what they need in here.';

const OPERATIONS = [
	{
		name: 'Cancel',
		value: 'cancel',
		action: 'Cancel a saga',
		description: 'Stop a saga and undo what it has done',
	},
	{ name: 'Get', value: 'get', action: 'Get a saga', description: 'How far a saga is, step by step' },
	{ name: 'List', value: 'list', action: 'List sagas', description: 'Which sagas there are, newest first' },
	{
		name: 'Resume',
		value: 'resume',
		action: 'Resume a saga',
		description: 'Try again what has failed for good in a saga that is stuck',
	},
	{
		name: 'Run',
		value: 'run',
		action: 'Run a saga',
		description: 'Do steps one after the other, and undo them when one fails',
	},
];

const RUNS = { operation: ['run'] };
const ENDS_SAGAS = { operation: ['run', 'resume', 'cancel'] };

const timeout: INodeProperties = {
	displayName: 'Timeout (Seconds)',
	name: 'timeoutSeconds',
	type: 'number',
	typeOptions: { minValue: 0 },
	default: 300,
	description: 'How long this node waits for the end. The saga goes on after it, with the Saga Trigger.',
};

const outcomeChannel: INodeProperties = {
	displayName: 'Publish Outcome To',
	name: 'outcomeChannel',
	type: 'string',
	default: 'events',
	placeholder: 'e.g. events',
	description:
		'The channel that gets saga.completed, saga.compensated, saga.cancelled or saga.stuck. Empty: nothing is published.',
};

const waitForOutcome: INodeProperties = {
	displayName: 'Wait for Outcome',
	name: 'waitForOutcome',
	type: 'boolean',
	default: true,
	description:
		'Whether this node goes on when the saga has ended. If off it only starts it, and the Saga Trigger of an active workflow does the steps.',
};

const correlationId: INodeProperties = {
	displayName: 'Correlation ID',
	name: 'correlationId',
	type: 'string',
	default: '',
	description: 'What belongs together. Empty: that of the event that started this run, else a new one.',
};

function panel(operations: typeof OPERATIONS): INodeProperties[] {
	return [
		storeConnectionParameter,
		storeInUseParameter,
		{
			displayName: 'Operation',
			name: 'operation',
			type: 'options',
			noDataExpression: true,
			options: operations,
			default: 'run',
		},
		{
			displayName: 'Saga Name',
			name: 'sagaName',
			type: 'string',
			required: true,
			noDataExpression: true,
			default: '',
			placeholder: 'e.g. order',
			description: 'What this saga is called in lists and events',
			displayOptions: { show: RUNS },
		},
		{
			displayName: 'Saga ID',
			name: 'sagaId',
			type: 'string',
			default: '',
			placeholder: 'e.g. order-{{ $json.order_id }}',
			description:
				'Running the same ID again goes on with that saga or gives its result, and repeats nothing. All sagas of a store share their IDs, so begin it with the name. Empty: the name and the correlation ID.',
			displayOptions: { show: RUNS },
		},
		{
			displayName: 'Saga ID',
			name: 'sagaId',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. order-{{ $json.order_id }}',
			description: 'Items of this node and of the Saga Trigger tell it as saga_id',
			displayOptions: { show: { operation: ['get', 'resume', 'cancel'] } },
		},
		{
			displayName: 'Saga Input',
			name: 'input',
			type: 'json',
			default: '={{ $json }}',
			description: INPUT_HINT,
			displayOptions: { show: RUNS },
		},
		stepsParameter,
		{
			displayName: 'Reason',
			name: 'reason',
			type: 'string',
			default: '',
			placeholder: 'e.g. customer called',
			description: 'Is kept with the saga',
			displayOptions: { show: { operation: ['resume', 'cancel'] } },
		},
		{
			displayName: 'Status',
			name: 'statuses',
			type: 'multiOptions',
			options: [
				{ name: 'Cancelled', value: 'cancelled', description: 'Undone because somebody wanted it' },
				{ name: 'Compensated', value: 'compensated', description: 'A step failed, and what was done is undone' },
				{ name: 'Compensating', value: 'compensating', description: 'Is undoing what was done' },
				{ name: 'Completed', value: 'completed', description: 'All steps have succeeded' },
				{ name: 'Running', value: 'running', description: 'Is doing its steps' },
				{ name: 'Stuck', value: 'stuck', description: 'Waits for somebody who resumes it' },
			],
			default: [],
			description: 'Only sagas that are in one of these. None chosen: all.',
			displayOptions: { show: { operation: ['list'] } },
		},
		{
			displayName: 'Limit',
			name: 'limit',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 50,
			description: 'Max number of results to return',
			displayOptions: { show: { operation: ['list'] } },
		},
		{ ...busConnectionParameter, displayOptions: { show: ENDS_SAGAS } },
		{ ...busInUseParameter, displayOptions: { show: ENDS_SAGAS } },
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add option',
			default: {},
			options: [correlationId, outcomeChannel, timeout, waitForOutcome],
			displayOptions: { show: RUNS },
		},
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add option',
			default: {},
			options: [timeout],
			displayOptions: { show: { operation: ['resume', 'cancel'] } },
		},
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add option',
			default: {},
			options: [
				{
					displayName: 'Older Than (Minutes)',
					name: 'olderThanMinutes',
					type: 'number',
					typeOptions: { minValue: 0 },
					default: 60,
					description: 'Only sagas that were started before',
				},
				{
					displayName: 'Saga Name',
					name: 'sagaName',
					type: 'string',
					default: '',
					placeholder: 'e.g. order',
					description: 'Only sagas of this name',
				},
			],
			displayOptions: { show: { operation: ['list'] } },
		},
	];
}

export const properties = panel(OPERATIONS);

/** What an AI agent may do. */
const FOR_AGENTS: ReadonlySet<string> = new Set(['run', 'get']);

/** What n8n replaces in the description when the node is an AI tool: see EventBus/properties.ts. */
export const toolReplacements: Partial<INodeTypeDescription> = {
	properties: panel(OPERATIONS.filter(({ value }) => FOR_AGENTS.has(value))),
};

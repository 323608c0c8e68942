/**
 * The rows of a saga: what a step does, and how it is undone. What is seldom needed stands in the options of the row.
 */
import type { INodeProperties, INodePropertyCollection } from 'n8n-workflow';

const DO = [
	{ name: 'Command Event', value: 'event', description: 'Publish an event for a service, and wait for its answer' },
	{ name: 'HTTP Request', value: 'http', description: 'Call an HTTP service, which may be a workflow with a webhook' },
	{ name: 'Sub-Workflow', value: 'workflow', description: 'Run a workflow and wait for its end' },
];

/** The whole scope: saga input and results so far. */
const ALL_DATA = '={{ $json }}';

const DATA_HINT =
	'What the step gets. Expressions read the fields of the saga input, and under steps.&lt;name&gt; the result of an earlier step. They are worked out when the step comes: the editor shows results of steps as undefined.';

const UNDO_DATA_HINT =
	'Worked out and kept when the step ends, so $json.steps.&lt;its name&gt; is what it answered. A step that may have happened without an answer is undone too, so rather use what was known before, such as the order ID.';

const options: INodeProperties[] = [
	{
		displayName: 'Backoff (Seconds)',
		name: 'backoffSeconds',
		type: 'number',
		typeOptions: { minValue: 0, numberPrecision: 3 },
		default: 1,
		description: 'Delay after the first attempt that failed; doubled after each further one, at most a minute',
	},
	{
		displayName: 'Channel',
		name: 'channel',
		type: 'string',
		default: 'events',
		placeholder: 'e.g. commands',
		description: 'Where a command event is published and its answer is awaited',
	},
	{
		displayName: 'Max Attempts',
		name: 'maxAttempts',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 5,
		description:
			'How often it is tried when there is no answer or the service says it is unwell. A refusal is not tried again.',
	},
	{
		displayName: 'Method',
		name: 'method',
		type: 'options',
		options: ['DELETE', 'GET', 'PATCH', 'POST', 'PUT'].map((name) => ({ name, value: name })),
		default: 'POST',
		description: 'Of an HTTP request',
	},
	{
		displayName: 'Point of No Return',
		name: 'pointOfNoReturn',
		type: 'boolean',
		default: false,
		description:
			'Whether nothing is undone any more once this step has succeeded. If a later step fails, the saga is stuck until somebody resumes it.',
	},
	{
		displayName: 'Run After',
		name: 'runAfter',
		type: 'string',
		default: '',
		placeholder: 'e.g. validate_order, reserve_inventory',
		description:
			'Comma-separated names of the steps it waits for; empty: it starts at once. Steps that do not wait for each other run side by side. Without this option it waits for the row above.',
	},
	{
		displayName: 'Service',
		name: 'service',
		type: 'string',
		default: '',
		placeholder: 'e.g. inventory-manager',
		description: 'Who does it, for whoever looks at the saga',
	},
	{
		displayName: 'Timeout (Seconds)',
		name: 'timeoutSeconds',
		type: 'number',
		typeOptions: { minValue: 0, numberPrecision: 3 },
		default: 60,
		description:
			'How long an attempt may take; of a command event, until its answer. Who cancels the saga waits for the attempt that is under way, so for answers that may take hours rather set many attempts.',
	},
	{
		displayName: 'Undo Fails On',
		name: 'undoFailsOn',
		type: 'string',
		default: '',
		placeholder: 'e.g. payment.refund_failed',
		description: 'Comma-separated event types that say that undoing was refused',
	},
	{
		displayName: 'Undo Method',
		name: 'undoMethod',
		type: 'options',
		options: ['DELETE', 'GET', 'PATCH', 'POST', 'PUT'].map((name) => ({ name, value: name })),
		default: 'POST',
		description: 'Of the HTTP request that undoes the step',
	},
	{
		displayName: 'Undo Succeeds On',
		name: 'undoSucceedsOn',
		type: 'string',
		default: '',
		placeholder: 'e.g. payment.refunded',
		description: 'Comma-separated event types that say that it is undone. Empty: when the event is published.',
	},
];

const values: INodeProperties[] = [
	{
		displayName: 'Name',
		name: 'name',
		type: 'string',
		required: true,
		noDataExpression: true,
		default: '',
		placeholder: 'e.g. reserve_inventory',
		description: 'Later steps find its result by this name',
	},
	{
		displayName: 'Do',
		name: 'do',
		type: 'options',
		noDataExpression: true,
		options: DO,
		default: 'workflow',
		description: 'How the step is done',
	},
	{
		displayName: 'Workflow',
		name: 'workflow',
		type: 'workflowSelector',
		required: true,
		default: '',
		description:
			'It gets the data as one item, with `saga` beside them, and its last node gives the result. When it fails the step has failed. It must be published and begin with When Executed by Another Workflow.',
		displayOptions: { show: { do: ['workflow'] } },
	},
	{
		displayName: 'Event Type',
		name: 'eventType',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. payment.requested',
		description: 'Of the event that asks for it',
		displayOptions: { show: { do: ['event'] } },
	},
	{
		displayName: 'Succeeds On',
		name: 'succeedsOn',
		type: 'string',
		default: '',
		placeholder: 'e.g. payment.processed',
		description:
			'Comma-separated event types that answer it; the payload is the result. Empty: it has succeeded once it is published.',
		displayOptions: { show: { do: ['event'] } },
	},
	{
		displayName: 'Fails On',
		name: 'failsOn',
		type: 'string',
		default: '',
		placeholder: 'e.g. payment.declined',
		description: 'Comma-separated event types that refuse it',
		displayOptions: { show: { do: ['event'] } },
	},
	{
		displayName: 'URL',
		name: 'url',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. http://localhost:5678/webhook/payments/charge',
		description:
			'Gets the data with the header Idempotency-Key, the same at each attempt. 4xx: refused. For a service with a login, use a sub-workflow.',
		displayOptions: { show: { do: ['http'] } },
	},
	{
		displayName: 'Data',
		name: 'data',
		type: 'json',
		default: ALL_DATA,
		description: DATA_HINT,
	},
	{
		displayName: 'Undo',
		name: 'undo',
		type: 'options',
		noDataExpression: true,
		options: [{ name: 'Nothing', value: 'nothing', description: 'There is nothing to undo' }, ...DO],
		default: 'nothing',
		description: 'What takes it back when a later step fails',
	},
	{
		displayName: 'Undo Workflow',
		name: 'undoWorkflow',
		type: 'workflowSelector',
		required: true,
		default: '',
		description: 'Is called like the workflow of a step',
		displayOptions: { show: { undo: ['workflow'] } },
	},
	{
		displayName: 'Undo Event Type',
		name: 'undoEventType',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. payment.refund_requested',
		description: 'Of the event that asks to undo it',
		displayOptions: { show: { undo: ['event'] } },
	},
	{
		displayName: 'Undo URL',
		name: 'undoUrl',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. http://localhost:5678/webhook/payments/refund',
		description: 'Is called like the URL of a step',
		displayOptions: { show: { undo: ['http'] } },
	},
	{
		displayName: 'Undo Data',
		name: 'undoData',
		type: 'json',
		default: ALL_DATA,
		description: UNDO_DATA_HINT,
		displayOptions: { hide: { undo: ['nothing'] } },
	},
	{
		displayName: 'Step Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options,
	},
];

const step: INodePropertyCollection = { displayName: 'Step', name: 'values', values };

export const stepsParameter: INodeProperties = {
	displayName: 'Steps',
	name: 'steps',
	type: 'fixedCollection',
	typeOptions: { multipleValues: true, sortable: true },
	placeholder: 'Add step',
	default: {},
	description: 'What is done, in this order. When a step fails, what was done before is undone, newest first.',
	options: [step],
	displayOptions: { show: { operation: ['run'] } },
};

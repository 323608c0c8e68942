/**
 * The rows of the panel as the definition of a saga. Everything that can be wrong with a row without running it is told
 * here, before the first step is sent.
 */
import { checkName } from '../../src/broker/names';
import type { Json } from '../../src/event/envelope';
import { isJsonObject } from '../../src/event/plainJson';
import { checkEventType } from '../../src/event/typePattern';
import { EventBusError } from '../../src/kernel/errors';
import {
	type ActionKind,
	checkDefinition,
	type SagaDefinition,
	type SagaStep,
	type StepAction,
} from '../../src/saga/definition';
import { shownTarget } from '../../src/saga/http';
import { isObject } from '../shared/items';
import { parsedJson } from '../shared/jsonParameter';
import { choice, collection, list, number, text } from '../shared/parameters';
import { checkReferences, isExpression } from './expressions';

export const STEP_DEFAULTS = {
	maxAttempts: 5,
	/** After the first attempt that failed, seconds; doubled after each further one. */
	backoffSeconds: 1,
	timeoutSeconds: 60,
	channel: 'events',
	method: 'POST',
};

const SECOND_MS = 1000;
const MAX_BACKOFF_MS = 60_000;
/** What *Do* and *Undo* offer. */
const KINDS = ['workflow', 'event', 'http'] as const;
const METHODS = ['DELETE', 'GET', 'PATCH', 'POST', 'PUT'];

/** What a step sends, as it stands in a definition: texts may be expressions. */
export type Template = { readonly [field: string]: Json };

/**
 * @param rows as n8n saved them, expressions not evaluated
 * @throws EventBusError `settings`, naming the step
 */
export function definitionOf(name: string, rows: unknown): SagaDefinition {
	const given = Array.isArray(rows) ? rows.map(collection) : [];
	const steps = given.map((row, index) => stepOf(row, index === 0 ? undefined : text(given[index - 1]?.name)));
	return checkDefinition({ name, steps });
}

/** Where the answers to its command events are published. */
export function replyChannels({ steps }: SagaDefinition): ReadonlySet<string> {
	const actions = steps.flatMap(({ action, undo }) => (undo === null ? [action] : [action, undo]));
	const answered = actions.filter(({ kind, succeedsOn }) => kind === 'event' && succeedsOn.length > 0);
	return new Set(answered.map(({ template }) => text(isJsonObject(template) ? template.channel : '')));
}

/** Whether anything of it goes through a bus. */
export function needsBus({ steps }: SagaDefinition): boolean {
	return steps.some(({ action, undo }) => action.kind === 'event' || undo?.kind === 'event');
}

type Row = Readonly<Record<string, unknown>>;

/** @param before the row above, which a step waits for unless it says otherwise */
function stepOf(row: Row, before: string | undefined): SagaStep {
	const name = text(row.name);
	const options = collection(row.options);
	for (const [label, value] of Object.entries({ Name: row.name, ...options })) {
		if (!isExpression(value)) continue;
		throw new EventBusError('settings', `${label} of step ${name} is an expression`, {
			hint: 'Only the target and the data of a step may be expressions; the shape of a saga is fixed',
		});
	}
	const of = (label: string) => `${label} of ${name || 'a step without a name'}`;
	const isUndone = choice(of('Undo'), row.undo ?? 'nothing', ['nothing', ...KINDS]) !== 'nothing';
	return {
		name,
		after: options.runAfter === undefined ? (before === undefined ? [] : [before]) : list(options.runAfter),
		action: actionOf(of(''), choice(of('Do'), row.do ?? 'workflow', KINDS), forward(row, options)),
		undo: isUndone ? actionOf(of(''), choice(of('Undo'), row.undo, KINDS), backward(row, options)) : null,
		retry: {
			maxAttempts: number(of('Max Attempts'), options.maxAttempts) ?? STEP_DEFAULTS.maxAttempts,
			backoff: {
				initialMs: (number(of('Backoff'), options.backoffSeconds) ?? STEP_DEFAULTS.backoffSeconds) * SECOND_MS,
				factor: 2,
				maxMs: MAX_BACKOFF_MS,
				jitter: 0.2,
			},
		},
		timeoutMs: (number(of('Timeout'), options.timeoutSeconds) ?? STEP_DEFAULTS.timeoutSeconds) * SECOND_MS,
		pointOfNoReturn: options.pointOfNoReturn === true,
		service: text(options.service),
	};
}

/** The parameters of one direction under one set of names. */
interface ActionFields {
	readonly label: 'Do' | 'Undo';
	readonly workflow: unknown;
	readonly eventType: unknown;
	readonly url: unknown;
	readonly data: unknown;
	readonly succeedsOn: unknown;
	readonly failsOn: unknown;
	readonly channel: unknown;
	readonly method: unknown;
}

function forward(row: Row, options: Row): ActionFields {
	const { workflow, eventType, url, data, succeedsOn, failsOn } = row;
	const { channel, method } = options;
	return { label: 'Do', workflow, eventType, url, data, succeedsOn, failsOn, channel, method };
}

function backward(row: Row, options: Row): ActionFields {
	return {
		label: 'Undo',
		workflow: row.undoWorkflow,
		eventType: row.undoEventType,
		url: row.undoUrl,
		data: row.undoData,
		succeedsOn: options.undoSucceedsOn,
		failsOn: options.undoFailsOn,
		channel: options.channel,
		method: options.undoMethod,
	};
}

function actionOf(suffix: string, kind: ActionKind, fields: ActionFields): StepAction {
	const of = (label: string) => `${fields.label === 'Undo' ? `Undo ${label}` : label}${suffix}`;
	const data = dataOf(of('Data'), fields.data);
	switch (kind) {
		case 'workflow':
			return { kind, template: { workflow: workflowOf(of('Workflow'), fields.workflow), data }, ...NO_REPLY };
		case 'event': {
			const template = { type: eventTypeOf(of('Event Type'), fields.eventType), channel: channelOf(fields), data };
			return { kind, template, succeedsOn: list(fields.succeedsOn), failsOn: list(fields.failsOn) };
		}
		case 'http': {
			const method = choice(of('Method'), fields.method ?? STEP_DEFAULTS.method, METHODS);
			return { kind, template: { method, url: urlOf(of('URL'), method, fields.url), data }, ...NO_REPLY };
		}
	}
}

const NO_REPLY = { succeedsOn: [], failsOn: [] };

/** What was left empty is nothing. */
function dataOf(label: string, value: unknown): Json {
	const given = value === undefined || value === '' ? '{}' : value;
	if (typeof given === 'string' && isExpression(given)) {
		checkReferences(label, given);
		return given;
	}
	return parsedJson({ what: label, parameter: label, example: '{ "order_id": "ord_1" }' }, given);
}

function workflowOf(label: string, value: unknown): string {
	return templateText(label, isObject(value) ? value.value : value, 'Choose the workflow that does it');
}

function eventTypeOf(label: string, value: unknown): string {
	const given = templateText(label, value, 'Give a type such as payment.requested');
	return isExpression(given) ? given : checkEventType(given);
}

function channelOf({ channel }: ActionFields): string {
	const given = text(channel);
	return checkName('channel', given === '' ? STEP_DEFAULTS.channel : given);
}

function urlOf(label: string, method: string, value: unknown): string {
	const given = templateText(label, value, 'Give an address such as https://payments.example.com/charge');
	if (isExpression(given) || shownTarget(method, given) !== null) return given;
	throw new EventBusError('settings', `${label} is no address: "${given.slice(0, 100)}"`, {
		hint: 'Begin it with http:// or https://',
	});
}

function templateText(label: string, value: unknown, hint: string): string {
	const given = text(value);
	if (given === '') throw new EventBusError('settings', `${label} is empty`, { hint });
	checkReferences(label, given);
	return given;
}

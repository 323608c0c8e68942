/**
 * Every parameter of the Saga node beside its rows, read, defaulted and narrowed once.
 */
import type { IExecuteFunctions } from 'n8n-workflow';
import { checkName } from '../../src/broker/names';
import type { Json } from '../../src/event/envelope';
import { EventBusError } from '../../src/kernel/errors';
import { keepable } from '../../src/saga/answer';
import type { SagaDefinition } from '../../src/saga/definition';
import type { SagaFilter } from '../../src/store/sql/sagas';
import { BUS_CONNECTION } from '../shared/connectionParameter';
import { parsedJson } from '../shared/jsonParameter';
import { choice, collection, count, evaluatedName, number, requiredText, text } from '../shared/parameters';
import { RUN_DEFAULTS } from './properties';
import { definitionOf } from './steps';

type Context = Pick<IExecuteFunctions, 'getNodeParameter'>;

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;

export type SagaOperation = 'run' | 'get' | 'list' | 'resume' | 'cancel';

export function readOperation(context: Context): SagaOperation {
	return choice('Operation', context.getNodeParameter('operation', 0), ['run', 'get', 'list', 'resume', 'cancel']);
}

/** The rows, with their expressions as they were written. @throws EventBusError `settings` */
export function readDefinition(context: Context, itemIndex: number): SagaDefinition {
	const rows = context.getNodeParameter('steps.values', itemIndex, [], { rawExpressions: true });
	return definitionOf(requiredText('Saga Name', context.getNodeParameter('sagaName', itemIndex, '')), rows);
}

export interface RunSettings {
	/** '' for the usual one. */
	readonly sagaId: string;
	readonly correlationId: string;
	readonly input: Json;
	readonly waitForOutcome: boolean;
}

/** @throws EventBusError `settings` */
export function readRun(context: Context, itemIndex: number): RunSettings {
	const options = readOptions(context, itemIndex);
	const given = text(context.getNodeParameter('sagaId', itemIndex, ''));
	return {
		sagaId: given === '' ? '' : evaluatedName('Saga ID', given),
		correlationId: text(options.correlationId),
		input: readInput(context.getNodeParameter('input', itemIndex, '{}')),
		waitForOutcome: options.waitForOutcome !== false,
	};
}

/** Of Resume and Cancel. @throws EventBusError `settings` */
export function readSagaId(context: Context, itemIndex: number): string {
	return evaluatedName('Saga ID', context.getNodeParameter('sagaId', itemIndex, ''));
}

export function readReason(context: Context, itemIndex: number): string {
	return text(context.getNodeParameter('reason', itemIndex, ''));
}

/** How long the node waits, milliseconds. @throws EventBusError `settings` */
export function readWaitMs(context: Context, itemIndex: number): number {
	const { timeoutSeconds } = readOptions(context, itemIndex);
	return (number('Timeout', timeoutSeconds) ?? RUN_DEFAULTS.timeoutSeconds) * SECOND_MS;
}

/** Where the outcome is published; null: nowhere. @throws EventBusError `settings` */
export function readOutcomeChannel(context: Context, itemIndex: number): string | null {
	const { outcomeChannel } = readOptions(context, itemIndex);
	const given = outcomeChannel === undefined ? RUN_DEFAULTS.outcomeChannel : text(outcomeChannel);
	return given === '' ? null : checkName('channel', given);
}

export function readBusConnection(context: Context): 'default' | 'credential' {
	return choice('Event Bus', context.getNodeParameter(BUS_CONNECTION, 0, 'default'), ['default', 'credential']);
}

/** @throws EventBusError `settings` */
export function readList(context: Context, itemIndex: number, now: number): { filter: SagaFilter; limit: number } {
	const statuses: unknown = context.getNodeParameter('statuses', itemIndex, []);
	const options = readOptions(context, itemIndex);
	const olderThan = number('Older Than', options.olderThanMinutes);
	const name = text(options.sagaName);
	const chosen = Array.isArray(statuses) ? statuses.map(text) : [];
	return {
		filter: {
			...(chosen.length === 0 ? {} : { statuses: chosen }),
			...(name === '' ? {} : { name }),
			...(olderThan === undefined ? {} : { startedBefore: now - olderThan * MINUTE_MS }),
		},
		limit: Math.max(1, count('Limit', context.getNodeParameter('limit', itemIndex, ''), RUN_DEFAULTS.limit)),
	};
}

function readOptions(context: Context, itemIndex: number) {
	return collection(context.getNodeParameter('options', itemIndex, {}));
}

function readInput(value: unknown): Json {
	const parsed = parsedJson(
		{ what: 'The saga input', parameter: 'Saga Input', example: '{ "order_id": "ord_1" }' },
		value,
	);
	const kept = keepable(parsed);
	if (!kept.ok) {
		throw new EventBusError('too-large', `The saga input cannot be kept: ${kept.problem}`, {
			hint: 'Give the saga only what its steps need',
		});
	}
	if (typeof parsed === 'object' && parsed !== null && 'steps' in parsed) {
		throw new EventBusError('settings', 'The saga input has a field named steps', {
			hint: 'Under steps the results of the steps are found. Choose the fields that are needed in Saga Input, or rename it.',
		});
	}
	return kept.value;
}

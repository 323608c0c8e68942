/**
 * Parameters of Read Model, read, defaulted and narrowed here and nowhere else.
 */
import type { INodeExecutionData } from 'n8n-workflow';
import type { Json } from '../../src/event/envelope';
import { EventBusError } from '../../src/kernel/errors';
import type { Patch } from '../../src/store/documents/patch';
import { type Projection, projectionOf } from '../../src/store/documents/projection';
import { type Condition, OPERATORS, type DocumentQuery } from '../../src/store/documents/query';
import type { Scalar } from '../../src/store/documents/values';
import { contentOf } from '../shared/eventSettings';
import { isObject } from '../shared/items';
import { parsedObject } from '../shared/jsonParameter';
import { locatedName } from '../shared/locator';
import { choice, collection, count, evaluatedName, list, number, requiredText, text } from '../shared/parameters';
import { reader, readLimit, type SettingsContext } from './settings';

/** @throws EventBusError `settings` */
export function readModel(context: SettingsContext, itemIndex: number): string {
	return evaluatedName('Read Model', locatedName(context.getNodeParameter('readModel', itemIndex, '')));
}

/** @throws EventBusError `settings` */
export function readDocumentId(context: SettingsContext, itemIndex: number): string {
	return evaluatedName('Document ID', context.getNodeParameter('documentId', itemIndex, ''));
}

/** null: whatever it is. @throws EventBusError `settings` */
export function readExpectedDocument(context: SettingsContext, itemIndex: number): number | null {
	const options = optionsOf(context, itemIndex);
	if (!('expectedVersion' in options)) return null;
	if (text(options.expectedVersion) !== '') return count('Expected Version', options.expectedVersion, 0);
	throw new EventBusError('settings', 'Expected Version is empty', {
		hint: 'Give the version of the document as you have read it, or remove the option',
	});
}

/** @throws EventBusError `settings` */
export function readDocument(context: SettingsContext, item: INodeExecutionData, itemIndex: number): Json {
	const read = reader(context, itemIndex);
	const label = { what: 'The document', parameter: 'Document JSON', example: '{ "status": "paid" }' };
	return contentOf(label, read('documentSource', 'inputItem'), () => read('document', '{}'), item);
}

/** @throws EventBusError `settings` */
export function readPatch(context: SettingsContext, itemIndex: number): Patch {
	const read = reader(context, itemIndex);
	const label = (parameter: string, example: string) => ({ what: parameter, parameter, example });
	const increment = parsedObject(label('Increment', '{ "orders": 1 }'), read('increment', '{}'));
	return {
		merge: parsedObject(label('Merge', '{ "status": "paid" }'), read('merge', '{}')),
		increment: Object.fromEntries(
			Object.entries(increment).map(([path, amount]) => [path, number(`Increment of ${path}`, amount) ?? NaN]),
		),
	};
}

export interface GetSettings {
	readonly fields: Projection;
	readonly ifMissing: 'item' | 'nothing' | 'error';
}

/** @throws EventBusError `settings` */
export function readGetSettings(context: SettingsContext, itemIndex: number): GetSettings {
	const options = optionsOf(context, itemIndex);
	return {
		fields: projectionOf(list(options.returnFields)),
		ifMissing: choice('If Missing', options.ifMissing ?? 'item', ['item', 'nothing', 'error']),
	};
}

export interface FindSettings {
	/** limit: Infinity stands for all. */
	readonly query: DocumentQuery;
	readonly fields: Projection;
}

/** @throws EventBusError `settings` */
export function readFindSettings(context: SettingsContext, itemIndex: number): FindSettings {
	const read = reader(context, itemIndex);
	const options = optionsOf(context, itemIndex);
	const sortBy = text(read('sortBy', ''));
	const direction = choice('Direction', read('sortDirection', 'ascending'), ['ascending', 'descending']);
	return {
		fields: projectionOf(list(options.returnFields)),
		query: {
			model: readModel(context, itemIndex),
			match: choice('Match', read('match', 'all'), ['all', 'any']),
			where: conditionsOf(read('filters', {})),
			sort: sortBy === '' ? null : { path: sortBy, descending: direction === 'descending' },
			limit: readLimit(context, itemIndex).limit ?? Infinity,
			offset: count('Skip', options.skip, 0),
		},
	};
}

function conditionsOf(value: unknown): readonly Condition[] {
	const rows = isObject(value) && Array.isArray(value.filter) ? value.filter : [];
	return rows.filter(isObject).map((row) => {
		const path = requiredText('Field of a filter', row.field);
		const operator = choice('Operator of a filter', row.operator ?? 'equals', OPERATORS);
		const takesValue = operator !== 'exists' && operator !== 'notExists';
		return { path, operator, values: takesValue ? valuesOf(path, 'value' in row ? row.value : '') : [] };
	});
}

/** Any of a list; each with the other value that it may stand for. */
function valuesOf(path: string, value: unknown): readonly Scalar[] {
	const given: readonly unknown[] = Array.isArray(value) ? value : [value];
	return [...new Set(given.flatMap((one) => readings(path, one)))];
}

/** Panels give texts, and expressions numbers: 5 and '5' are meant alike, since a document may hold either. */
function readings(path: string, value: unknown): readonly Scalar[] {
	if (value === null || typeof value === 'number' || typeof value === 'boolean') return [value, String(value)];
	if (typeof value !== 'string') {
		throw new EventBusError('settings', `The value of the filter on ${path} is neither a text nor a number`, {
			hint: 'Give a text, a number, true, false, null, or a list of them. An expression may have found nothing in this item.',
		});
	}
	return LITERAL.test(value) ? [JSON.parse(value) as Scalar, value] : [value];
}

/** A number as JSON writes it, without leading zeros: 007 is a text. */
const LITERAL = /^(-?(0|[1-9]\d{0,14})(\.\d{1,15})?|true|false|null)$/;

function optionsOf(context: SettingsContext, itemIndex: number): Readonly<Record<string, unknown>> {
	return collection(context.getNodeParameter('options', itemIndex, {}));
}

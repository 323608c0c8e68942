/**
 * Parameters of Stream, State and Log, read, defaulted and narrowed here and nowhere else. Those of a new event are in
 * shared/eventSettings.ts.
 */
import type { IExecuteFunctions } from 'n8n-workflow';
import { checkName } from '../../src/broker/names';
import { checkTypePatterns } from '../../src/event/typePattern';
import { EventBusError } from '../../src/kernel/errors';
import { compileRules, type FoldRules, type RuleRow } from '../../src/store/fold/rules';
import type { AsOf } from '../../src/store/fold/state';
import { checkStreamName } from '../../src/store/names';
import type { ReadLogOptions, ReadOptions } from '../../src/store/store';
import type { ExpectedVersion } from '../../src/store/types';
import { DEFAULT_CHANNEL } from '../shared/channelLocator';
import { BUS_CONNECTION } from '../shared/connectionParameter';
import type { EventSettingsContext } from '../shared/eventSettings';
import { isObject } from '../shared/items';
import { parsedObject } from '../shared/jsonParameter';
import { locatedName } from '../shared/locator';
import { choice, collection, count, evaluatedName, list, text, time } from '../shared/parameters';

export type SettingsContext = EventSettingsContext;

/** @throws EventBusError `settings` */
export function readStream(context: SettingsContext, itemIndex: number): string {
	const given = locatedName(context.getNodeParameter('stream', itemIndex, ''));
	return checkStreamName(evaluatedName('Stream', given));
}

/** @throws EventBusError `settings` */
export function readExpectedVersion(context: SettingsContext, itemIndex: number): ExpectedVersion {
	const read = reader(context, itemIndex);
	const expected = choice('Expected Version', read('expectedVersion', 'any'), ['any', 'noStream', 'exists', 'exact']);
	switch (expected) {
		case 'noStream':
			return 'no-stream';
		case 'exact':
			return exactVersion(read('exactVersion', ''));
		default:
			return expected;
	}
}

/** Nothing at all would otherwise mean 0, that there is no stream. */
function exactVersion(value: unknown): number {
	if (text(value) !== '') return count('Version', value, 0);
	throw new EventBusError('settings', 'Version is empty', {
		hint: 'Give the version of the last event you have read, such as {{ $json.version }} of State → Get',
	});
}

/** Whether the events of this run also go to a bus, and to which: null, or the value of its Connection. */
export function readBusConnection(context: SettingsContext): unknown {
	if (context.getNodeParameter('alsoPublish', 0, false) !== true) return null;
	return choice('Event Bus', context.getNodeParameter(BUS_CONNECTION, 0, 'default'), ['default', 'credential']);
}

/** @throws EventBusError `settings` */
export function readChannel(context: SettingsContext, itemIndex: number): string {
	return checkName('channel', locatedName(context.getNodeParameter('channel', itemIndex, DEFAULT_CHANNEL)));
}

type Range = Pick<ReadOptions, 'from' | 'backwards' | 'limit'>;

/** @throws EventBusError `settings` */
export function readRange(context: SettingsContext, itemIndex: number): Range {
	const read = reader(context, itemIndex);
	const from = count('From Version', read('fromVersion', 0), 0);
	return {
		backwards: choice('Direction', read('direction', 'forwards'), ['forwards', 'backwards']) === 'backwards',
		...(from === 0 ? {} : { from }),
		...readLimit(context, itemIndex),
	};
}

export interface StreamsSettings {
	readonly prefix: string;
	/** Infinity: all. */
	readonly limit: number;
}

/** @throws EventBusError `settings` */
export function readStreamsSettings(context: SettingsContext, itemIndex: number): StreamsSettings {
	const { limit = Infinity } = readLimit(context, itemIndex);
	return { prefix: text(reader(context, itemIndex)('prefix', '')), limit };
}

/** @throws EventBusError `settings` */
export function readLogSettings(
	context: SettingsContext,
	itemIndex: number,
): Pick<ReadLogOptions, 'after' | 'filter' | 'limit'> {
	const read = reader(context, itemIndex);
	const filters = collection(read('filters', {}));
	const types = list(read('eventTypes', ''));
	const stream = text(filters.stream);
	const category = text(filters.category);
	const correlationId = text(filters.correlationId);
	return {
		after: count('After Position', read('afterPosition', 0), 0),
		filter: {
			...(types.length > 0 ? { types: checkTypePatterns(types) } : {}),
			...(category === '' ? {} : { category }),
			...(stream === '' ? {} : { stream: checkStreamName(stream) }),
			...(correlationId === '' ? {} : { correlationId }),
		},
		...readLimit(context, itemIndex),
	};
}

export interface StateSettings {
	readonly rules: FoldRules;
	readonly asOf: AsOf;
	/** Whether the output says how many events were read for it. */
	readonly tellsEventsRead: boolean;
}

/** @throws EventBusError `settings` */
export function readStateSettings(context: SettingsContext, itemIndex: number): StateSettings {
	const read = reader(context, itemIndex);
	const options = collection(read('options', {}));
	return {
		rules: compileRules({
			rows: rowsOf(read('rules', {})),
			initial: parsedObject(INITIAL_STATE, options.initialState ?? DEFAULT_INITIAL_STATE),
			keepHistory: read('keepHistory', true) === true,
		}),
		asOf: readAsOf(context, itemIndex),
		tellsEventsRead: options.includeEventsRead === true,
	};
}

/** Before the first event, where nothing else is said: the article's. */
export const DEFAULT_INITIAL_STATE = '{ "status": "new" }';

const INITIAL_STATE = {
	what: 'The initial state',
	parameter: 'Initial State',
	example: DEFAULT_INITIAL_STATE,
};

function readAsOf(context: SettingsContext, itemIndex: number): AsOf {
	const read = reader(context, itemIndex);
	switch (choice('As Of', read('asOf', 'now'), ['now', 'version', 'time'])) {
		case 'now':
			return {};
		case 'version':
			return { version: count('Version', read('asOfVersion', 1), 1) };
		case 'time': {
			const at = time('Time', read('asOfTime', ''), context.getTimezone());
			if (at !== undefined) return { time: at };
			throw new EventBusError('settings', 'Time is empty', { hint: 'Choose the time whose state you want to see' });
		}
	}
}

function rowsOf(value: unknown): readonly RuleRow[] {
	const rows = isObject(value) && Array.isArray(value.rule) ? value.rule : [];
	return rows.filter(isObject).map((row, index) => {
		const options = collection(row.options);
		const field = (parameter: string, example: string) => ({
			what: `${parameter} of rule ${index + 1}`,
			parameter,
			example,
		});
		return {
			on: typesOfRule(row.eventTypes, index + 1),
			mergePayload: row.mergePayload === true,
			set: parsedObject(field('Set', '{ "status": "paid" }'), row.set ?? ''),
			increment: parsedObject(field('Increment', '{ "payments": 1 }'), options.increment ?? ''),
			remove: list(options.remove),
		};
	});
}

function typesOfRule(value: unknown, number: number): readonly string[] {
	const types = list(value);
	if (types.length > 0) return types;
	throw new EventBusError('settings', `Rule ${number} names no event types`, {
		hint: 'Fill in On Event Types, such as order.created; # stands for all',
	});
}

/** Absent: all of them. @throws EventBusError `settings` */
export function readLimit(context: SettingsContext, itemIndex: number): { readonly limit?: number } {
	const read = reader(context, itemIndex);
	return read('returnAll', false) === true ? {} : { limit: Math.max(1, count('Limit', read('limit', 50), 50)) };
}

export function reader(
	context: Pick<IExecuteFunctions, 'getNodeParameter'>,
	itemIndex: number,
): (name: string, otherwise: string | boolean | number | object) => unknown {
	return (name, otherwise) => context.getNodeParameter(name, itemIndex, otherwise);
}

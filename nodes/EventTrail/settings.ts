/**
 * Every parameter of the Event Trail node, read, defaulted and narrowed once.
 */
import type { IExecuteFunctions } from 'n8n-workflow';
import { EventBusError } from '../../src/kernel/errors';
import type { TrailFilter } from '../../src/store/sql/trailSearch';
import { choice, collection, count, list, number, present, requiredText, text, time } from '../shared/parameters';

type Context = Pick<IExecuteFunctions, 'getNodeParameter' | 'getTimezone'>;

export const OPERATION_NAMES = ['getTrail', 'getFlowMap', 'search'] as const;

export type TrailOperation = (typeof OPERATION_NAMES)[number];

const HOUR_MS = 3_600_000;
/** Of the options of a trail and the limit of a search; a test holds the panel to them. */
export const DEFAULTS = { maxEvents: 1000, limit: 50, lastHours: 24 };

/** More of one story is no page that a browser draws and no list that a person reads. */
export const MOST_EVENTS = 10_000;

export function readOperation(context: Pick<Context, 'getNodeParameter'>): TrailOperation {
	return choice('Operation', context.getNodeParameter('operation', 0), OPERATION_NAMES);
}

export interface TrailSettings {
	readonly correlationId: string;
	readonly as: 'items' | 'tree' | 'html' | 'mermaid';
	readonly limit: number;
	readonly title: string;
}

/** @throws EventBusError `settings` */
export function readTrail(context: Context, itemIndex: number): TrailSettings {
	const options = collection(context.getNodeParameter('options', itemIndex, {}));
	return {
		correlationId: requiredText('Correlation ID', context.getNodeParameter('correlationId', itemIndex, '')),
		as: choice('Give It As', context.getNodeParameter('trailAs', itemIndex, 'items'), [
			'items',
			'tree',
			'html',
			'mermaid',
		]),
		limit: Math.min(MOST_EVENTS, Math.max(1, count('Max Events', options.maxEvents, DEFAULTS.maxEvents))),
		title: text(options.title) || 'Event trail',
	};
}

export interface MapSettings {
	readonly as: 'items' | 'html' | 'mermaid' | 'asyncapi';
	readonly lastMs: number;
	/** null: all. */
	readonly channel: string | null;
	readonly title: string;
}

/** @throws EventBusError `settings` */
export function readMap(context: Context, itemIndex: number): MapSettings {
	const options = collection(context.getNodeParameter('options', itemIndex, {}));
	const hours = number('Last Hours', context.getNodeParameter('lastHours', itemIndex, '')) ?? DEFAULTS.lastHours;
	if (hours <= 0) {
		throw new EventBusError('settings', `Last Hours is ${hours}, so there is nothing to look at`, {
			hint: 'Give a number above 0, such as 24, or 0.5 for half an hour',
		});
	}
	return {
		as: choice('Give It As', context.getNodeParameter('mapAs', itemIndex, 'html'), [
			'items',
			'html',
			'mermaid',
			'asyncapi',
		]),
		lastMs: hours * HOUR_MS,
		channel: text(options.channel) || null,
		title: text(options.title) || 'Flow map',
	};
}

/** @throws EventBusError `settings` */
export function readSearch(
	context: Context,
	itemIndex: number,
): { readonly filter: TrailFilter; readonly limit: number } {
	const options = collection(context.getNodeParameter('options', itemIndex, {}));
	const zone = context.getTimezone();
	const types = list(context.getNodeParameter('eventTypes', itemIndex, '#'));
	const outcome = choice('What Became of It', options.outcome ?? '', ['', 'retry', 'dead-letter']);
	return {
		filter: {
			types: types.length === 0 ? ['#'] : types,
			...present('source', text(options.source)),
			...present('channel', text(options.channel)),
			...present('from', time('From', options.from, zone)),
			...present('to', time('To', options.to, zone)),
			...(outcome === '' ? {} : { outcome }),
			...payloadFilter(text(options.payloadField), text(options.payloadEquals)),
		},
		limit: Math.max(1, count('Limit', context.getNodeParameter('limit', itemIndex, ''), DEFAULTS.limit)),
	};
}

function payloadFilter(path: string, given: string): Pick<TrailFilter, 'payload'> {
	if (path === '' && given === '') return {};
	if (path === '') {
		throw new EventBusError('settings', 'Payload Equals says a value, and Payload Field no field', {
			hint: 'Fill in Payload Field, such as order_id',
		});
	}
	if (given === '') {
		throw new EventBusError('settings', `Payload Field is ${path}, and Payload Equals says no value`, {
			hint: 'Fill in Payload Equals; "" with its quotes is an empty text. If it is an expression, it found nothing.',
		});
	}
	return { payload: { path, equals: scalarOf(given) } };
}

/** 12 is a number and true a truth; what is meant as a text of digits stands in quotes. */
function scalarOf(given: string): string | number | boolean | null {
	try {
		const value: unknown = JSON.parse(given);
		if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) {
			return value as string | number | boolean | null;
		}
	} catch {
		// A plain text.
	}
	return given;
}

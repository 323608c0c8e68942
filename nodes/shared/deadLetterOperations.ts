/**
 * Dead Letter → Get Many, Redrive, Discard.
 */
import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import type { BrokerConnection, CallOptions } from '../../src/broker/types';
import {
	type DeadLetterFilter,
	type DeadLettersOf,
	discardDeadLetters,
	listDeadLetters,
	redriveDeadLetters,
} from '../../src/consumer/deadLetters';
import { checkTypePatterns } from '../../src/event/typePattern';
import { eachItem } from './eachItem';
import { deadLetterItem } from './items';
import { collection, list, number, text } from './parameters';

const MINUTE_MS = 60_000;

export interface DeadLetterLink {
	readonly connection: BrokerConnection;
	readonly call: CallOptions;
}

/** Where a node finds dead letters: a broker, or an event store. */
export interface DeadLetterPlace {
	/** A connection for as long as it is used. */
	open(
		context: IExecuteFunctions,
		use: (link: DeadLetterLink) => Promise<INodeExecutionData[]>,
	): Promise<INodeExecutionData[]>;
	/** Whose they are, as the item says. @throws EventBusError `settings` */
	of(context: IExecuteFunctions, itemIndex: number): DeadLettersOf;
}

type Operation = (context: IExecuteFunctions) => Promise<INodeExecutionData[]>;

export interface DeadLetterOperations {
	readonly getMany: Operation;
	/** The dead letters go to their group again; those that could not are in the output with their error. */
	readonly redrive: Operation;
	readonly discard: Operation;
}

export function deadLetterOperations(place: DeadLetterPlace): DeadLetterOperations {
	const each = async (context: IExecuteFunctions, use: (selection: Selection) => Promise<INodeExecutionData[]>) =>
		await place.open(
			context,
			async (link) =>
				await eachItem(context, async (itemIndex) => {
					const selection = readSelection(context, itemIndex, Date.now());
					return await use({ ...link, ...selection, context, itemIndex, of: place.of(context, itemIndex) });
				}),
		);
	return {
		getMany: async (context) => await each(context, show),
		redrive: async (context) => await each(context, async (one) => await (one.previewOnly ? show(one) : redrive(one))),
		discard: async (context) => await each(context, async (one) => await (one.previewOnly ? show(one) : discard(one))),
	};
}

interface Selection extends DeadLetterLink {
	readonly context: IExecuteFunctions;
	readonly itemIndex: number;
	readonly of: DeadLettersOf;
	readonly filter: DeadLetterFilter;
	readonly previewOnly: boolean;
}

async function redrive({ connection, of, filter, call, itemIndex }: Selection): Promise<INodeExecutionData[]> {
	const { redriven, failed } = await redriveDeadLetters(connection, of, filter, { ...call, provision: 'verify' });
	return [
		...redriven.map((letter) => withResult(deadLetterItem(letter, itemIndex), { redriven: true })),
		...failed.map(({ item, error }) =>
			withResult(deadLetterItem(item, itemIndex), {
				redriven: false,
				error: error.hint ? `${error.message}. ${error.hint}` : error.message,
			}),
		),
	];
}

async function discard({ connection, of, filter, call, itemIndex }: Selection): Promise<INodeExecutionData[]> {
	const discarded = await discardDeadLetters(connection, of, filter, call);
	return discarded.map((letter) => withResult(deadLetterItem(letter, itemIndex), { deleted: true }));
}

async function show(selection: Selection): Promise<INodeExecutionData[]> {
	const { connection, of, filter, call, previewOnly, context, itemIndex } = selection;
	const { items, complete } = await listDeadLetters(connection, of, filter, call);
	if (previewOnly) tell(context, 'Preview: nothing was changed');
	if (!complete) tell(context, 'This broker shows only some of its dead letters at a time. Run again to see others.');
	return items.map((letter) => deadLetterItem(letter, itemIndex));
}

/** @throws EventBusError `settings` */
export function readSelection(
	context: Pick<IExecuteFunctions, 'getNodeParameter'>,
	itemIndex: number,
	now: number,
): Pick<Selection, 'filter' | 'previewOnly'> {
	const filters = collection(context.getNodeParameter('filters', itemIndex, {}));
	const ids = list(filters.ids);
	const types = list(filters.eventTypes);
	const reason = text(filters.reason);
	const olderThan = number('Older Than', filters.olderThan) ?? 0;
	return {
		previewOnly: context.getNodeParameter('previewOnly', itemIndex, false) === true,
		filter: {
			limit: Math.max(1, number('Limit', context.getNodeParameter('limit', itemIndex, 50)) ?? 50),
			...(ids.length > 0 ? { ids } : {}),
			...(types.length > 0 ? { types: checkTypePatterns(types) } : {}),
			...(reason === '' ? {} : { reason }),
			...(olderThan > 0 ? { before: now - olderThan * MINUTE_MS } : {}),
		},
	};
}

function withResult(item: INodeExecutionData, result: IDataObject): INodeExecutionData {
	return { ...item, json: { ...item.json, ...result } };
}

function tell(context: IExecuteFunctions, message: string): void {
	context.addExecutionHints({ message, type: 'info', location: 'outputPane' });
}

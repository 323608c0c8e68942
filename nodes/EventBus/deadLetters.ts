/**
 * Dead Letter → Get Many, Redrive, Discard.
 */
import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { discardDeadLetters, listDeadLetters, redriveDeadLetters } from '../../src/consumer/deadLetters';
import { deadLetterItem } from '../shared/items';
import { eachItem } from '../shared/eachItem';
import { withLink, type Link } from './link';
import { readDeadLetters, type DeadLetterSettings } from './settings';

export async function getDeadLetters(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await eachSelection(
		context,
		async (link, settings, itemIndex) => await show(context, link, settings, itemIndex),
	);
}

/** The dead letters go to their group again; those that could not are in the output with their error. */
export async function redrive(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await eachSelection(context, async (link, settings, itemIndex) => {
		if (settings.previewOnly) return await show(context, link, settings, itemIndex);
		const { connection, call } = link;
		const options = { ...call, provision: 'verify' } as const;
		const { redriven, failed } = await redriveDeadLetters(connection, settings.of, settings.filter, options);
		return [
			...redriven.map((letter) => withResult(deadLetterItem(letter, itemIndex), { redriven: true })),
			...failed.map(({ item, error }) =>
				withResult(deadLetterItem(item, itemIndex), {
					redriven: false,
					error: error.hint ? `${error.message}. ${error.hint}` : error.message,
				}),
			),
		];
	});
}

export async function discard(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await eachSelection(context, async (link, settings, itemIndex) => {
		if (settings.previewOnly) return await show(context, link, settings, itemIndex);
		const discarded = await discardDeadLetters(link.connection, settings.of, settings.filter, link.call);
		return discarded.map((letter) => withResult(deadLetterItem(letter, itemIndex), { deleted: true }));
	});
}

async function show(
	context: IExecuteFunctions,
	{ connection, call }: Link,
	{ of, filter, previewOnly }: DeadLetterSettings,
	itemIndex: number,
): Promise<INodeExecutionData[]> {
	const { items, complete } = await listDeadLetters(connection, of, filter, call);
	if (previewOnly) tell(context, 'Preview: nothing was changed');
	if (!complete) tell(context, 'This broker shows only some of its dead letters at a time. Run again to see others.');
	return items.map((letter) => deadLetterItem(letter, itemIndex));
}

async function eachSelection(
	context: IExecuteFunctions,
	use: (link: Link, settings: DeadLetterSettings, itemIndex: number) => Promise<INodeExecutionData[]>,
): Promise<INodeExecutionData[]> {
	return await withLink(
		context,
		async (link) =>
			await eachItem(
				context,
				async (itemIndex) => await use(link, readDeadLetters(context, itemIndex, Date.now()), itemIndex),
			),
	);
}

function withResult(item: INodeExecutionData, result: IDataObject): INodeExecutionData {
	return { ...item, json: { ...item.json, ...result } };
}

function tell(context: IExecuteFunctions, message: string): void {
	context.addExecutionHints({ message, type: 'info', location: 'outputPane' });
}

/**
 * Stream → Read and Log → Read: stored events, one an item.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import type { StoredEvent } from '../../src/store/types';
import { storedItem } from '../shared/storeItems';
import { readLogSettings, readRange, readStream } from './settings';
import { eachItemInStore } from '../shared/storeLink';

export async function readStreamEvents(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await eachItemInStore(context, async ({ store, call }, itemIndex) => {
		const stream = readStream(context, itemIndex);
		return await asItems(store.read(stream, { ...readRange(context, itemIndex), ...call }), itemIndex);
	});
}

export async function readLogEvents(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await eachItemInStore(
		context,
		async ({ store, call }, itemIndex) =>
			await asItems(store.readLog({ ...readLogSettings(context, itemIndex), ...call }), itemIndex),
	);
}

async function asItems(events: AsyncIterable<StoredEvent>, itemIndex: number): Promise<INodeExecutionData[]> {
	const items: INodeExecutionData[] = [];
	for await (const stored of events) items.push(storedItem(stored, itemIndex));
	return items;
}

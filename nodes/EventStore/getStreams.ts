/**
 * Stream → Get Many: which streams there are.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { isoTime } from '../shared/storeItems';
import { readStreamsSettings } from './settings';
import { eachItemInStore, type StoreLink } from '../shared/storeLink';

/** Streams in one answer of the store. */
const PAGE = 1000;

export async function getStreams(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await eachItemInStore(context, async (link, itemIndex) => {
		const { prefix, limit } = readStreamsSettings(context, itemIndex);
		const items: INodeExecutionData[] = [];
		for await (const { stream, category, version, createdAt, updatedAt } of streamsOf(link, prefix, limit)) {
			items.push({
				json: {
					stream,
					category,
					version,
					created_at: isoTime(createdAt),
					updated_at: isoTime(updatedAt),
				},
				pairedItem: { item: itemIndex },
			});
		}
		return items;
	});
}

async function* streamsOf({ store, call }: StoreLink, prefix: string, limit: number) {
	let after = '';
	for (let left = limit; left > 0;) {
		const page = await store.streams({ prefix, after, limit: Math.min(PAGE, left) }, call);
		yield* page;
		const last = page.at(-1);
		if (!last || page.length < PAGE) return;
		after = last.stream;
		left -= page.length;
	}
}

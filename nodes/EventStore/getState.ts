/**
 * State → Get: what an entity is, by its events.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { toData } from '../shared/items';
import { readStateSettings, readStream } from './settings';
import { eachItemInStore } from '../shared/storeLink';

export async function getState(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await eachItemInStore(context, async ({ store, call }, itemIndex) => {
		const stream = readStream(context, itemIndex);
		const { rules, asOf, tellsEventsRead } = readStateSettings(context, itemIndex);
		const { exists, version, state, eventsRead } = await store.state(stream, rules, asOf, call);
		return [
			{
				json: toData({ stream, exists, version, state, ...(tellsEventsRead ? { events_read: eventsRead } : {}) }),
				pairedItem: { item: itemIndex },
			},
		];
	});
}

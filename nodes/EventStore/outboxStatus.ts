/**
 * Outbox → Get Status: what was appended with Also Publish and is not published yet.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { isoTime } from '../shared/storeItems';
import { eachItemInStore } from '../shared/storeLink';

/** One item a broker; one that says 0 when nothing waits, so that a check always has something to look at. */
export async function getOutboxStatus(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await eachItemInStore(context, async ({ store, call }, itemIndex) => {
		const backlog = await store.engine.read('outboxBacklog', {}, call);
		const pairedItem = { item: itemIndex };
		if (backlog.length === 0) return [{ json: { target: null, waiting: 0, oldest_at: null }, pairedItem }];
		return backlog.map(({ target, waiting, oldestAt }) => ({
			json: { target, waiting, oldest_at: isoTime(oldestAt) },
			pairedItem,
		}));
	});
}

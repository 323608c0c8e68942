/**
 * Search: recorded events, newest first.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { tell } from '../shared/storeLink';
import { readSearch } from './settings';
import { entryData } from './trailItems';
import { eachItemOfTrail } from './trailLink';

export async function searchEvents(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await eachItemOfTrail(context, async (trail, call, itemIndex) => {
		const { filter, limit } = readSearch(context, itemIndex);
		const { entries, next } = await trail.search({ ...filter, limit, ...call });
		if (next !== null && entries.length < limit) {
			tell(context, 'The search has looked at 100,000 events and ended: give a time, a type or a source', 'warning');
		}
		if (entries.length === 0) tell(context, 'No recorded event fits the search');
		return entries.map((entry) => ({ json: entryData(entry), pairedItem: { item: itemIndex } }));
	});
}

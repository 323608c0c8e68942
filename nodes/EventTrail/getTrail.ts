/**
 * Get Trail: everything that belongs to one correlation id.
 */
import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { trailPage } from '../../src/trail/render/page/trailPage';
import { sequenceDiagram } from '../../src/trail/render/sequenceDiagram';
import type { Trail } from '../../src/trail/trail';
import { causalTree, nestedEvents } from '../../src/trail/tree';
import { tell } from '../shared/storeLink';
import { readTrail, type TrailSettings } from './settings';
import { entryData, nestedData } from './trailItems';
import { eachItemOfTrail } from './trailLink';

export async function getTrail(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await eachItemOfTrail(context, async (trail, call, itemIndex) => {
		const settings = readTrail(context, itemIndex);
		const found = await trail.trail(settings.correlationId, { limit: settings.limit, ...call });
		if (found.entries.length === 0) tell(context, `Nothing is recorded of ${settings.correlationId}`, 'warning');
		if (!found.isWhole) tell(context, `Only the first ${settings.limit} events of the story were read`, 'warning');
		const items = itemsOf(found, settings, context.getInstanceBaseUrl());
		return items.map((json) => ({ json, pairedItem: { item: itemIndex } }));
	});
}

function itemsOf({ entries }: Trail, { as, correlationId, title }: TrailSettings, n8nUrl: string): IDataObject[] {
	switch (as) {
		case 'items':
			return entries.map(entryData);
		case 'tree':
			return nestedEvents(causalTree(entries)).map((top) => nestedData(top));
		case 'html':
			return [{ correlation_id: correlationId, html: trailPage(entries, { title, about: correlationId, n8nUrl }) }];
		case 'mermaid':
			return [{ correlation_id: correlationId, mermaid: sequenceDiagram(entries) }];
	}
}

/**
 * Get Flow Map: who publishes what to whom, as it was observed.
 */
import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { type FlowMap, flowMapOf } from '../../src/trail/flowMap';
import { asyncApiDocument } from '../../src/trail/render/asyncApi';
import { flowchart } from '../../src/trail/render/flowchart';
import { mapPage } from '../../src/trail/render/page/mapPage';
import { toData } from '../shared/items';
import { isoTime } from '../shared/storeItems';
import { tell } from '../shared/storeLink';
import { type MapSettings, readMap } from './settings';
import { mapData } from './trailItems';
import { eachItemOfTrail } from './trailLink';

export async function getFlowMap(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await eachItemOfTrail(context, async (trail, call, itemIndex) => {
		const settings = readMap(context, itemIndex);
		// Also what happened in this very moment.
		const to = Date.now() + 1;
		const from = to - settings.lastMs;
		const flows = await trail.flows({ from, to, channel: settings.channel, ...call });
		if (flows.since > from)
			tell(context, `There is more than a map can hold: it shows what happened since ${isoTime(flows.since)}`);
		const map = flowMapOf(flows);
		for (const { name } of map.cycles) tell(context, `Events go in a circle: ${name}`, 'warning');
		return [{ json: mapAs(map, settings, flows.since), pairedItem: { item: itemIndex } }];
	});
}

function mapAs(map: FlowMap, { as, title }: MapSettings, since: number): IDataObject {
	switch (as) {
		case 'items':
			return mapData(map);
		case 'html':
			return { html: mapPage(map, { title, about: `since ${isoTime(since)}` }) };
		case 'mermaid':
			return { mermaid: flowchart(map) };
		case 'asyncapi':
			return toData(asyncApiDocument(map, { title }));
	}
}

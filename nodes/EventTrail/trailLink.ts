/**
 * The trail that a run asks: what this n8n has recorded so far, or what a store of a credential holds.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import type { CallOptions } from '../../src/broker/types';
import { EventTrail } from '../../src/trail/trail';
import { eachItemInStore, tell } from '../shared/storeLink';
import { flushTrail } from '../shared/trail';
import { readTrailSettings } from '../shared/trailSettings';

/** One call for each item. @throws NodeOperationError with the index of the item, unless the node is set to continue */
export async function eachItemOfTrail(
	context: IExecuteFunctions,
	treat: (trail: EventTrail, call: CallOptions, itemIndex: number) => Promise<readonly INodeExecutionData[]>,
): Promise<INodeExecutionData[]> {
	// What this run published a moment ago belongs to it.
	await flushTrail();
	if (isOff(context)) tell(context, 'This n8n records nothing now: EVENT_BUS_TRAIL is off', 'warning');
	return await eachItemInStore(
		context,
		async ({ store, call }, itemIndex) => await treat(new EventTrail(store.engine), call, itemIndex),
	);
}

/** Whether a trail is empty because this n8n was told to keep none; what another store holds is its own affair. */
function isOff(context: IExecuteFunctions): boolean {
	return context.getNodeParameter('connection', 0, 'default') === 'default' && !readTrailSettings(process.env).isOn;
}

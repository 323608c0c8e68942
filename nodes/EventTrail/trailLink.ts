/**
 * The trail that a run asks: what this n8n has recorded so far, or what a store of a credential holds.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import type { CallOptions } from '../../src/broker/types';
import { EventTrail } from '../../src/trail/trail';
import { eachItemInStore } from '../shared/storeLink';
import { flushTrail } from '../shared/trail';

/** One call for each item. @throws NodeOperationError with the index of the item, unless the node is set to continue */
export async function eachItemOfTrail(
	context: IExecuteFunctions,
	treat: (trail: EventTrail, call: CallOptions, itemIndex: number) => Promise<readonly INodeExecutionData[]>,
): Promise<INodeExecutionData[]> {
	// What this run published a moment ago belongs to it.
	await flushTrail();
	return await eachItemInStore(
		context,
		async ({ store, call }, itemIndex) => await treat(new EventTrail(store.engine), call, itemIndex),
	);
}

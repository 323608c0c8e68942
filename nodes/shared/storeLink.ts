/**
 * The event store of this run: pooled for as long as an operation needs it, and how calls are bounded.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import type { CallOptions } from '../../src/broker/types';
import { EventStore } from '../../src/store/store';
import type { ChosenStore } from '../../src/store/stores';
import { chosenStore, describeBroker } from './connection';
import { eachItem } from './eachItem';
import { borrowStore } from './pool';

/** A healthy store answers in milliseconds; one that restarts is back within this. */
const CALL_TIMEOUT_MS = 30_000;

export interface StoreLink {
	readonly chosen: ChosenStore;
	readonly store: EventStore;
	/** Bounded, and ended by a person who stops the run. */
	readonly call: CallOptions;
}

/** @throws EventBusError `settings`, or as the store's `open` */
export async function withStore<T>(context: IExecuteFunctions, use: (link: StoreLink) => Promise<T>): Promise<T> {
	const chosen = await chosenStore(context, context.getNodeParameter('connection', 0, 'default'));
	const signal = context.getExecutionCancelSignal() ?? new AbortController().signal;
	await using loan = await borrowStore(chosen);
	const call = { signal, timeoutMs: CALL_TIMEOUT_MS };
	const result = await use({ chosen, store: new EventStore(loan.connection), call });
	// The canvas cannot show which store a credential means, so every run says it.
	tell(context, `Event store: ${describeBroker(chosen)}`);
	return result;
}

/** @throws NodeOperationError with the index of the item, unless the node is set to continue */
export async function eachItemInStore(
	context: IExecuteFunctions,
	treat: (link: StoreLink, itemIndex: number, item: INodeExecutionData) => Promise<readonly INodeExecutionData[]>,
): Promise<INodeExecutionData[]> {
	return await withStore(
		context,
		async (link) => await eachItem(context, async (itemIndex, item) => await treat(link, itemIndex, item)),
	);
}

export function tell(context: IExecuteFunctions, message: string, type: 'info' | 'warning' = 'info'): void {
	context.addExecutionHints({ message, type, location: 'outputPane' });
}

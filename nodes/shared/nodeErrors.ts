/**
 * Our errors as n8n shows them: the message as headline, the hint below it, the item it happened for.
 */
import { NodeOperationError, type INode, type INodeExecutionData } from 'n8n-workflow';
import { isEventBusError, messageOf } from '../../src/kernel/errors';

/** @param itemIndex the input item it happened for; absent: it concerns the whole run */
export function toNodeError(node: INode, error: unknown, itemIndex?: number): NodeOperationError {
	const item = itemIndex === undefined ? {} : { itemIndex };
	if (isEventBusError(error)) {
		return new NodeOperationError(node, error, {
			message: error.message,
			...(error.hint === undefined ? {} : { description: error.hint }),
			...item,
		});
	}
	return new NodeOperationError(node, error instanceof Error ? error : new Error(messageOf(error)), item);
}

/** What goes on in place of the item when the node is set to continue on an error. */
export function errorItem(error: NodeOperationError, itemIndex: number): INodeExecutionData {
	return {
		json: { error: error.message, ...(error.description ? { hint: error.description } : {}) },
		error,
		pairedItem: { item: itemIndex },
	};
}

/**
 * Our errors as n8n shows them: the message as headline, the hint below it, the item it happened for.
 */
import { NodeOperationError, type INode, type INodeExecutionData } from 'n8n-workflow';
import { isEventBusError, messageOf } from '../../src/kernel/errors';

/** Of a version conflict: with it a loop on the canvas can decide again. */
const ACTUAL_VERSION = 'actual_version';

/** @param itemIndex the input item it happened for; absent: it concerns the whole run */
export function toNodeError(node: INode, error: unknown, itemIndex?: number): NodeOperationError {
	const item = itemIndex === undefined ? {} : { itemIndex };
	if (isEventBusError(error)) {
		const known = new NodeOperationError(node, error, {
			...(error.hint === undefined ? {} : { description: error.hint }),
			...item,
		});
		// n8n puts a text of its own in place of a message in which it finds an error code (EACCES); ours says more.
		known.message = error.message;
		if (error.actualVersion !== undefined) known.context[ACTUAL_VERSION] = error.actualVersion;
		return known;
	}
	return new NodeOperationError(node, error instanceof Error ? error : new Error(messageOf(error)), item);
}

/** Of a trigger that does not start or stops, n8n shows the message and nothing else, so the hint follows in it. */
export function toTriggerError(node: INode, error: unknown): NodeOperationError {
	const known = toNodeError(node, error);
	if (known.description) known.message = `${known.message}. ${known.description}`;
	return known;
}

/**
 * What goes on in place of the item when the node is set to continue on an error.
 *
 * The names are n8n's: an item with `error` and `details` alone goes to the error output, with the fields of the input
 * item. One that carried the error itself would lose all but the message.
 */
export function errorItem(
	{ message, description, context }: NodeOperationError,
	itemIndex: number,
): INodeExecutionData {
	const details = {
		...(description ? { hint: description } : {}),
		...(typeof context[ACTUAL_VERSION] === 'number' ? { [ACTUAL_VERSION]: context[ACTUAL_VERSION] } : {}),
	};
	return {
		json: { error: message, ...(Object.keys(details).length > 0 ? { details } : {}) },
		pairedItem: { item: itemIndex },
	};
}

/**
 * The place in a workflow that has an effect. A run that is repeated after a crash has the same effects at the same
 * places, and can recognise what it has done.
 */
import type { IExecuteFunctions } from 'n8n-workflow';
import type { Cause } from './cause';

export type PlaceContext = Pick<IExecuteFunctions, 'getNode' | 'getMode' | 'getWorkflowDataProxy'>;

/**
 * Node, turn of the node, and which of the items with this cause.
 *
 * @returns null where nothing caused the effect, and in the editor: a test there is repeated on purpose
 */
export function placeOf(context: PlaceContext, cause: Cause, itemIndex: number): readonly string[] | null {
	if (cause.kind === 'none' || context.getMode() === 'manual') return null;
	const runIndex: unknown = context.getWorkflowDataProxy(itemIndex).$runIndex;
	return [context.getNode().id, String(runIndex), String(cause.nth)];
}

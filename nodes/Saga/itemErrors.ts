/**
 * Errors of single items.
 */
import { type IExecuteFunctions, type INodeExecutionData, NodeOperationError } from 'n8n-workflow';
import { errorItem, toNodeError } from '../shared/nodeErrors';

/** @throws NodeOperationError, unless the node is set to continue */
export function errorOfItem(
	context: Pick<IExecuteFunctions, 'getNode' | 'continueOnFail'>,
	itemIndex: number,
	error: unknown,
): INodeExecutionData {
	const known = error instanceof NodeOperationError ? error : toNodeError(context.getNode(), error, itemIndex);
	if (!context.continueOnFail()) throw known;
	return errorItem(known, itemIndex);
}

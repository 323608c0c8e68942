/**
 * The frame of the operations that treat the items one by one: errors belong to their item.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { errorItem, toNodeError } from './nodeErrors';

/** @throws NodeOperationError with the index of the item, unless the node is set to continue */
export async function eachItem(
	context: IExecuteFunctions,
	treat: (itemIndex: number, item: INodeExecutionData) => Promise<readonly INodeExecutionData[]>,
): Promise<INodeExecutionData[]> {
	const output: INodeExecutionData[] = [];
	for (const [itemIndex, item] of context.getInputData().entries()) {
		output.push(...(await treatOne(context, itemIndex, async () => await treat(itemIndex, item))));
	}
	return output;
}

/** One item with its error turned into n8n's, or into an item. */
export async function treatOne(
	context: IExecuteFunctions,
	itemIndex: number,
	treat: () => Promise<readonly INodeExecutionData[]>,
): Promise<readonly INodeExecutionData[]> {
	try {
		return await treat();
	} catch (error) {
		return [errorOfItem(context, itemIndex, error)];
	}
}

/** @throws NodeOperationError, unless the node is set to continue */
export function errorOfItem(
	context: Pick<IExecuteFunctions, 'getNode' | 'continueOnFail'>,
	itemIndex: number,
	error: unknown,
): INodeExecutionData {
	const known = toNodeError(context.getNode(), error, itemIndex);
	if (!context.continueOnFail()) throw known;
	return errorItem(known, itemIndex);
}

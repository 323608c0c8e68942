/**
 * How a saga ended, as an item or as the error of the run.
 */
import { type INode, type INodeExecutionData, NodeOperationError } from 'n8n-workflow';
import { reportOf } from '../../src/saga/report';
import { type SagaState, statusOf } from '../../src/saga/state';
import { toData } from '../shared/items';
import { addToNote, VERDICT_KEY } from '../shared/verdictNote';

export function sagaItem(state: SagaState, itemIndex: number): INodeExecutionData {
	return { json: toData(reportOf(state)), pairedItem: { item: itemIndex } };
}

/** An item that goes to the error output, with everything that is known of the saga. */
export function failedSagaItem(state: SagaState, itemIndex: number): INodeExecutionData {
	return {
		json: { error: messageFor(state), details: toData(reportOf(state)) },
		pairedItem: { item: itemIndex },
	};
}

/**
 * The original error, and below it what became of the steps before.
 *
 * Running the saga again gives the same end, so an event that started it is not tried again.
 */
export function sagaFailed(node: INode, state: SagaState, itemIndex: number): NodeOperationError {
	const message = messageFor(state);
	const error = new NodeOperationError(node, new Error(message), { itemIndex, description: fateOf(state) });
	error.message = message;
	error.context[VERDICT_KEY] = addToNote(undefined, { as: 'dead-letter', reason: message, items: null });
	return error;
}

function messageFor(state: SagaState): string {
	const { failure, cancelReason, id } = state;
	// What failed on the way back is not why it went back.
	if (failure !== null && state.outcome !== 'cancelled') return failure.error.message;
	return `Saga ${id} was cancelled${cancelReason ? `: ${cancelReason}` : ''}`;
}

function fateOf(state: SagaState): string {
	const { saga_id, compensated, not_compensated } = reportOf(state);
	const undone = compensated.length === 0 ? 'Nothing had to be undone.' : `Undone: ${compensated.join(', ')}.`;
	const left = not_compensated.map(({ step, error }) => `${step} (${error})`).join('; ');
	const stuck = statusOf(state) === 'stuck' ? ' Repair what failed, then use Saga → Resume.' : '';
	return `Saga ${saga_id} is ${statusOf(state)}. ${undone}${left === '' ? '' : ` Not undone: ${left}.`}${stuck}`;
}

/**
 * Takes a saga to its end, and tells how it ended.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { runSaga } from '../../src/saga/runner';
import { type SagaState, statusOf } from '../../src/saga/state';
import { tell } from '../shared/storeLink';
import { failedSagaItem, sagaFailed, sagaItem } from './sagaItems';
import { sagaHost, type SagaLink } from './sagaLink';
import { readWaitMs } from './settings';

/**
 * @param owner who has the lease already: the Saga Trigger
 * @throws NodeOperationError when it did not complete, unless the node is set to continue
 */
export async function takeToEnd(
	context: IExecuteFunctions,
	link: SagaLink,
	itemIndex: number,
	sagaId: string,
	owner?: string,
): Promise<INodeExecutionData> {
	const state = await goOn(context, link, itemIndex, sagaId, owner);
	const status = statusOf(state);
	if (status === 'completed') return sagaItem(state, itemIndex);
	if (state.outcome === null) {
		tell(context, `Saga ${sagaId} is ${status} still, and goes on by the Saga Trigger`);
		return sagaItem(state, itemIndex);
	}
	if (!context.continueOnFail()) throw sagaFailed(context.getNode(), state, itemIndex);
	return failedSagaItem(state, itemIndex);
}

/** Looks after the saga for as long as the node waits. */
export async function goOn(
	context: IExecuteFunctions,
	link: SagaLink,
	itemIndex: number,
	sagaId: string,
	owner?: string,
): Promise<SagaState> {
	const { journal, call } = link;
	const known = await journal.load(sagaId, call);
	if (known && known.outcome === null) await link.listenFor(known.definition);
	const host = sagaHost(context, link, itemIndex, owner);
	return await runSaga(sagaId, host, { ...call, waitMs: readWaitMs(context, itemIndex) });
}

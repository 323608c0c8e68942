/**
 * Get and List: how sagas are. Nothing is changed.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { noSaga } from '../../src/saga/fromOutside';
import { reportOf } from '../../src/saga/report';
import { eachItem } from '../shared/eachItem';
import { toData } from '../shared/items';
import { isoTime } from '../shared/storeItems';
import { withSagas } from './sagaLink';
import { readList, readSagaId } from './settings';

/** Looking needs no bus. */
const NO_BUS = null;

export async function getSagas(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await withSagas(
		context,
		NO_BUS,
		async ({ journal, call }) =>
			await eachItem(context, async (itemIndex) => {
				const id = readSagaId(context, itemIndex);
				const state = await journal.load(id, call);
				if (state) return [{ json: toData(reportOf(state)), pairedItem: { item: itemIndex } }];
				throw noSaga(id);
			}),
	);
}

export async function listSagas(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await withSagas(
		context,
		NO_BUS,
		async ({ journal, call }) =>
			await eachItem(context, async (itemIndex) => {
				const { filter, limit } = readList(context, itemIndex, Date.now());
				const entries = await journal.list(filter, limit, call);
				return entries.map(({ id, name, status, correlationId, error, startedAt, updatedAt, dueAt }) => ({
					json: {
						saga_id: id,
						saga_name: name,
						status,
						correlation_id: correlationId,
						error,
						started_at: isoTime(startedAt),
						updated_at: isoTime(updatedAt),
						due_at: dueAt === null ? null : isoTime(dueAt),
					},
					pairedItem: { item: itemIndex },
				}));
			}),
	);
}

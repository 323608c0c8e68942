/**
 * Resume and Cancel: what a person wants is recorded, and then the saga goes on at once, in this run or in the one that
 * looks after it.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { wishForSaga } from '../../src/saga/fromOutside';
import { eachItem } from '../shared/eachItem';
import { sagaNews } from '../shared/sagaReplies';
import { goOn } from './ending';
import { sagaItem } from './sagaItems';
import { withSagas } from './sagaLink';
import { readBusConnection, readReason, readSagaId } from './settings';

export async function resumeSagas(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await changeSagas(context, 'resume');
}

export async function cancelSagas(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await changeSagas(context, 'cancel');
}

async function changeSagas(context: IExecuteFunctions, kind: 'resume' | 'cancel'): Promise<INodeExecutionData[]> {
	return await withSagas(
		context,
		readBusConnection(context),
		async (link) =>
			await eachItem(context, async (itemIndex) => {
				const id = readSagaId(context, itemIndex);
				const host = { journal: link.journal, news: sagaNews, now: () => Date.now() };
				await wishForSaga(id, { kind, reason: readReason(context, itemIndex) }, host, link.call);
				return [sagaItem(await goOn(context, link, itemIndex, id), itemIndex)];
			}),
	);
}

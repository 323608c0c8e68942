/**
 * Read Model → Get and Find.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { EventBusError } from '../../src/kernel/errors';
import { type Projection, projected } from '../../src/store/documents/projection';
import type { DocumentQuery } from '../../src/store/documents/query';
import type { StoredDocument } from '../../src/store/types';
import { documentItem } from './documentItem';
import { readDocumentId, readFindSettings, readGetSettings, readModel } from './readModelSettings';
import { eachItemInStore, type StoreLink } from '../shared/storeLink';

/** Documents in one answer of the store. */
const PAGE = 500;

export async function getDocument(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await eachItemInStore(context, async ({ store, call }, itemIndex) => {
		const model = readModel(context, itemIndex);
		const id = readDocumentId(context, itemIndex);
		const { fields, ifMissing } = readGetSettings(context, itemIndex);
		const document = await store.get(model, id, call);
		if (document) return [documentItem({ model, id }, withFields(document, fields), {}, itemIndex)];
		if (ifMissing === 'error') {
			throw new EventBusError('not-found', `There is no document ${id} in read model ${model}`, {
				hint: 'Check the Document ID, or choose under If Missing what shall happen instead',
			});
		}
		return ifMissing === 'nothing' ? [] : [documentItem({ model, id }, null, {}, itemIndex)];
	});
}

export async function findDocuments(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await eachItemInStore(context, async (link, itemIndex) => {
		const { query, fields } = readFindSettings(context, itemIndex);
		const items: INodeExecutionData[] = [];
		for await (const document of found(link, query)) {
			const { id } = document;
			items.push(documentItem({ model: query.model, id }, withFields(document, fields), {}, itemIndex));
		}
		return items;
	});
}

async function* found({ store, call }: StoreLink, query: DocumentQuery): AsyncGenerator<StoredDocument> {
	let { limit: left, offset } = query;
	while (left > 0) {
		const limit = Math.min(PAGE, left);
		const page = await store.find({ ...query, limit, offset }, call);
		yield* page;
		if (page.length < limit) return;
		left -= page.length;
		offset += page.length;
	}
}

function withFields(document: StoredDocument, fields: Projection): StoredDocument {
	return { ...document, data: projected(document.data, fields) };
}

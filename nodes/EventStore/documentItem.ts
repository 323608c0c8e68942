/**
 * Documents of read models as n8n items. What a document holds stands under `data`, so that its fields cannot be taken
 * for what is said of it.
 */
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import type { DocumentPlace } from '../../src/store/sql/documents';
import type { StoredDocument } from '../../src/store/types';
import { toData } from '../shared/items';
import { isoTime } from '../shared/storeItems';

/** @param document null: there is none */
export function documentItem(
	{ model, id }: DocumentPlace,
	document: StoredDocument | null,
	beside: IDataObject,
	itemIndex: number,
): INodeExecutionData {
	const content =
		document === null
			? { exists: false }
			: {
					exists: true,
					version: document.version,
					updated_at: isoTime(document.updatedAt),
					data: document.data,
				};
	return {
		json: toData({ read_model: model, id, ...content, ...beside }),
		pairedItem: { item: itemIndex },
	};
}

/**
 * Read Model → Put, Patch, Delete, Clear.
 *
 * In a run that an event started, each change is remembered under the event and the place in the workflow. An event that
 * is delivered again finds its changes made.
 */
import { createHash } from 'node:crypto';
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import type { ChangeArgs } from '../../src/store/sql/documents';
import type { ChangeResult } from '../../src/store/types';
import { CauseFinder, type Cause } from '../shared/cause';
import { placeOf, type PlaceContext } from '../shared/place';
import { documentItem } from './documentItem';
import { readDocument, readDocumentId, readExpectedDocument, readModel, readPatch } from './readModelSettings';
import { eachItemInStore, type StoreLink, tell } from '../shared/storeLink';

export async function putDocument(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await eachChange(
		context,
		async ({ store, call }, place, itemIndex, item) =>
			await store.put(place, readDocument(context, item, itemIndex), call),
	);
}

export async function patchDocument(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await eachChange(
		context,
		async ({ store, call }, place, itemIndex) => await store.patch(place, readPatch(context, itemIndex), call),
	);
}

export async function deleteDocument(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await eachChange(context, async ({ store, call }, place) => await store.delete(place, call));
}

export async function clearReadModel(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await eachItemInStore(context, async ({ store, call }, itemIndex) => {
		const model = readModel(context, itemIndex);
		const deleted = await store.clear(model, call);
		return [{ json: { read_model: model, deleted }, pairedItem: { item: itemIndex } }];
	});
}

async function eachChange(
	context: IExecuteFunctions,
	make: (link: StoreLink, place: ChangeArgs, itemIndex: number, item: INodeExecutionData) => Promise<ChangeResult>,
): Promise<INodeExecutionData[]> {
	const causes = new CauseFinder(context);
	let repeated = 0;
	const output = await eachItemInStore(context, async (link, itemIndex, item) => {
		const change = changeKey(context, causes.causeOf(item, itemIndex), itemIndex);
		const model = readModel(context, itemIndex);
		const id = readDocumentId(context, itemIndex);
		const place = { model, id, expect: readExpectedDocument(context, itemIndex), change };
		const { applied, document } = await make(link, place, itemIndex, item);
		if (!applied && change !== null) repeated += 1;
		return [documentItem({ model, id }, document, { applied }, itemIndex)];
	});
	if (repeated > 0)
		tell(context, `${repeated} changes had been made before, for the same event, and were not repeated`);
	return output;
}

/** null: nothing caused it, and it is made each time. */
function changeKey(context: PlaceContext, cause: Cause, itemIndex: number): string | null {
	const place = placeOf(context, cause, itemIndex);
	if (cause.kind === 'none' || place === null) return null;
	const events = cause.kind === 'event' ? [cause.event] : cause.events;
	const text = JSON.stringify([events.map(({ source, event_id }) => [source, event_id]), ...place]);
	return createHash('sha256').update(text).digest('base64url');
}

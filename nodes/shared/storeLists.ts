/**
 * What the editor asks the event store for while a node's panel is open: the lists of *From List*.
 */
import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';
import type { CallOptions } from '../../src/broker/types';
import { within } from '../../src/broker/within';
import { EventStore } from '../../src/store/store';
import { chosenStore } from './connection';
import { foundNames } from './loadOptions';
import { borrowStore } from './pool';

const CALL_TIMEOUT_MS = 10_000;
/** Names on one page of a list; the editor asks for the next one. */
const PAGE = 100;
const MOST_MODELS = 1000;

/** By the beginning of the name: there may be a stream for each order. */
export async function searchStreams(
	this: ILoadOptionsFunctions,
	filter?: string,
	after?: string,
): Promise<INodeListSearchResult> {
	return await withStore(this, async (store, call) => {
		const streams = await store.streams({ prefix: filter ?? '', after: after ?? '', limit: PAGE }, call);
		const results = streams.map(({ stream }) => ({ name: stream, value: stream }));
		const last = streams.length === PAGE ? streams.at(-1) : undefined;
		return last ? { results, paginationToken: last.stream } : { results };
	});
}

export async function searchReadModels(this: ILoadOptionsFunctions, filter?: string): Promise<INodeListSearchResult> {
	return await withStore(this, async ({ engine }, call) => {
		const models = await engine.read('listModels', { limit: MOST_MODELS }, call);
		return foundNames(
			models.map(({ model }) => model),
			filter,
		);
	});
}

export async function searchSubscriptions(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	return await withStore(this, async ({ engine }, call) => {
		const subscriptions = await engine.read('listSubscriptions', {}, call);
		return foundNames(
			subscriptions.map(({ name }) => name),
			filter,
		);
	});
}

async function withStore<T>(
	context: ILoadOptionsFunctions,
	use: (store: EventStore, call: CallOptions) => Promise<T>,
): Promise<T> {
	await using loan = await borrowStore(await chosenStore(context, context.getCurrentNodeParameter('connection')));
	const call = within(CALL_TIMEOUT_MS);
	return await use(new EventStore(loan.connection), call);
}

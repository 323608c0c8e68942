/**
 * Subscription → Get Many, Reset, Pause, Resume, Delete.
 */
import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import {
	deleteSubscription,
	pauseSubscription,
	reportSubscriptions,
	restartSubscription,
	type SubscriptionReport,
} from '../../src/store/subscriptionCare';
import { isoTime } from '../shared/storeItems';
import { eachItemInStore, type StoreLink } from '../shared/storeLink';
import { readReset, readSubscription } from './subscriptionSettings';

export async function getSubscriptions(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await eachItemInStore(context, async ({ store, call }, itemIndex) => {
		const reports = await reportSubscriptions(store.engine, call);
		return reports.map((report) => ({ json: reportData(report), pairedItem: { item: itemIndex } }));
	});
}

export async function resetSubscription(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await eachSubscription(context, async ({ store, call }, name, itemIndex) => {
		const { from, models } = readReset(context, itemIndex);
		const position = await restartSubscription(store.engine, name, from, models, call);
		return { reset: true, position, cleared_read_models: [...models] };
	});
}

export async function pause(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await eachSubscription(context, async ({ store, call }, name) => {
		await pauseSubscription(store.engine, name, true, call);
		return { paused: true };
	});
}

export async function resume(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await eachSubscription(context, async ({ store, call }, name) => {
		await pauseSubscription(store.engine, name, false, call);
		return { paused: false };
	});
}

export async function removeSubscription(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await eachSubscription(context, async ({ store, call }, name) => {
		await deleteSubscription(store.engine, name, call);
		return { deleted: true };
	});
}

async function eachSubscription(
	context: IExecuteFunctions,
	change: (link: StoreLink, name: string, itemIndex: number) => Promise<IDataObject>,
): Promise<INodeExecutionData[]> {
	return await eachItemInStore(context, async (link, itemIndex) => {
		const subscription = readSubscription(context, itemIndex);
		const json = { subscription, ...(await change(link, subscription, itemIndex)) };
		return [{ json, pairedItem: { item: itemIndex } }];
	});
}

function reportData(report: SubscriptionReport): IDataObject {
	const { name, filter, position, behind, paused, owner, deadLetters, updatedAt } = report;
	return {
		subscription: name,
		event_types: [...(filter.types ?? ['#'])],
		category: filter.category ?? null,
		stream: filter.stream ?? null,
		position,
		behind,
		paused,
		reader: owner,
		dead_letters: deadLetters,
		updated_at: isoTime(updatedAt),
	};
}

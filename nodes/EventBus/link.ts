/**
 * The broker of this run: a pooled connection for as long as an operation needs it, and how calls are bounded.
 */
import type { IExecuteFunctions } from 'n8n-workflow';
import type { BrokerConnection, CallOptions } from '../../src/broker/types';
import { chosenBroker } from '../shared/connection';
import type { ChosenBroker } from '../../src/broker/registry';
import { borrow } from '../shared/pool';

/** A healthy broker answers in milliseconds; one that restarts is back within this. */
const CALL_TIMEOUT_MS = 30_000;

export interface Route {
	readonly broker: ChosenBroker;
	/** Bounded, and ended by a person who stops the run. */
	readonly call: CallOptions;
}

export interface Link extends Route {
	readonly connection: BrokerConnection;
}

/** @throws EventBusError `settings` */
export async function routeOf(context: IExecuteFunctions): Promise<Route> {
	const broker = await chosenBroker(context, context.getNodeParameter('connection', 0, 'default'));
	const signal = context.getExecutionCancelSignal() ?? new AbortController().signal;
	return { broker, call: { signal, timeoutMs: CALL_TIMEOUT_MS } };
}

/** @throws EventBusError as the broker's `open` */
export async function withLink<T>(context: IExecuteFunctions, use: (link: Link) => Promise<T>): Promise<T> {
	const route = await routeOf(context);
	await using loan = await borrow(route.broker);
	return await use({ ...route, connection: loan.connection });
}

/**
 * The broker of this run: a pooled connection for as long as an operation needs it, and how calls are bounded.
 */
import type { IExecuteFunctions } from 'n8n-workflow';
import type { BrokerConnection, CallOptions } from '../../src/broker/types';
import { chosenBroker } from '../shared/connection';
import type { ChosenBroker } from '../shared/defaultConnection';
import { borrow } from '../shared/pool';

/** A healthy broker answers in milliseconds; one that restarts is back within this. */
const CALL_TIMEOUT_MS = 30_000;

export interface Link {
	readonly broker: ChosenBroker;
	readonly connection: BrokerConnection;
	/** Bounded, and ended by a person who stops the run. */
	readonly call: CallOptions;
}

/** @throws EventBusError as the broker's `open` */
export async function withLink<T>(context: IExecuteFunctions, use: (link: Link) => Promise<T>): Promise<T> {
	const broker = await chosenBroker(context, context.getNodeParameter('connection', 0, 'default'));
	await using loan = await borrow(broker);
	const signal = context.getExecutionCancelSignal() ?? new AbortController().signal;
	return await use({ broker, connection: loan.connection, call: { signal, timeoutMs: CALL_TIMEOUT_MS } });
}

/**
 * What the editor asks the broker for while a node's panel is open.
 */
import type { ILoadOptionsFunctions, INodeListSearchResult, INodePropertyOptions } from 'n8n-workflow';
import { isEventBusError, messageOf } from '../../src/kernel/errors';
import { chosenBroker, chosenStore, describeBroker } from './connection';
import { BUS_CONNECTION } from './connectionParameter';
import { borrow } from './pool';

const CALL_TIMEOUT_MS = 10_000;

/** The one entry of *Broker in Use*. */
export async function getBrokerInUse(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
	return await inUse(async () => describeBroker(await brokerOf(this, 'connection')));
}

/** The same, of a node whose connection is a store. */
export async function getBusInUse(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
	return await inUse(async () => describeBroker(await brokerOf(this, BUS_CONNECTION)));
}

/** The one entry of *Store in Use*. */
export async function getStoreInUse(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
	return await inUse(async () => describeBroker(await chosenStore(this, this.getCurrentNodeParameter('connection'))));
}

async function inUse(describe: () => Promise<string>): Promise<INodePropertyOptions[]> {
	try {
		const description = await describe();
		return [{ name: shortened(description), value: 'inUse', description }];
	} catch (error) {
		const hint = isEventBusError(error) ? error.hint : undefined;
		return [{ name: `None: ${messageOf(error)}`, value: 'inUse', ...(hint ? { description: hint } : {}) }];
	}
}

/** The line has room for about this many characters, and the end of a path or address tells most. */
const MAX_SHOWN = 44;
const SHOWN_START = 20;

function shortened(text: string): string {
	if (text.length <= MAX_SHOWN) return text;
	const broker = text.slice(0, SHOWN_START).replace(/\S*$/, '');
	return `${broker}…${text.slice(SHOWN_START + 2 - MAX_SHOWN)}`;
}

/** The channels that exist, for *From List*. */
export async function searchChannels(this: ILoadOptionsFunctions, filter?: string): Promise<INodeListSearchResult> {
	return await channelsOf(this, 'connection', filter);
}

/** The same, of a node whose connection is a store. */
export async function searchBusChannels(this: ILoadOptionsFunctions, filter?: string): Promise<INodeListSearchResult> {
	return await channelsOf(this, BUS_CONNECTION, filter);
}

async function channelsOf(
	context: ILoadOptionsFunctions,
	connection: string,
	filter: string | undefined,
): Promise<INodeListSearchResult> {
	await using loan = await borrow(await brokerOf(context, connection));
	const signal = AbortSignal.timeout(CALL_TIMEOUT_MS);
	return foundNames(await loan.connection.topology.channels({ signal, timeoutMs: CALL_TIMEOUT_MS }), filter);
}

/** Those that contain what was typed, by name. */
export function foundNames(names: readonly string[], filter: string | undefined): INodeListSearchResult {
	const wanted = filter?.toLowerCase() ?? '';
	const found = names.filter((name) => name.toLowerCase().includes(wanted));
	return { results: found.sort().map((name) => ({ name, value: name })) };
}

async function brokerOf(context: ILoadOptionsFunctions, connection: string) {
	return await chosenBroker(context, context.getCurrentNodeParameter(connection));
}

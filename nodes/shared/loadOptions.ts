/**
 * What the editor asks the broker for while a node's panel is open.
 */
import type { ILoadOptionsFunctions, INodeListSearchResult, INodePropertyOptions } from 'n8n-workflow';
import { isEventBusError, messageOf } from '../../src/kernel/errors';
import { chosenBroker, describeBroker } from './connection';
import { borrow } from './pool';

const CALL_TIMEOUT_MS = 10_000;

/** The one entry of *Broker in Use*. */
export async function getBrokerInUse(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
	try {
		const broker = await chosenBroker(this, this.getCurrentNodeParameter('connection'));
		const description = describeBroker(broker);
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
	const broker = await chosenBroker(this, this.getCurrentNodeParameter('connection'));
	await using loan = await borrow(broker);
	const signal = AbortSignal.timeout(CALL_TIMEOUT_MS);
	const channels = await loan.connection.topology.channels({ signal, timeoutMs: CALL_TIMEOUT_MS });
	const wanted = filter?.toLowerCase() ?? '';
	const found = channels.filter((channel) => channel.toLowerCase().includes(wanted));
	return { results: [...found].sort().map((channel) => ({ name: channel, value: channel })) };
}

/**
 * Also Publish: appended events go to a bus through the outbox, which is written in the same commit.
 */
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import type { ChosenBroker } from '../../src/broker/registry';
import { outboxTarget } from '../../src/publisher/outboxRelay';
import { chosenBroker, describeBroker } from '../shared/connection';
import { relayOutbox } from '../shared/outbox';
import { readBusConnection } from './settings';
import { type StoreLink, tell } from '../shared/storeLink';

export interface Bus {
	readonly broker: ChosenBroker;
	/** What rows of the outbox call it. */
	readonly target: string;
}

/** null: the events are only stored. @throws EventBusError `settings` */
export async function busOf(context: IExecuteFunctions): Promise<Bus | null> {
	const connection = readBusConnection(context);
	if (connection === null) return null;
	const broker = await chosenBroker(context, connection);
	return { broker, target: outboxTarget(broker) };
}

/**
 * Waits a moment for the broker. One that is away is no error: the events are safe, and go out when it is back.
 *
 * @returns what is said of an event beside it, by its channel
 */
export async function publishStored(
	context: IExecuteFunctions,
	{ chosen, call }: StoreLink,
	{ broker }: Bus,
	positions: readonly number[],
): Promise<(channel: string) => IDataObject> {
	const status = await relayOutbox(chosen, broker, positions, call.signal);
	const name = describeBroker(broker);
	if (status === 'sent') tell(context, `Published to ${name}`);
	else tell(context, `${name} is away: the events are stored, and published when it is back`, 'warning');
	return (channel) => ({ published: { broker: broker.manifest.kind, channel, status } });
}

/**
 * The brokers this package knows, by name.
 */
import { manifests } from '../brokers';
import { EventBusError } from '../kernel/errors';
import { fromConnectionUrl } from './connectionUrl';
import type { BrokerManifest, Native } from './types';

export { manifests };

/** @throws EventBusError `settings` */
export function manifestOf(kind: string, brokers = manifests): BrokerManifest {
	const found = brokers.find((manifest) => manifest.kind === kind);
	if (found) return found;
	throw new EventBusError('settings', `There is no broker "${kind.slice(0, 40)}"`, {
		hint: `Use one of: ${brokers.map((manifest) => manifest.kind).join(', ')}`,
	});
}

/** A broker with the settings to open it. */
export interface ChosenBroker {
	readonly manifest: BrokerManifest;
	readonly settings: Native;
}

/** @throws EventBusError `settings`, without the URL */
export function brokerFromUrl(url: string): ChosenBroker {
	return fromConnectionUrl(url, manifests);
}

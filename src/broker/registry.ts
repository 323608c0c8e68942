/**
 * The brokers this package knows, by name.
 */
import { manifests } from '../brokers';
import { EventBusError } from '../kernel/errors';
import type { BrokerManifest } from './types';

export { manifests };

/** @throws EventBusError `settings` */
export function manifestOf(kind: string, brokers = manifests): BrokerManifest {
	const found = brokers.find((manifest) => manifest.kind === kind);
	if (found) return found;
	throw new EventBusError('settings', `There is no broker "${kind.slice(0, 40)}"`, {
		hint: `Use one of: ${brokers.map((manifest) => manifest.kind).join(', ')}`,
	});
}

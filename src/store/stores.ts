/**
 * Every kind of event store, one line each, and how one is chosen.
 */
import { fromConnectionUrl } from '../broker/connectionUrl';
import type { Native } from '../broker/types';
import { EventBusError } from '../kernel/errors';
import type { StoreManifest } from './manifest';
import { postgresStore } from './postgres/manifest';
import { sqliteStore } from './sqlite/manifest';

export const storeManifests: readonly StoreManifest[] = [sqliteStore, postgresStore];

/** A store with the settings to open it. */
export interface ChosenStore {
	readonly manifest: StoreManifest;
	readonly settings: Native;
}

/** @throws EventBusError `settings`, without the URL */
export function storeFromUrl(url: string): ChosenStore {
	return fromConnectionUrl(url, storeManifests);
}

/** @throws EventBusError `settings` */
export function storeManifestOf(kind: string): StoreManifest {
	const found = storeManifests.find((manifest) => manifest.kind === kind);
	if (found) return found;
	throw new EventBusError('settings', `There is no event store "${kind.slice(0, 40)}"`, {
		hint: `Use one of: ${storeManifests.map((manifest) => manifest.kind).join(', ')}`,
	});
}

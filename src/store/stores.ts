/**
 * Every kind of event store, one line each, and how one is chosen.
 */
import { fromConnectionUrl } from '../broker/connectionUrl';
import type { Native } from '../broker/types';
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

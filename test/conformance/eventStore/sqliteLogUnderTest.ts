/**
 * The event store on a SQLite file as the suite sees it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BrokerUnderTest } from '../brokerUnderTest';
import { sqliteLog } from './logManifests';

export function sqliteLogUnderTest(): BrokerUnderTest {
	let folder = '';
	return {
		manifest: sqliteLog,
		start: async () => {
			folder = await mkdtemp(path.join(tmpdir(), 'event-bus-store-'));
		},
		stop: async () => await rm(folder, { recursive: true, force: true }),
		settings: () => ({ file: path.join(folder, 'event-store.db') }),
		features: {
			restart: null,
			network: null,
			processes: { module: require.resolve('./logManifests'), exportName: 'sqliteLog' },
			lockStorage: null,
			ephemeralGoneMs: 60_000,
			retentionMs: null,
			dropsCopies: true,
			keepsEventsOnly: true,
		},
	};
}

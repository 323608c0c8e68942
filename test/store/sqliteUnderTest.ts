/**
 * The embedded store: a file a case.
 */
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { StorePlace, StoreUnderTest } from './storeUnderTest';

export const sqliteUnderTest: StoreUnderTest = {
	label: 'SQLite',
	start: async () => undefined,
	stop: async () => undefined,
	makePlace: makeSqlitePlace,
};

export async function makeSqlitePlace(): Promise<StorePlace> {
	const folder = await mkdtemp(join(await realpath(tmpdir()), 'event-bus-store-'));
	const file = join(folder, 'store.db');
	return {
		url: `sqlite:${file}`,
		pretendNewer: async () => {
			const database = new DatabaseSync(file);
			database.exec("UPDATE schema_version SET version = 1000 WHERE module = 'store'");
			database.close();
		},
		remove: async () => await rm(folder, { recursive: true, force: true }),
	};
}

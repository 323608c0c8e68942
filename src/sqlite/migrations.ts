/**
 * Brings a module's tables to the version this package knows. Runs inside a write transaction, so several processes that
 * open a new file at once take turns, and the later ones find nothing left to do.
 */
import { EventBusError } from '../kernel/errors';
import type { Sql } from './sql';

/**
 * @param migrations script n takes the schema from version n to n + 1
 * @throws EventBusError `storage` when a newer package wrote the file
 */
export function migrate(sql: Sql, file: string, module: string, migrations: readonly string[]): void {
	sql.execute('CREATE TABLE IF NOT EXISTS schema_version (module TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT');
	const row = sql.get<{ version: number }>('SELECT version FROM schema_version WHERE module = ?', module);
	const version = row?.version ?? 0;
	if (version > migrations.length) {
		throw new EventBusError(
			'storage',
			`${file} was written by a newer n8n-nodes-event-bus (schema "${module}" ${version}; this one knows ${migrations.length})`,
			{ hint: 'Update n8n-nodes-event-bus here, or name another file' },
		);
	}
	for (const script of migrations.slice(version)) sql.execute(script);
	if (version === migrations.length) return;
	sql.run(
		'INSERT INTO schema_version VALUES (?, ?) ON CONFLICT (module) DO UPDATE SET version = excluded.version',
		module,
		migrations.length,
	);
}

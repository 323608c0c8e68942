/**
 * A small module for tests of the file host: a table of names, and commands that go wrong on request.
 */
import type { CommandContext, SqliteModule } from '../../src/sqlite/sqliteModule';

function add(
	{ sql, notify }: CommandContext,
	{ name, then }: { readonly name: string; readonly then?: 'throw' },
): number {
	const id = sql.insert('INSERT INTO tally (name) VALUES (?)', name);
	notify('tally');
	if (then === 'throw') throw new Error('as asked');
	return id;
}

function fill({ sql }: CommandContext, { bytes }: { readonly bytes: number }): void {
	sql.run('INSERT INTO tally (name) VALUES (?)', 'x'.repeat(bytes));
}

function names({ sql }: CommandContext): string[] {
	return sql.all<{ name: string }>('SELECT name FROM tally ORDER BY id').map(({ name }) => name);
}

function limitPages({ sql }: CommandContext, { pages }: { readonly pages: number }): void {
	sql.execute(`PRAGMA max_page_count = ${pages}`);
}

export const sqliteModule = {
	name: 'tally',
	migrations: [
		'CREATE TABLE tally (id INTEGER PRIMARY KEY) STRICT',
		"ALTER TABLE tally ADD COLUMN name TEXT NOT NULL DEFAULT ''",
	],
	reads: { names },
	writes: { add, fill, limitPages },
	heartbeat: () => undefined,
	orphans: () => undefined,
	sweep: () => false,
} satisfies SqliteModule;

/**
 * Brings the tables to the version this package knows. Several processes that find an empty database at once take turns,
 * and the later ones find nothing left to do. A user without the right to create anything is enough once they are there.
 */
import type { CallOptions } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';
import { inboxMigrations } from '../sql/inbox';
import { storeMigrations } from '../sql/schema';
import { quoted } from './clientConfig';
import type { Link, Session } from './link';
import { committed, executeOn } from './transaction';

/** Script n takes a module from version n to n + 1. */
export type Modules = Readonly<Record<string, readonly string[]>>;

export const MODULES: Modules = { store: storeMigrations('postgres'), inbox: inboxMigrations('postgres') };

/** The oldest that PostgreSQL's makers still looked after when this was written. */
const OLDEST_SERVER = { number: 130_000, name: '13' } as const;

/**
 * @throws EventBusError `storage` when a newer package was here; `auth` when a right is missing; `unsupported` |
 *   `settings` for a server or a database this does not work on
 */
export async function migrate(link: Link, schema: string, options: CallOptions, modules = MODULES): Promise<void> {
	await link.use('opening the event store', options, async (session) => {
		await checkServer(session);
		if (isCurrent(await versionsOf(session, schema), schema, modules)) return;
		await committed(session, '', async () => await bringUp(session, schema, modules));
	});
}

async function bringUp(session: Session, schema: string, modules: Modules): Promise<void> {
	await executeOn(session)({ lock: JSON.stringify(['migrations', schema]) });
	// Looked for first: to create what exists takes a right, too.
	if (!(await hasSchema(session, schema))) await session.execute(`CREATE SCHEMA ${quoted(schema)}`);
	let versions = await versionsOf(session, schema);
	if (versions === null) {
		await session.execute('CREATE TABLE schema_version (module TEXT PRIMARY KEY, version BIGINT NOT NULL)');
		versions = new Map();
	}
	if (isCurrent(versions, schema, modules)) return;
	for (const [module, scripts] of Object.entries(modules)) {
		for (const script of scripts.slice(versions.get(module) ?? 0)) await session.execute(script);
		await session.query({
			sql: `INSERT INTO schema_version VALUES (?, ?)
				ON CONFLICT (module) DO UPDATE SET version = excluded.version`,
			values: [module, scripts.length],
		});
	}
}

/** null: there is none of our tables. */
async function versionsOf(session: Session, schema: string): Promise<ReadonlyMap<string, number> | null> {
	const name = `${quoted(schema)}.schema_version`;
	const [found] = await session.query<{ readonly exists: boolean }>({
		sql: 'SELECT to_regclass(?) IS NOT NULL AS exists',
		values: [name],
	});
	if (found?.exists !== true) return null;
	const rows = await session.query<{ readonly module: string; readonly version: number }>({
		sql: `SELECT module, version FROM ${name}`,
		values: [],
	});
	return new Map(rows.map(({ module, version }) => [module, version] as const));
}

function isCurrent(versions: ReadonlyMap<string, number> | null, schema: string, modules: Modules): boolean {
	if (versions === null) return false;
	for (const [module, { length }] of Object.entries(modules)) {
		const version = versions.get(module) ?? 0;
		if (version <= length) continue;
		throw new EventBusError(
			'storage',
			`Schema ${schema} was written by a newer n8n-nodes-event-bus ("${module}" ${version}; this one knows ${length})`,
			{ hint: 'Update n8n-nodes-event-bus here, or name another schema' },
		);
	}
	return Object.entries(modules).every(([module, { length }]) => versions.get(module) === length);
}

async function hasSchema(session: Session, schema: string): Promise<boolean> {
	const rows = await session.query({ sql: 'SELECT 1 AS found FROM pg_namespace WHERE nspname = ?', values: [schema] });
	return rows.length > 0;
}

async function checkServer(session: Session): Promise<void> {
	const [server] = await session.query<{ readonly number: number; readonly encoding: string }>({
		sql: `SELECT CAST(current_setting('server_version_num') AS INTEGER) AS number,
			current_setting('server_encoding') AS encoding`,
		values: [],
	});
	if (server && server.number < OLDEST_SERVER.number) {
		throw new EventBusError('unsupported', `This PostgreSQL is older than ${OLDEST_SERVER.name}`, {
			hint: `Update it: the event store needs ${OLDEST_SERVER.name} or newer`,
		});
	}
	if (server && server.encoding !== 'UTF8') {
		throw new EventBusError('settings', `The database has the encoding ${server.encoding}`, {
			hint: "Use a database that was created with ENCODING 'UTF8'",
		});
	}
}

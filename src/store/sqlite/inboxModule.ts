/**
 * The inbox inside the thread that owns the file.
 */
import type { CommandContext, SqliteModule } from '../../sqlite/sqliteModule';
import { forgetProcessed, inboxCommands, inboxMigrations, type InboxContext } from '../sql/inbox';
import { onSqlite } from './onSqlite';
import type { Steps } from '../sql/steps';

const FORGET_AT_ONCE = 2000;

function command<A, R>(steps: (context: InboxContext, args: A) => Steps<R>): (context: CommandContext, args: A) => R {
	return (context, args) => onSqlite(context, steps(context, args));
}

const { begin, extend, finish, fail, release } = inboxCommands;

export const sqliteModule = {
	name: 'inbox',
	migrations: inboxMigrations('sqlite'),
	reads: {},
	writes: {
		begin: command(begin),
		extend: command(extend),
		finish: command(finish),
		fail: command(fail),
		release: command(release),
	},
	heartbeat: () => undefined,
	orphans({ sql }) {
		sql.run(
			`UPDATE inbox SET owner = NULL, process = NULL
			WHERE process IS NOT NULL AND process NOT IN (SELECT id FROM process)`,
		);
	},
	sweep: (context) => onSqlite(context, forgetProcessed(context, { limit: FORGET_AT_ONCE })),
} satisfies SqliteModule;

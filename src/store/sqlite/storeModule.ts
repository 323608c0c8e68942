/**
 * The event store as a module of the SQLite file host: loaded by path into the thread that owns the file.
 */
import type { Command, CommandContext, SqliteModule } from '../../sqlite/sqliteModule';
import { storeReads, storeWrites, wakesOthers, type Writes } from '../sql/commands';
import type { StoreContext } from '../sql/context';
import { forgetChanges } from '../sql/documents';
import { storeMigrations } from '../sql/schema';
import type { Steps } from '../sql/steps';
import { onSqlite } from './onSqlite';

/** Commits wake whoever listens to it. */
export const STORE_TOPIC = 'store';

const FORGET_AT_ONCE = 1000;

type StepCommand = (context: StoreContext, args: never) => Steps<unknown>;

function commandsOf(
	commands: Readonly<Record<string, StepCommand>>,
	wakes: (command: string, args: never) => boolean,
): Record<string, Command> {
	const entries = Object.entries(commands).map(([name, command]) => {
		const run: Command = (context, args) => {
			const result = onSqlite(context, command(context, args));
			if (wakes(name, args)) context.notify(STORE_TOPIC);
			return result;
		};
		return [name, run] as const;
	});
	return Object.fromEntries(entries);
}

function version({ sql }: CommandContext): string {
	return sql.get<{ version: string }>('SELECT sqlite_version() AS version')?.version ?? '';
}

const reads: Readonly<Record<string, Command>> = { ...commandsOf(storeReads, () => false), version };

export const sqliteModule = {
	name: 'store',
	migrations: storeMigrations('sqlite'),
	reads,
	writes: commandsOf(storeWrites, (command, args) => wakesOthers(command as keyof Writes, args)),
	heartbeat: () => undefined,
	orphans: () => undefined,
	sweep: (context) => onSqlite(context, forgetChanges(context, { limit: FORGET_AT_ONCE })),
} satisfies SqliteModule;

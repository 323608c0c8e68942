/**
 * The embedded broker as a module of the SQLite file host: loaded by path into the thread that owns the file.
 */
import type { SqliteModule } from '../../sqlite/sqliteModule';
import { listDeadLetters, removeDeadLetters } from './commands/deadLetters';
import { claim, extend, look, settle } from './commands/deliveries';
import { freeOrphans, join, leave, markRead } from './commands/groups';
import { publish } from './commands/publish';
import { BROKER_MIGRATIONS } from './commands/schema';
import { sweep } from './commands/sweep';
import { channels, createAddress, dropAddress, inspect, status, weigh } from './commands/topology';

export const sqliteModule = {
	name: 'broker',
	migrations: BROKER_MIGRATIONS,
	reads: { look, listDeadLetters, inspect, channels, weigh, status },
	writes: {
		publish,
		join,
		leave,
		claim,
		extend,
		settle,
		removeDeadLetters,
		createAddress,
		dropAddress,
		/** The janitor's work on request, for tests with a clock of their own. */
		sweep,
	},
	heartbeat: markRead,
	orphans: freeOrphans,
	sweep,
} satisfies SqliteModule;

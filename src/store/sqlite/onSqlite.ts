/**
 * Carrying out a command inside the thread that owns the file. Commands run one by one there, so nothing waits.
 */
import type { CommandContext } from '../../sqlite/sqliteModule';
import { runSteps, type Steps } from '../sql/steps';

export function onSqlite<T>({ sql }: CommandContext, steps: Steps<T>): T {
	return runSteps(steps, (statement) => sql.all<object>(statement.sql, ...statement.values));
}

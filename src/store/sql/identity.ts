/**
 * A name for the store that no other store has: what tells the groups of two stores on one broker apart.
 */
import { EventBusError } from '../../kernel/errors';
import type { StoreContext } from './context';
import { first, run, type Steps } from './steps';

/** @param proposal becomes its name unless it has one */
export function* identifyStore(_context: StoreContext, { proposal }: { readonly proposal: string }): Steps<string> {
	yield* run('INSERT INTO store_identity (id, name) VALUES (1, ?) ON CONFLICT (id) DO NOTHING', proposal);
	const row = yield* first<{ readonly name: string }>('SELECT name FROM store_identity WHERE id = 1');
	if (!row) throw new EventBusError('storage', 'The table store_identity of the event store is empty');
	return row.name;
}

/**
 * An entry for each saga beside its facts: to find sagas by what they are like, and those that nobody looks after.
 */
import type { StoreContext } from './context';
import { all, first, places, run, type SqlValue, type Steps } from './steps';

export interface SagaEntry {
	readonly id: string;
	readonly name: string;
	readonly status: string;
	readonly correlationId: string;
	/** Number of its facts. */
	readonly version: number;
	/** Why it did not complete; null: nothing has failed. */
	readonly error: string | null;
	/** Milliseconds since the epoch. */
	readonly startedAt: number;
	/** Milliseconds since the epoch. */
	readonly updatedAt: number;
	/** When somebody must look after it, milliseconds since the epoch; null: it has ended. */
	readonly dueAt: number | null;
}

/** What is absent does not restrict. */
export interface SagaFilter {
	readonly id?: string;
	readonly name?: string;
	readonly statuses?: readonly string[];
	readonly correlationId?: string;
	/** Milliseconds since the epoch. */
	readonly startedBefore?: number;
}

interface SagaRow {
	readonly id: string;
	readonly name: string;
	readonly status: string;
	readonly correlation_id: string;
	readonly version: number;
	readonly error: string | null;
	readonly started_at: number;
	readonly updated_at: number;
	readonly due_at: number | null;
}

const COLUMNS = 'id, name, status, correlation_id, version, error, started_at, updated_at, due_at';

const LEASE_PREFIX = 'saga:';

/** The lease of whoever looks after a saga. */
export function sagaLease(id: string): string {
	return `${LEASE_PREFIX}${id}`;
}

/** Written in the same commit as the facts; an older version never replaces a newer one. */
export function* indexSaga(_context: StoreContext, entry: SagaEntry): Steps<void> {
	yield* run(
		`INSERT INTO saga (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET status = excluded.status, version = excluded.version, error = excluded.error,
			updated_at = excluded.updated_at, due_at = excluded.due_at WHERE saga.version < excluded.version`,
		entry.id,
		entry.name,
		entry.status,
		entry.correlationId,
		entry.version,
		entry.error,
		entry.startedAt,
		entry.updatedAt,
		entry.dueAt,
	);
}

/** Newest first. */
export function* listSagas(
	_context: StoreContext,
	{ filter, limit }: { readonly filter: SagaFilter; readonly limit: number },
): Steps<readonly SagaEntry[]> {
	const { conditions, values } = conditionsOf(filter);
	const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
	const rows = yield* all<SagaRow>(
		`SELECT ${COLUMNS} FROM saga ${where} ORDER BY started_at DESC, id DESC LIMIT ?`,
		...values,
		limit,
	);
	return rows.map(toEntry);
}

/**
 * Those that are due and that nobody looks after, longest due first.
 * @param args.names only these; null: all
 */
export function* dueSagas(
	{ now }: StoreContext,
	{ limit, names }: { readonly limit: number; readonly names: readonly string[] | null },
): Steps<readonly SagaEntry[]> {
	const named = names === null ? '' : `AND name IN (${places(names.length)})`;
	const rows = yield* all<SagaRow>(
		`SELECT ${COLUMNS} FROM saga WHERE due_at <= ? ${named} AND NOT EXISTS (
			SELECT 1 FROM lease WHERE lease.name = '${LEASE_PREFIX}' || saga.id AND lease.lease_until > ?
		) ORDER BY due_at LIMIT ?`,
		now,
		...(names ?? []),
		now,
		limit,
	);
	return rows.map(toEntry);
}

/** The number of facts of a saga, 0 for one that does not exist: tells whether there is news. */
export function* sagaVersion(_context: StoreContext, { id }: { readonly id: string }): Steps<number> {
	const row = yield* first<{ readonly version: number }>('SELECT version FROM saga WHERE id = ?', id);
	return row?.version ?? 0;
}

function conditionsOf(filter: SagaFilter): { readonly conditions: string[]; readonly values: SqlValue[] } {
	const conditions: string[] = [];
	const values: SqlValue[] = [];
	const where = (condition: string, ...its: readonly SqlValue[]) => {
		conditions.push(condition);
		values.push(...its);
	};
	const { id, name, statuses, correlationId, startedBefore } = filter;
	if (id !== undefined) where('id = ?', id);
	if (name !== undefined) where('name = ?', name);
	if (statuses !== undefined) where(`status IN (${places(statuses.length)})`, ...statuses);
	if (correlationId !== undefined) where('correlation_id = ?', correlationId);
	if (startedBefore !== undefined) where('started_at < ?', startedBefore);
	return { conditions, values };
}

function toEntry(row: SagaRow): SagaEntry {
	return {
		id: row.id,
		name: row.name,
		status: row.status,
		correlationId: row.correlation_id,
		version: row.version,
		error: row.error,
		startedAt: row.started_at,
		updatedAt: row.updated_at,
		dueAt: row.due_at,
	};
}

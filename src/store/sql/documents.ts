/**
 * The documents of read models.
 *
 * A change may carry a key: the event it follows from, and the place in the workflow. A key that was seen before changes
 * nothing, so that an event that is processed twice counts once.
 */
import { type Patch, patched } from '../documents/patch';
import { type DocumentQuery, queryStatement } from '../documents/query';
import { valuesOf } from '../documents/values';
import type { Json } from '../../event/envelope';
import { EventBusError } from '../../kernel/errors';
import type { ChangeResult, StoredDocument } from '../types';
import type { StoreContext } from './context';
import { all, first, insertRows, lock, run, type Steps } from './steps';

export interface DocumentPlace {
	readonly model: string;
	readonly id: string;
}

export interface ChangeArgs extends DocumentPlace {
	/** Of the document as it was read; 0: it must not exist; null: whatever it is. */
	readonly expect: number | null;
	/** null: the change is made each time. */
	readonly change: string | null;
}

interface DocumentRow {
	readonly id: string;
	readonly version: number;
	readonly updated_at: number;
	readonly data: string;
}

/** How long a change is remembered, milliseconds: 7 days, as long as processed events are. */
const REMEMBER_MS = 7 * 24 * 60 * 60 * 1000;

/** @throws EventBusError `version-conflict` | `too-large` */
export function* putDocument(context: StoreContext, args: ChangeArgs & { readonly data: Json }): Steps<ChangeResult> {
	return yield* changeDocument(context, args, () => args.data);
}

/** @throws EventBusError `version-conflict` | `too-large` | `settings` */
export function* patchDocument(
	context: StoreContext,
	args: ChangeArgs & { readonly patch: Patch },
): Steps<ChangeResult> {
	return yield* changeDocument(context, args, (current) => patched(current?.data ?? {}, args.patch));
}

/** @throws EventBusError `version-conflict` */
export function* deleteDocument(context: StoreContext, args: ChangeArgs): Steps<ChangeResult> {
	return yield* changeDocument(context, args, () => null);
}

/** The name under which the changes of a document wait for each other. */
export function documentLock({ model, id }: DocumentPlace): string {
	return JSON.stringify(['document', model, id]);
}

/** All documents of a read model, and what is remembered of its changes: for building it again. */
export function* clearModel(_context: StoreContext, { model }: { readonly model: string }): Steps<number> {
	yield* run('DELETE FROM document_value WHERE model = ?', model);
	yield* run('DELETE FROM document_change WHERE model = ?', model);
	return (yield* all<object>('DELETE FROM document WHERE model = ? RETURNING id', model)).length;
}

export function* getDocument(_context: StoreContext, { model, id }: DocumentPlace): Steps<StoredDocument | null> {
	const row = yield* first<DocumentRow>(
		'SELECT id, version, updated_at, data FROM document WHERE model = ? AND id = ?',
		model,
		id,
	);
	return row ? toDocument(row) : null;
}

/** @throws EventBusError `settings` */
export function* findDocuments(_context: StoreContext, query: DocumentQuery): Steps<readonly StoredDocument[]> {
	const { sql, values } = queryStatement(query);
	return (yield* all<DocumentRow>(sql, ...values)).map(toDocument);
}

/** Names of the read models that have documents. */
export function* listModels(
	_context: StoreContext,
	{ limit }: { readonly limit: number },
): Steps<readonly { readonly model: string; readonly documents: number }[]> {
	return yield* all('SELECT model, COUNT(*) AS documents FROM document GROUP BY model ORDER BY model LIMIT ?', limit);
}

/** Forgets old changes. Returns whether there may be more to do. */
export function* forgetChanges({ now }: StoreContext, { limit }: { readonly limit: number }): Steps<boolean> {
	const gone = yield* all<object>(
		`DELETE FROM document_change WHERE (model, id, change) IN
			(SELECT model, id, change FROM document_change WHERE at <= ? LIMIT ?) RETURNING at`,
		now - REMEMBER_MS,
		limit,
	);
	return gone.length === limit;
}

function* changeDocument(
	context: StoreContext,
	{ model, id, expect, change }: ChangeArgs,
	next: (current: StoredDocument | null) => Json,
): Steps<ChangeResult> {
	yield* lock(documentLock({ model, id }));
	const isFirst = change === null || (yield* remember(context, { model, id }, change));
	const current = yield* getDocument(context, { model, id });
	if (!isFirst) return { applied: false, document: current };
	checkVersion({ model, id }, expect, current?.version ?? 0);
	const data = next(current);
	// A document is an object or a list; null stands for none.
	if (data === null) {
		yield* run('DELETE FROM document WHERE model = ? AND id = ?', model, id);
		yield* replaceValues({ model, id }, null);
		return { applied: current !== null, document: null };
	}
	const version = (current?.version ?? 0) + 1;
	yield* run(
		`INSERT INTO document (model, id, version, updated_at, data) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (model, id) DO UPDATE
			SET version = excluded.version, updated_at = excluded.updated_at, data = excluded.data`,
		model,
		id,
		version,
		context.now,
		JSON.stringify(data),
	);
	yield* replaceValues({ model, id }, data);
	return { applied: true, document: { id, version, data, updatedAt: context.now } };
}

/** False: this change was made before. */
function* remember({ now }: StoreContext, { model, id }: DocumentPlace, change: string): Steps<boolean> {
	const row = yield* first<object>(
		'INSERT INTO document_change (model, id, change, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING at',
		model,
		id,
		change,
		now,
	);
	return row !== undefined;
}

function* replaceValues({ model, id }: DocumentPlace, data: Json): Steps<void> {
	yield* run('DELETE FROM document_value WHERE model = ? AND id = ?', model, id);
	if (data === null) return;
	yield* insertRows(
		'document_value (model, id, path, nth, kind, num, str)',
		valuesOf(data).map(({ path, nth, kind, num, str }) => [model, id, path, nth, kind, num, str]),
	);
}

function checkVersion({ model, id }: DocumentPlace, expect: number | null, version: number): void {
	if (expect === null || expect === version) return;
	const is = version === 0 ? 'does not exist' : `is at version ${version}`;
	const wanted = expect === 0 ? 'it was expected not to exist' : `version ${expect} was expected`;
	throw new EventBusError('version-conflict', `Document ${id} of read model ${model} ${is}, and ${wanted}`, {
		hint: 'Somebody changed it meanwhile: get it again, decide again, and write with the version you have read',
		actualVersion: version,
	});
}

function toDocument({ id, version, updated_at, data }: DocumentRow): StoredDocument {
	return { id, version, data: JSON.parse(data) as Json, updatedAt: updated_at };
}

/**
 * Snapshots: what a stream folded to, so that the next fold begins there. They can always be made again.
 */
import type { FoldState } from '../fold/fold';
import type { StoreContext } from './context';
import { first, run, type Steps } from './steps';

export interface SnapshotPlace {
	readonly stream: string;
	/** Identity of the rules that were folded with: other rules never see this state. */
	readonly rules: string;
}

export function* readSnapshot(_context: StoreContext, { stream, rules }: SnapshotPlace): Steps<FoldState | null> {
	const row = yield* first<{ version: number; latest_at: number; state: string }>(
		'SELECT version, latest_at, state FROM snapshot WHERE stream = ? AND rules = ?',
		stream,
		rules,
	);
	if (!row) return null;
	const { state, history } = JSON.parse(row.state) as Pick<FoldState, 'state' | 'history'>;
	return { version: row.version, latestAt: row.latest_at, state, history };
}

/** Keeps the newer one. */
export function* writeSnapshot(
	_context: StoreContext,
	{ stream, rules, version, latestAt, state, history }: SnapshotPlace & FoldState,
): Steps<void> {
	yield* run(
		`INSERT INTO snapshot (stream, rules, version, latest_at, state) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (stream, rules) DO UPDATE
			SET version = excluded.version, latest_at = excluded.latest_at, state = excluded.state
			WHERE snapshot.version < excluded.version`,
		stream,
		rules,
		version,
		latestAt,
		JSON.stringify({ state, history }),
	);
}

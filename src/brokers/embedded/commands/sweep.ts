/**
 * The janitor: what retention has overtaken goes, in small pieces, and every loss is counted.
 */
import type { CommandContext } from '../../../sqlite/sqliteModule';
import { deleteGroup, forgetDeliveries } from './removal';

/** How long a channel without groups keeps its history, milliseconds: the default retention, 14 days. */
export const DEFAULT_RETENTION_MS = 14 * 24 * 60 * 60 * 1000;

/** Rows removed in one transaction, so that publishes wait milliseconds for it. */
const PIECE = 1_000;

interface RetainingGroup {
	readonly id: number;
	readonly retention_ms: number;
	readonly started_at: number;
}

/** Returns whether there is more to do. */
export function sweep(context: CommandContext): boolean {
	removeAbandonedGroups(context);
	const expired = expireUnread(context);
	const removed = removeHistory(context);
	return expired || removed;
}

function removeAbandonedGroups({ sql, now }: CommandContext): void {
	const abandoned = sql.all<{ id: number }>(
		`SELECT id FROM consumer_group g
		WHERE last_read_at < ? - retention_ms AND NOT EXISTS (SELECT 1 FROM member WHERE grp = g.id)`,
		now,
	);
	for (const { id } of abandoned) deleteGroup(sql, id);
}

/** Unread for longer than the group keeps it, counted from when it was due. What is being worked on is not touched. */
function expireUnread({ sql, now }: CommandContext): boolean {
	let more = false;
	const groups = sql.all<RetainingGroup>('SELECT id, retention_ms, started_at FROM consumer_group');
	for (const { id, retention_ms: retentionMs, started_at: startedAt } of groups) {
		const before = now - retentionMs;
		if (startedAt >= before) continue;
		const late = sql.all<{ seq: number }>(
			`SELECT seq FROM delivery WHERE grp = ? AND visible_at < ? ORDER BY visible_at LIMIT ${PIECE}`,
			id,
			before,
		);
		if (late.length === 0) continue;
		forgetDeliveries(
			sql,
			id,
			late.map(({ seq }) => seq),
		);
		sql.run('UPDATE consumer_group SET expired = expired + ? WHERE id = ?', late.length, id);
		more ||= late.length === PIECE;
	}
	return more;
}

/** Settled by all, and older than the longest retention among the channel's groups. Dead letters are kept. */
function removeHistory({ sql, now }: CommandContext): boolean {
	let more = false;
	const channels = sql.all<{ id: number; retention_ms: number | null }>(
		`SELECT a.id, (SELECT MAX(retention_ms) FROM consumer_group WHERE address = a.id) AS retention_ms
		FROM address a WHERE kind = 'channel'`,
	);
	for (const { id, retention_ms: retentionMs } of channels) {
		const removed = sql.run(
			`DELETE FROM message WHERE seq IN (
				SELECT m.seq FROM message m
				WHERE m.address = ? AND m.published_at < ? AND COALESCE(m.not_before, 0) < ?
				AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.seq = m.seq)
				ORDER BY m.published_at LIMIT ${PIECE})`,
			id,
			now - (retentionMs ?? DEFAULT_RETENTION_MS),
			now - (retentionMs ?? DEFAULT_RETENTION_MS),
		);
		more ||= removed === PIECE;
	}
	return more;
}

/**
 * Handing out, prolonging and settling deliveries.
 */
import type { WireMessage } from '../../../broker/types';
import { EventBusError } from '../../../kernel/errors';
import type { Sql } from '../../../sqlite/sql';
import type { CommandContext } from '../../../sqlite/sqliteModule';
import { MESSAGE_COLUMNS, type MessageRow, toWireMessage } from './messages';
import { groupTopic } from './topics';

export interface Reader {
	readonly member: number;
	readonly group: number;
	readonly ordered: boolean;
}

export interface ClaimArgs extends Reader {
	readonly limit: number;
	readonly leaseMs: number;
	/** Bodies handed out in one claim, bytes; the first message may be larger. */
	readonly maxBytes: number;
}

export interface Claimed {
	readonly seq: number;
	readonly fence: number;
	readonly receives: number;
	readonly leaseUntil: number;
	readonly message: WireMessage;
}

/** Names a hand-out: a settlement counts only while nobody else was handed the same delivery. */
export interface Held {
	readonly seq: number;
	readonly fence: number;
}

export type HeldSettlement = Held &
	(
		| { readonly as: 'ack' | 'release' }
		| { readonly as: 'retry' | 'defer'; readonly delayMs: number; readonly headers: Readonly<Record<string, string>> }
	);

/** A delivery that nobody holds. */
export function insertDelivery(
	sql: Sql,
	{
		group,
		seq,
		dueAt,
		key,
	}: { readonly group: number; readonly seq: number; readonly dueAt: number; readonly key: string },
): void {
	sql.run(
		`INSERT INTO delivery (grp, seq, visible_at, due_at, key, owner, fence, receives, headers)
		VALUES (?, ?, ?, ?, ?, NULL, 0, 0, NULL)`,
		group,
		seq,
		dueAt,
		dueAt,
		key,
	);
}

/** First come, first served. */
const DUE = 'SELECT seq FROM delivery WHERE grp = ? AND visible_at <= ? ORDER BY visible_at, seq LIMIT ?';

/**
 * By key (the + keeps SQLite on the order of the primary key, so that the limit ends the search): not while another member holds one of its deliveries, and not before an earlier one that is not due yet. What
 * is due comes out by number, so that a claim takes a key's deliveries in order.
 */
const DUE_IN_ORDER = `
	SELECT d.seq FROM delivery d WHERE d.grp = ?1 AND +d.visible_at <= ?2 AND (d.key = '' OR NOT EXISTS (
		SELECT 1 FROM delivery o WHERE o.grp = ?1 AND o.key = d.key AND o.key <> '' AND o.visible_at > ?2
		AND ((o.owner IS NULL AND o.seq < d.seq) OR o.owner <> ?3)))
	ORDER BY d.seq LIMIT ?4`;

/** @throws EventBusError `closed` when the member was taken for dead meanwhile */
export function claim(context: CommandContext, args: ClaimArgs): Claimed[] {
	const { sql } = context;
	if (!sql.get('SELECT 1 FROM member WHERE id = ?', args.member)) {
		throw new EventBusError('closed', 'The subscription was removed while its process was suspended');
	}
	const claimed: Claimed[] = [];
	let bytes = 0;
	for (const seq of claimable(context, args)) {
		const message = sql.get<MessageRow>(`SELECT ${MESSAGE_COLUMNS} FROM message m WHERE m.seq = ?`, seq);
		if (!message) throw new EventBusError('bug', `Delivery ${seq} has no message`);
		bytes += message.body.byteLength;
		if (claimed.length > 0 && bytes > args.maxBytes) break;
		claimed.push(handOut(context, args, message));
	}
	return claimed;
}

/** Without taking anything: how many are claimable (at most `limit`), and when the next one falls due by time alone. */
export function look(
	context: CommandContext,
	args: Reader & { readonly limit: number },
): { readonly claimable: number; readonly nextAt: number | null } {
	const next = context.sql.get<{ at: number | null }>(
		'SELECT MIN(visible_at) AS at FROM delivery WHERE grp = ? AND visible_at > ?',
		args.group,
		context.now,
	);
	return { claimable: claimable(context, args).length, nextAt: next?.at ?? null };
}

/** The end of each lease; null: it belongs to somebody else. */
export function extend(
	{ sql, now }: CommandContext,
	args: Reader & { readonly held: readonly Held[]; readonly leaseMs: number },
): (number | null)[] {
	const leaseUntil = now + args.leaseMs;
	return args.held.map(({ seq, fence }) => {
		const changed = sql.run(
			'UPDATE delivery SET visible_at = ? WHERE grp = ? AND seq = ? AND owner = ? AND fence = ?',
			leaseUntil,
			args.group,
			seq,
			args.member,
			fence,
		);
		return changed > 0 ? leaseUntil : null;
	});
}

/** For each, whether it was still ours to settle. */
export function settle(
	context: CommandContext,
	args: Reader & { readonly settlements: readonly HeldSettlement[] },
): boolean[] {
	const outcomes = args.settlements.map((settlement) => settleOne(context, args, settlement));
	// An ack frees nothing but its key; everything else changes what is due, and when.
	if (args.ordered || args.settlements.some(({ as }) => as !== 'ack')) context.notify(groupTopic(args.group));
	return outcomes;
}

function claimable({ sql, now }: CommandContext, args: Reader & { readonly limit: number }): number[] {
	const rows = args.ordered
		? sql.all<{ seq: number }>(DUE_IN_ORDER, args.group, now, args.member, args.limit)
		: sql.all<{ seq: number }>(DUE, args.group, now, args.limit);
	return rows.map(({ seq }) => seq);
}

function handOut({ sql, now }: CommandContext, args: ClaimArgs, row: MessageRow): Claimed {
	const leaseUntil = now + args.leaseMs;
	const taken = sql.get<{ fence: number; receives: number; headers: string | null }>(
		`UPDATE delivery SET visible_at = ?, owner = ?, fence = fence + 1, receives = receives + 1
		WHERE grp = ? AND seq = ? RETURNING fence, receives, headers`,
		leaseUntil,
		args.member,
		args.group,
		row.seq,
	);
	if (!taken) throw new EventBusError('bug', `Delivery ${row.seq} vanished inside a transaction`);
	const { fence, receives, headers } = taken;
	return { seq: row.seq, fence, receives, leaseUntil, message: toWireMessage(row, headers) };
}

function settleOne({ sql, now }: CommandContext, { group, member }: Reader, settlement: HeldSettlement): boolean {
	const { seq, fence } = settlement;
	const ours = 'grp = ? AND seq = ? AND owner = ? AND fence = ?';
	switch (settlement.as) {
		case 'ack': {
			const settled = sql.run(`DELETE FROM delivery WHERE ${ours}`, group, seq, member, fence) > 0;
			if (settled) sql.run('DELETE FROM message WHERE seq = ? AND only_for IS NOT NULL', seq);
			return settled;
		}
		case 'release':
			return (
				sql.run(
					`UPDATE delivery SET visible_at = due_at, owner = NULL, receives = receives - 1 WHERE ${ours}`,
					group,
					seq,
					member,
					fence,
				) > 0
			);
		case 'retry':
		case 'defer': {
			const dueAt = now + Math.max(0, settlement.delayMs);
			return (
				sql.run(
					`UPDATE delivery SET visible_at = ?, due_at = ?, owner = NULL, receives = receives - ?,
						headers = json_patch(COALESCE(headers, '{}'), ?) WHERE ${ours}`,
					dueAt,
					dueAt,
					// Only a failed run counts as received.
					settlement.as === 'defer' ? 1 : 0,
					JSON.stringify(settlement.headers),
					group,
					seq,
					member,
					fence,
				) > 0
			);
		}
	}
}

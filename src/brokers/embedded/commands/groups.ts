/**
 * Consumer groups and their members: who may read with which types, and from where.
 */
import type { FixedStart, Provision, StartPosition, SubscribeOptions } from '../../../broker/types';
import { EventBusError } from '../../../kernel/errors';
import type { CommandContext } from '../../../sqlite/sqliteModule';
import { channelName, provideAddress } from './addresses';
import { deleteGroup, forgetDeliveries } from './removal';
import { fillFrom } from './start';
import { groupTopic } from './topics';
import { canonicalTypes, patternsOf, wantsOf } from './typeFilter';

export interface JoinArgs {
	readonly from: SubscribeOptions['from'];
	readonly types: readonly string[];
	readonly group: string;
	readonly consumer: string;
	readonly lifetime: 'durable' | 'ephemeral';
	readonly start: StartPosition;
	readonly ordered: boolean;
	readonly retentionMs: number;
	readonly provision: Provision;
}

export interface Joined {
	readonly member: number;
	readonly group: number;
	readonly generation: number;
}

interface GroupRow {
	readonly id: number;
	readonly types: string;
	readonly generation: number;
}

interface MemberRow {
	readonly consumer: string;
	readonly ordered: number;
}

const GROUP_COLUMNS = 'id, types, generation';

/**
 * Makes the group exist with a position, and us a member of it.
 * @throws EventBusError `conflict` when a live member reads it with other types, or in another order; `not-found`
 */
export function join(context: CommandContext, args: JoinArgs): Joined {
	const { sql, now, process } = context;
	const address = provideAddress(sql, args.from, args.provision);
	const types = canonicalTypes(args.types);
	const found = sql.get<GroupRow>(
		`SELECT ${GROUP_COLUMNS} FROM consumer_group WHERE address = ? AND name = ?`,
		address,
		args.group,
	);
	const group = found ? rejoin(context, found, types, args) : create(context, address, types, args);
	sql.run(
		'UPDATE consumer_group SET retention_ms = ?, lifetime = ?, last_read_at = ? WHERE id = ?',
		args.retentionMs,
		args.lifetime,
		now,
		group.id,
	);
	const member = sql.insert(
		'INSERT INTO member (grp, process, consumer, ordered) VALUES (?, ?, ?, ?)',
		group.id,
		process,
		args.consumer,
		args.ordered ? 1 : 0,
	);
	return { member, group: group.id, generation: group.generation };
}

/** Gives back what the member holds; an ephemeral group goes with its last member. */
export function leave(context: CommandContext, { member }: { readonly member: number }): void {
	const { sql, now } = context;
	const row = sql.get<{ grp: number; lifetime: string }>(
		'SELECT grp, lifetime FROM member JOIN consumer_group g ON g.id = grp WHERE member.id = ?',
		member,
	);
	if (!row) return;
	sql.run('DELETE FROM member WHERE id = ?', member);
	// As it came: a hand-out that was given back is not counted.
	sql.run(
		`UPDATE delivery SET visible_at = due_at, owner = NULL, receives = receives - 1
		WHERE grp = ? AND visible_at > ? AND owner = ?`,
		row.grp,
		now,
		member,
	);
	sql.run('UPDATE consumer_group SET last_read_at = ? WHERE id = ?', now, row.grp);
	if (row.lifetime === 'ephemeral' && membersOf(context, row.grp).length === 0) deleteGroup(sql, row.grp);
	context.notify(groupTopic(row.grp));
}

/** What a process held that died without a word. Its hand-outs count: this is how a crash loop shows. */
export function freeOrphans({ sql, now, notify }: CommandContext): void {
	const orphans = sql.all<{ id: number; grp: number }>(
		'SELECT id, grp FROM member WHERE process NOT IN (SELECT id FROM process)',
	);
	for (const { id, grp } of orphans) {
		sql.run(
			'UPDATE delivery SET visible_at = due_at, owner = NULL WHERE grp = ? AND visible_at > ? AND owner = ?',
			grp,
			now,
			id,
		);
		sql.run('DELETE FROM member WHERE id = ?', id);
		notify(groupTopic(grp));
	}
	const unowned = sql.all<{ id: number }>(
		`SELECT id FROM consumer_group g WHERE lifetime = 'ephemeral' AND NOT EXISTS (SELECT 1 FROM member WHERE grp = g.id)`,
	);
	for (const { id } of unowned) deleteGroup(sql, id);
}

/** Retention of a group counts from when somebody last read it. */
export function markRead({ sql, now, process }: CommandContext): void {
	sql.run(
		'UPDATE consumer_group SET last_read_at = ? WHERE id IN (SELECT grp FROM member WHERE process = ?)',
		now,
		process,
	);
}

function create(context: CommandContext, address: number, types: string, args: JoinArgs): GroupRow {
	const { sql, now } = context;
	const id = sql.insert(
		`INSERT INTO consumer_group
			(address, name, types, lifetime, generation, retention_ms, started_at, last_read_at, expired)
		VALUES (?, ?, ?, ?, 1, ?, ?, ?, 0)`,
		address,
		args.group,
		types,
		args.lifetime,
		args.retentionMs,
		now,
		now,
	);
	fillFrom(context, args.from, { group: id, types, start: firstStart(args.start) });
	return { id, types, generation: 1 };
}

function rejoin(context: CommandContext, found: GroupRow, types: string, args: JoinArgs): GroupRow {
	if (membersOf(context, found.id).length > 0) context.removeDeadProcesses();
	// An ephemeral group can have gone with its dead owner.
	const group = context.sql.get<GroupRow>(`SELECT ${GROUP_COLUMNS} FROM consumer_group WHERE id = ?`, found.id);
	if (!group) return create(context, provideAddress(context.sql, args.from, 'create'), types, args);
	const others = membersOf(context, group.id);
	const [other] = others;
	if (other) {
		refuseOtherReading(group, other, types, args);
		// A start other than `committed` was carried out by the first member; its peers join where the group stands.
		return group;
	}
	if (group.types !== types) changeTypes(context, group.id, types);
	return args.start.at === 'committed' ? group : reset(context, group, types, args, args.start);
}

function refuseOtherReading(group: GroupRow, other: MemberRow, types: string, args: JoinArgs): void {
	const name = `The consumer group "${args.group}" of channel "${channelOf(args.from)}"`;
	if (group.types !== types) {
		throw new EventBusError(
			'conflict',
			`${name} is already read with the event types ${patternsOf(group.types).join(', ')} (by ${other.consumer})`,
			{ hint: 'Use another consumer group, or the same event types in every trigger of this group' },
		);
	}
	if ((other.ordered === 1) !== args.ordered) {
		throw new EventBusError(
			'conflict',
			`${name} is already read ${other.ordered === 1 ? 'in order by key' : 'without order'} (by ${other.consumer})`,
			{ hint: 'Use another consumer group, or the same Order setting in every trigger of this group' },
		);
	}
}

/** The only reader wants other types: what waits and is not wanted any more goes, what is new follows the new types. */
function changeTypes({ sql, now }: CommandContext, group: number, types: string): void {
	const wants = wantsOf(types);
	const waiting = sql.all<{ seq: number; type: string; version: string | null }>(
		`SELECT d.seq, m.type, m.version FROM delivery d JOIN message m ON m.seq = d.seq
		WHERE d.grp = ? AND m.only_for IS NULL AND (d.owner IS NULL OR d.visible_at <= ?)`,
		group,
		now,
	);
	const unwanted = waiting.filter(({ type, version }) => !wants(type, version)).map(({ seq }) => seq);
	forgetDeliveries(sql, group, unwanted);
	sql.run('UPDATE consumer_group SET types = ? WHERE id = ?', types, group);
}

/** A new generation, or the inbox would drop a replay as duplicates. Redrives are the group's own and stay. */
function reset(context: CommandContext, group: GroupRow, types: string, args: JoinArgs, start: FixedStart): GroupRow {
	const { sql, now } = context;
	sql.run(
		'DELETE FROM delivery WHERE grp = ? AND seq NOT IN (SELECT seq FROM message WHERE only_for = ?)',
		group.id,
		group.id,
	);
	const generation = group.generation + 1;
	sql.run('UPDATE consumer_group SET generation = ?, started_at = ? WHERE id = ?', generation, now, group.id);
	fillFrom(context, args.from, { group: group.id, types, start });
	return { ...group, generation };
}

function firstStart(start: StartPosition): FixedStart {
	return start.at === 'committed' ? start.otherwise : start;
}

function membersOf({ sql }: CommandContext, group: number): MemberRow[] {
	return sql.all<MemberRow>('SELECT consumer, ordered FROM member WHERE grp = ?', group);
}

function channelOf(from: SubscribeOptions['from']): string {
	return channelName(from.kind === 'dead-letters' ? from.of : from);
}

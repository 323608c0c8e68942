/**
 * What exists in the file, and creating or deleting it on request.
 */
import type { Address, ChannelState, GroupState, Source } from '../../../broker/types';
import { EventBusError } from '../../../kernel/errors';
import type { Sql } from '../../../sqlite/sql';
import type { CommandContext } from '../../../sqlite/sqliteModule';
import { channelName, findAddress, findGroup, provideAddress } from './addresses';
import { deleteAddress, deleteGroup } from './removal';
import { usedBytes } from './sizeCap';
import { DEFAULT_RETENTION_MS } from './sweep';
import { groupTopic } from './topics';
import { canonicalTypes, patternsOf } from './typeFilter';

interface GroupRow {
	readonly id: number;
	readonly name: string;
	readonly types: string;
	readonly lifetime: 'durable' | 'ephemeral';
	readonly retention_ms: number;
	readonly last_read_at: number;
	readonly expired: number;
}

export function inspect(context: CommandContext, { sources }: { readonly sources: readonly Source[] }): ChannelState[] {
	return sources.map((source) => inspectOne(context, source));
}

export function channels({ sql }: CommandContext): string[] {
	return sql
		.all<{ channel: string }>("SELECT channel FROM address WHERE kind = 'channel' ORDER BY channel")
		.map(({ channel }) => channel);
}

/** Whether each address exists, and how many messages would go with it. */
export function weigh(
	{ sql }: CommandContext,
	{ addresses }: { readonly addresses: readonly Address[] },
): ({ readonly messages: number } | null)[] {
	return addresses.map((address) => {
		if (address.kind === 'group') {
			const group = findGroup(sql, address.of, address.group);
			return group === null
				? null
				: { messages: count(sql, 'SELECT COUNT(*) AS n FROM delivery WHERE grp = ?', group) };
		}
		const found = addressesOf(sql, address);
		if (found.length === 0) return null;
		const query = 'SELECT COUNT(*) AS n FROM message WHERE address = ?';
		return { messages: found.reduce((sum, id) => sum + count(sql, query, id), 0) };
	});
}

export function createAddress(context: CommandContext, { address }: { readonly address: Address }): void {
	const { sql, now } = context;
	if (address.kind !== 'group') {
		provideAddress(sql, address, 'create');
		return;
	}
	const channel = provideAddress(sql, address.of, 'create');
	// It collects everything until its first reader says what it wants.
	sql.run(
		`INSERT INTO consumer_group
			(address, name, types, lifetime, generation, retention_ms, started_at, last_read_at, expired)
		VALUES (?, ?, ?, 'durable', 1, ?, ?, ?, 0) ON CONFLICT DO NOTHING`,
		channel,
		address.group,
		canonicalTypes(['#']),
		DEFAULT_RETENTION_MS,
		now,
		now,
	);
}

/** @throws EventBusError `conflict` while somebody reads it */
export function dropAddress(context: CommandContext, { address }: { readonly address: Address }): void {
	const { sql } = context;
	context.removeDeadProcesses();
	if (address.kind === 'group') {
		const group = findGroup(sql, address.of, address.group);
		if (group === null) return;
		refuseWhileRead(sql, group, address.group);
		deleteGroup(sql, group);
		context.notify(groupTopic(group));
		return;
	}
	for (const id of addressesOf(sql, address)) {
		const groups = sql.all<GroupRow>('SELECT * FROM consumer_group WHERE address = ?', id);
		if (address.kind !== 'dead-letters') {
			for (const group of groups) refuseWhileRead(sql, group.id, group.name);
			deleteAddress(sql, id);
			continue;
		}
		// Dead letters go; those who listen for new ones stay.
		sql.run('DELETE FROM delivery WHERE seq IN (SELECT seq FROM message WHERE address = ?)', id);
		sql.run('DELETE FROM message WHERE address = ?', id);
	}
}

/** For `health`: proves that the file can be read. */
export function status({ sql }: CommandContext): { readonly version: string; readonly bytes: number } {
	const version = sql.get<{ version: string }>('SELECT sqlite_version() AS version')?.version ?? '';
	return { version, bytes: usedBytes(sql) };
}

function inspectOne(context: CommandContext, source: Source): ChannelState {
	const { sql, now } = context;
	const id = findAddress(sql, source);
	if (id === null) return { source, exists: false, messages: 0, oldestMs: null, groups: [], native: {} };
	const groups = sql
		.all<GroupRow>('SELECT * FROM consumer_group WHERE address = ? ORDER BY name', id)
		.map((group) => groupState(context, source, group));
	const ages = groups.map(({ oldestMs }) => oldestMs).filter((age) => age !== null);
	return {
		source,
		exists: true,
		messages: count(sql, 'SELECT COUNT(*) AS n FROM message WHERE address = ? AND only_for IS NULL', id),
		oldestMs: ages.length === 0 ? null : Math.max(...ages),
		groups,
		native: { newestPublishedAt: newestAt(sql, id), asOf: now },
	};
}

function groupState({ sql, now }: CommandContext, source: Source, group: GroupRow): GroupState {
	const consumers = count(sql, 'SELECT COUNT(*) AS n FROM member WHERE grp = ?', group.id);
	const all = count(sql, 'SELECT COUNT(*) AS n FROM delivery WHERE grp = ?', group.id);
	const inFlight = count(
		sql,
		'SELECT COUNT(*) AS n FROM delivery WHERE grp = ? AND visible_at > ? AND owner IS NOT NULL',
		group.id,
		now,
	);
	const oldest = sql.get<{ at: number }>(
		'SELECT m.published_at AS at FROM delivery d JOIN message m ON m.seq = d.seq WHERE d.grp = ? ORDER BY d.seq LIMIT 1',
		group.id,
	);
	const deadLetters = findAddress(sql, { kind: 'dead-letters', of: source, group: group.name });
	return {
		group: group.name,
		types: patternsOf(group.types),
		lifetime: group.lifetime,
		backlog: all - inFlight,
		inFlight,
		consumers,
		oldestMs: oldest ? Math.max(0, now - oldest.at) : null,
		deadLetters:
			deadLetters === null ? 0 : count(sql, 'SELECT COUNT(*) AS n FROM message WHERE address = ?', deadLetters),
		expired: group.expired,
		lastReadAt: group.last_read_at,
		removedAt: consumers > 0 ? null : group.last_read_at + group.retention_ms,
	};
}

function refuseWhileRead(sql: Sql, group: number, name: string): void {
	const reader = sql.get<{ consumer: string }>('SELECT consumer FROM member WHERE grp = ?', group);
	if (!reader) return;
	throw new EventBusError('conflict', `The consumer group "${name}" is being read (by ${reader.consumer})`, {
		hint: 'Deactivate the workflow that reads it first',
	});
}

function addressesOf(sql: Sql, address: Exclude<Address, { kind: 'group' }>): readonly number[] {
	if (address.kind === 'dead-letters' && address.group === null) {
		return sql
			.all<{ id: number }>(
				"SELECT id FROM address WHERE kind = 'dead-letters' AND channel = ?",
				channelName(address.of),
			)
			.map(({ id }) => id);
	}
	const id = findAddress(sql, address);
	return id === null ? [] : [id];
}

function newestAt(sql: Sql, address: number): number | null {
	const query = 'SELECT MAX(published_at) AS at FROM message WHERE address = ?';
	return sql.get<{ at: number | null }>(query, address)?.at ?? null;
}

function count(sql: Sql, query: string, ...values: readonly (string | number)[]): number {
	return sql.get<{ n: number }>(query, ...values)?.n ?? 0;
}

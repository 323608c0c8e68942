/**
 * Storing messages, and one delivery row for every group that wants them, in the same transaction.
 */
import type { Address, Provision, Stored, WireMessage } from '../../../broker/types';
import { EventBusError } from '../../../kernel/errors';
import type { CommandContext } from '../../../sqlite/sqliteModule';
import { findGroup, groupNotFound, provideAddress, type StoredAddress } from './addresses';
import { insertDelivery } from './deliveries';
import { insertMessage, type Placed, versionOf } from './messages';
import { makeRoom } from './sizeCap';
import { groupTopic } from './topics';
import { wantsOf } from './typeFilter';

export interface PublishArgs {
	readonly to: Address;
	readonly messages: readonly WireMessage[];
	readonly provision: Provision;
	/** Size cap of the file. */
	readonly maxFileBytes: number;
}

interface Reader {
	readonly id: number;
	readonly types: string;
}

/** All or none. @throws EventBusError `not-found` | `storage` when the file is full of unread events */
export function publish(context: CommandContext, { to, messages, provision, maxFileBytes }: PublishArgs): Stored[] {
	makeRoom(context, messages, maxFileBytes);
	if (to.kind === 'group') return publishToGroup(context, to, messages);
	if (to.kind === 'dead-letters' && to.group === null) {
		throw new EventBusError('bug', 'Dead letters are published to one group');
	}
	const address = provideAddress(context.sql, to, provision);
	const readers = readersOf(context, to, address);
	const stored = messages.map((message) => store(context, message, { address, onlyFor: null }, readers));
	return stored;
}

/** A redrive or a copy: nobody but the group sees it, whatever types it reads. */
function publishToGroup(
	context: CommandContext,
	to: Extract<Address, { kind: 'group' }>,
	messages: readonly WireMessage[],
): Stored[] {
	const group = findGroup(context.sql, to.of, to.group);
	if (group === null) throw groupNotFound(to.of, to.group);
	const address = provideAddress(context.sql, to.of, 'verify');
	return messages.map((message) => {
		const seq = insertMessage(context.sql, message, { address, onlyFor: group }, context.now);
		deliver(context, group, seq, message);
		return { cursor: String(seq), matched: 'yes' };
	});
}

function store(context: CommandContext, message: WireMessage, placed: Placed, readers: readonly Reader[]): Stored {
	const seq = insertMessage(context.sql, message, placed, context.now);
	const version = versionOf(message);
	const wanting = readers.filter(({ types }) => wantsOf(types)(message.type, version));
	for (const { id } of wanting) deliver(context, id, seq, message);
	return { cursor: String(seq), matched: wanting.length > 0 ? 'yes' : 'no' };
}

function deliver({ sql, now, notify }: CommandContext, group: number, seq: number, message: WireMessage): void {
	insertDelivery(sql, { group, seq, dueAt: Math.max(now, message.notBefore ?? 0), key: message.orderingKey ?? '' });
	notify(groupTopic(group));
}

/** Dead letters of one group are read by those who listen to it, and by those who listen to all groups. */
function readersOf({ sql }: CommandContext, to: StoredAddress, address: number): Reader[] {
	const query = 'SELECT id, types FROM consumer_group WHERE address = ?';
	if (to.kind !== 'dead-letters') return sql.all<Reader>(query, address);
	const ofAllGroups = provideAddress(sql, { ...to, group: null }, 'create');
	return sql.all<Reader>(`${query} OR address = ?`, address, ofAllGroups);
}

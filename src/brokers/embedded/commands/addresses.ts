/**
 * From an address of the seam to rows of the file. A source of kind `existing` is a channel that is never created.
 */
import { EventBusError } from '../../../kernel/errors';
import type { Sql } from '../../../sqlite/sql';
import type { Address, Provision, Source } from '../../../broker/types';

export type StoredAddress = Exclude<Address, { kind: 'group' }>;

interface AddressKey {
	readonly kind: 'channel' | 'dead-letters';
	readonly channel: string;
	readonly ofGroup: string;
}

export function channelName(source: Source): string {
	return source.kind === 'channel' ? source.channel : source.name;
}

/** null: it does not exist. */
export function findAddress(sql: Sql, address: StoredAddress): number | null {
	const { kind, channel, ofGroup } = keyOf(address);
	const row = sql.get<{ id: number }>(
		'SELECT id FROM address WHERE kind = ? AND channel = ? AND of_group = ?',
		kind,
		channel,
		ofGroup,
	);
	return row?.id ?? null;
}

/**
 * The address, created if `provision` and its kind allow it.
 * @throws EventBusError `not-found`
 */
export function provideAddress(sql: Sql, address: StoredAddress, provision: Provision): number {
	const found = findAddress(sql, address);
	if (found !== null) return found;
	// Dead letters are written in an emergency: whoever may fail there would lose the event.
	if (address.kind !== 'dead-letters' && (address.kind === 'existing' || provision !== 'create')) {
		throw channelNotFound(channelName(address));
	}
	const { kind, channel, ofGroup } = keyOf(address);
	return sql.insert('INSERT INTO address (kind, channel, of_group) VALUES (?, ?, ?)', kind, channel, ofGroup);
}

/** A group of a channel, for what is private to it; null: it does not exist. */
export function findGroup(sql: Sql, source: Source, name: string): number | null {
	const address = findAddress(sql, source);
	if (address === null) return null;
	const row = sql.get<{ id: number }>('SELECT id FROM consumer_group WHERE address = ? AND name = ?', address, name);
	return row?.id ?? null;
}

export function channelNotFound(channel: string): EventBusError {
	return new EventBusError('not-found', `There is no channel "${channel}" in the embedded broker`, {
		hint: 'Check the name, or let the node create the channel (Provision = create)',
	});
}

export function groupNotFound(source: Source, group: string): EventBusError {
	return new EventBusError('not-found', `There is no consumer group "${group}" in channel "${channelName(source)}"`, {
		hint: 'Check the name; a group exists from the first time its trigger is active until it is deleted',
	});
}

function keyOf(address: StoredAddress): AddressKey {
	if (address.kind === 'dead-letters') {
		return { kind: 'dead-letters', channel: channelName(address.of), ofGroup: address.group ?? '' };
	}
	return { kind: 'channel', channel: channelName(address), ofGroup: '' };
}

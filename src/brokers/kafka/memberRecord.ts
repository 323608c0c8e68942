/**
 * What members of a group tell each other, in the bytes that Kafka passes on unread.
 */
import { EventBusError } from '../../kernel/errors';
import { MemberMetadata } from './client';
import type { TopicPartition } from './protocol';

/** What a member says of itself when it joins. */
export interface MemberRecord {
	readonly types: readonly string[];
	readonly since: number;
	readonly owned: readonly TopicPartition[];
	/** It takes nothing new any more, and keeps only what it names. */
	readonly isDraining: boolean;
	/** Changes when the member wants a new round. */
	readonly round: number;
}

/** null: it is no member of ours, or the group is rebalancing. */
export function readMember(memberMetadata: Buffer): MemberRecord | null {
	try {
		const { userData } = MemberMetadata.decode(memberMetadata);
		const record = JSON.parse(userData.toString()) as MemberRecord;
		return Array.isArray(record.types) ? record : null;
	} catch {
		return null;
	}
}

export function typesConflict(groupId: string, wanted: readonly string[], others: readonly string[]): EventBusError {
	return new EventBusError(
		'conflict',
		`The group ${groupId} is read with the event types ${listed(others)}, and not with ${listed(wanted)}`,
		{ hint: 'Use another consumer group, or the same event types' },
	);
}

/** What the leader tells a member that reads other types; null: it is admitted. */
export function refusedForOf(userData: Buffer | undefined): readonly string[] | null {
	if (!userData || userData.length === 0) return null;
	const { refusedFor } = JSON.parse(userData.toString()) as { refusedFor?: readonly string[] };
	return refusedFor ?? null;
}

function listed(types: readonly string[]): string {
	return types.length === 0 ? '(none of ours)' : types.join(', ');
}

/**
 * Groups as the cluster knows them: which there are, how they stand, and removing them.
 */
import type { GroupState } from '../../broker/types';
import { readRecord, type GroupRecord } from './commitRecord';
import type { KafkaLink } from './client';
import { check } from './errors';
import { readMember } from './memberRecord';
import { belongsTo, retryTopics } from './names';
import { coordinatorOf, describeGroup, fetchCommitted, type Committed, type DescribedMember } from './offsets';
import { CODE } from './protocol';

/** Where topics begin and end, by partition. */
export interface Extents {
	readonly earliest: ReadonlyMap<string, readonly number[]>;
	readonly latest: ReadonlyMap<string, readonly number[]>;
}

export interface FoundGroup {
	readonly groupId: string;
	readonly members: readonly DescribedMember[];
	readonly committed: readonly Committed[];
	/** null: it was not made by us, or its record is gone. */
	readonly record: GroupRecord | null;
}

/** @returns the group.ids of ours beside this topic */
export async function groupIdsOf(link: KafkaLink, topic: string): Promise<readonly string[]> {
	const { brokers } = await link.cluster();
	const answers = await Promise.all(brokers.map(async ({ nodeId }) => await link.askNode(nodeId, 'ListGroups', {})));
	const ids = answers.flatMap(({ errorCode, groups }) => {
		check(errorCode, 'the list of groups');
		return groups.map(({ groupId }) => groupId);
	});
	return [...new Set(ids)].filter((groupId) => belongsTo(topic, groupId)).sort();
}

export async function lookAtGroup(
	link: KafkaLink,
	groupId: string,
	topic: string,
	{ latest }: Extents,
): Promise<FoundGroup> {
	const partitions = [topic, ...retryTopics(groupId)].flatMap((each) =>
		(latest.get(each) ?? []).map((_end, partition) => ({ topic: each, partition })),
	);
	const [members, committed] = await Promise.all([
		describeGroup(link, groupId),
		fetchCommitted(link, groupId, partitions),
	]);
	const records = committed.flatMap(({ offset, metadata }) => readRecord(metadata, offset ?? 0)?.group ?? []);
	return { groupId, members, committed, record: records[0] ?? null };
}

export function stateOf(
	group: string,
	{ members, committed, record }: FoundGroup,
	{ earliest, latest }: Extents,
	topic: string,
	deadLetters: number | null,
): GroupState {
	const types = members
		.map(({ memberMetadata }) => readMember(memberMetadata)?.types)
		.find((found) => found !== undefined);
	let backlog = 0;
	let expired = 0;
	for (const { topic: at, partition, offset, metadata } of committed) {
		const first = earliest.get(at)?.[partition] ?? 0;
		const end = latest.get(at)?.[partition] ?? 0;
		const position = offset ?? first;
		const settled = readRecord(metadata, position)?.settled ?? [];
		const done = settled.reduce((sum, range) => sum + Math.max(0, range.last - Math.max(range.first, first) + 1), 0);
		backlog += Math.max(0, end - Math.max(position, first) - done);
		if (at === topic) expired += Math.max(0, first - position);
	}
	return {
		group,
		types: types ?? record?.types ?? [],
		lifetime: record?.lifetime ?? 'durable',
		backlog,
		// Kafka knows positions only: what is being worked on waits, as far as it can tell.
		inFlight: 0,
		consumers: members.length,
		oldestMs: null,
		deadLetters,
		expired,
		lastReadAt: record?.at ?? null,
		removedAt: members.length === 0 && record ? record.at + record.retentionMs : null,
	};
}

/** What is gone already is no error. @returns those that have members and stay */
export async function removeGroups(link: KafkaLink, groupIds: readonly string[]): Promise<readonly string[]> {
	const stay: string[] = [];
	for (const groupId of groupIds) {
		const nodeId = await coordinatorOf(link, groupId);
		const { results } = await link.askNode(nodeId, 'DeleteGroups', [groupId]);
		for (const { errorCode } of results) {
			if (errorCode === CODE.nonEmptyGroup) stay.push(groupId);
			else if (errorCode !== CODE.groupNotFound) check(errorCode, `group ${groupId}`);
		}
	}
	return stay;
}

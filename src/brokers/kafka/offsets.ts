/**
 * Positions: where topics begin and end, and where groups stand.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaLink } from './client';
import { check, isPassing } from './errors';
import { CODE, KafkaError, type TopicPartition } from './protocol';

const EARLIEST = '-2';
const LATEST = '-1';
/** A moved leader or coordinator is known to all after a moment. */
const TRIES = 20;
const BETWEEN_TRIES_MS = 100;

export interface Committed extends TopicPartition {
	/** null: the group has no position here. */
	readonly offset: number | null;
	readonly metadata: string | null;
}

export interface Commit extends TopicPartition {
	readonly offset: number;
	readonly metadata: string;
}

export interface Member {
	readonly memberId: string;
	readonly generationId: number;
}

const NOBODY: Member = { memberId: '', generationId: -1 };

/** The group has members now, or has had members a moment ago. */
const HAS_MEMBERS: ReadonlySet<number> = new Set([
	CODE.unknownMember,
	CODE.illegalGeneration,
	CODE.rebalanceInProgress,
]);

export interface DescribedMember {
	readonly memberId: string;
	readonly clientId: string;
	/** Empty while the group is rebalancing. */
	readonly memberMetadata: Buffer;
}

/** @returns what exists of these topics, with their leaders: partition numbers are 0, 1, 2, … */
export async function leadersOf(
	link: KafkaLink,
	topics: readonly string[],
): Promise<ReadonlyMap<string, readonly number[]>> {
	if (topics.length === 0) return new Map();
	const { topicMetadata } = await link.metadata(topics);
	const found = new Map<string, readonly number[]>();
	for (const { topic, topicErrorCode, partitionMetadata } of topicMetadata) {
		if (topicErrorCode === CODE.unknownTopic) continue;
		if (topicErrorCode !== CODE.none && topicErrorCode !== CODE.leaderNotAvailable)
			check(topicErrorCode, `topic ${topic}`);
		const leaders = partitionMetadata.toSorted((a, b) => a.partitionId - b.partitionId).map(({ leader }) => leader);
		found.set(topic, leaders);
	}
	return found;
}

export type Place = 'earliest' | 'latest' | { readonly time: number };

/** @returns by topic, for each partition; the end where nothing is as late as the time asked for */
export async function listOffsets(
	link: KafkaLink,
	topics: readonly string[],
	place: Place,
): Promise<ReadonlyMap<string, readonly number[]>> {
	return await untilSettled(async () => {
		const leaders = await leadersOf(link, topics);
		const found = await ask(link, leaders, timestampOf(place));
		if (typeof place === 'string') return found;
		const ends = await ask(link, leaders, LATEST);
		const orEnd = (topic: string, offset: number, partition: number) =>
			offset >= 0 ? offset : (ends.get(topic)?.[partition] ?? 0);
		return new Map(
			[...found].map(([topic, offsets]) => [
				topic,
				offsets.map((offset, partition) => orEnd(topic, offset, partition)),
			]),
		);
	});
}

export async function coordinatorOf(link: KafkaLink, groupId: string): Promise<number> {
	return await untilSettled(async () => {
		const { errorCode, coordinator } = await link.ask('GroupCoordinator', { groupId, coordinatorType: 0 });
		check(errorCode, `group ${groupId}`);
		link.learn(coordinator);
		return coordinator.nodeId;
	});
}

/** @returns one entry a partition that was asked for */
export async function fetchCommitted(
	link: KafkaLink,
	groupId: string,
	partitions: readonly TopicPartition[],
): Promise<readonly Committed[]> {
	if (partitions.length === 0) return [];
	return await untilSettled(async () => {
		const nodeId = await coordinatorOf(link, groupId);
		const topics = byTopic(partitions, ({ partition }) => ({ partition }));
		const { errorCode = CODE.none, responses } = await link.askNode(nodeId, 'OffsetFetch', { groupId, topics });
		check(errorCode, `group ${groupId}`);
		return responses.flatMap(({ topic, partitions: answered }) =>
			answered.map(({ partition, offset, metadata, errorCode: code }) => {
				if (code !== CODE.unknownTopic) check(code, `group ${groupId}`);
				return { topic, partition, offset: Number(offset) < 0 ? null : Number(offset), metadata };
			}),
		);
	});
}

/**
 * As no member of the group, which the broker takes only while the group has no members.
 * @returns false: it has some
 * @throws KafkaError the first one that any partition answers
 */
export async function commitAsNobody(link: KafkaLink, groupId: string, commits: readonly Commit[]): Promise<boolean> {
	if (commits.length === 0) return true;
	return await untilSettled(async () => {
		const nodeId = await coordinatorOf(link, groupId);
		const code = await commitTo(link, nodeId, groupId, NOBODY, commits);
		if (HAS_MEMBERS.has(code)) return false;
		check(code, `group ${groupId}`);
		return true;
	});
}

/** @returns the first error code that is not 0 */
export async function commitTo(
	link: KafkaLink,
	nodeId: number,
	groupId: string,
	{ memberId, generationId }: Member,
	commits: readonly Commit[],
): Promise<number> {
	const topics = byTopic(commits, ({ partition, offset, metadata }) => ({
		partition,
		offset: String(offset),
		metadata,
	}));
	const { responses } = await link.askNode(nodeId, 'OffsetCommit', {
		groupId,
		memberId,
		groupGenerationId: generationId,
		// As long as the broker keeps positions by default.
		retentionTime: '-1',
		topics,
	});
	const codes = responses.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode));
	return codes.find((code) => code !== CODE.none) ?? CODE.none;
}

/** The members of a group; none where there is no such group. */
export async function describeGroup(link: KafkaLink, groupId: string): Promise<readonly DescribedMember[]> {
	return await untilSettled(async () => {
		const nodeId = await coordinatorOf(link, groupId);
		const { groups } = await link.askNode(nodeId, 'DescribeGroups', { groupIds: [groupId] });
		const [group] = groups;
		if (!group || group.errorCode === CODE.groupNotFound) return [];
		check(group.errorCode, `group ${groupId}`);
		return group.members;
	});
}

/** Tries again while leaders and coordinators are moving. */
async function untilSettled<T>(work: () => Promise<T>): Promise<T> {
	for (let tries = 1; ; tries += 1) {
		try {
			return await work();
		} catch (error) {
			if (!(error instanceof KafkaError) || !isPassing(error.code) || tries >= TRIES) throw error;
			await sleep(BETWEEN_TRIES_MS);
		}
	}
}

async function ask(
	link: KafkaLink,
	leaders: ReadonlyMap<string, readonly number[]>,
	timestamp: string,
): Promise<ReadonlyMap<string, readonly number[]>> {
	const found = new Map([...leaders].map(([topic, partitions]) => [topic, partitions.map(() => 0)] as const));
	const all = [...leaders].flatMap(([topic, nodes]) =>
		nodes.map((nodeId, partition) => ({ topic, partition, nodeId })),
	);
	if (all.some(({ nodeId }) => nodeId < 0)) throw new KafkaError(CODE.leaderNotAvailable, 'A partition has no leader');
	await Promise.all(
		[...Map.groupBy(all, ({ nodeId }) => nodeId)].map(async ([nodeId, partitions]) => {
			const topics = byTopic(partitions, ({ partition }) => ({ partition, timestamp }));
			const { responses } = await link.askNode(nodeId, 'ListOffsets', { replicaId: -1, isolationLevel: 1, topics });
			for (const { topic, partitions: answered } of responses) {
				for (const { partition, errorCode, offset } of answered) {
					check(errorCode, `topic ${topic}`);
					const offsets = found.get(topic);
					if (offsets) offsets[partition] = Number(offset);
				}
			}
		}),
	);
	return found;
}

function timestampOf(place: Place): string {
	if (place === 'earliest') return EARLIEST;
	return place === 'latest' ? LATEST : String(place.time);
}

export function byTopic<T extends TopicPartition, R>(
	items: readonly T[],
	toPartition: (item: T) => R,
): { readonly topic: string; readonly partitions: readonly R[] }[] {
	return [...Map.groupBy(items, ({ topic }) => topic)].map(([topic, ofTopic]) => ({
		topic,
		partitions: ofTopic.map(toPartition),
	}));
}

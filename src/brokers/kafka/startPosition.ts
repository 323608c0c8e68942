/**
 * Materialises the start: before anything is read the group stands somewhere in every partition, on the broker.
 */
import type { FixedStart, SubscribeOptions } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';
import type { Logger } from '../../kernel/logger';
import { sameTypes } from './assignment';
import type { KafkaLink } from './client';
import { readRecord, writeRecord, type GroupRecord } from './commitRecord';
import { fetchOnce } from './fetching';
import { readMember, typesConflict } from './memberRecord';
import { retryTopics, type Reading } from './names';
import {
	commitAsNobody,
	describeGroup,
	fetchCommitted,
	leadersOf,
	listOffsets,
	type Commit,
	type Committed,
	type DescribedMember,
} from './offsets';

/** Others may join or leave in between. */
const TRIES = 10;

export type StartOptions = Pick<SubscribeOptions, 'start' | 'types' | 'lifetime' | 'retentionMs'>;

/**
 * @param topics what is read; all exist
 * @returns the generation: counts up with each reset
 * @throws EventBusError `conflict` when a live member reads the group with other types
 */
export async function materialise(
	link: KafkaLink,
	{ groupId }: Pick<Reading, 'groupId'>,
	topics: readonly string[],
	options: StartOptions,
	logger: Logger,
): Promise<number> {
	const leaders = await leadersOf(link, topics);
	const partitions = [...leaders].flatMap(([topic, nodes]) => nodes.map((_node, partition) => ({ topic, partition })));
	for (let tries = 1; ; tries += 1) {
		const members = await describeGroup(link, groupId);
		refuseOtherTypes(groupId, options.types, members);
		const committed = await fetchCommitted(link, groupId, partitions);
		const records = committed.flatMap(({ metadata, offset }) => readRecord(metadata, offset ?? 0) ?? []);
		const generation = Math.max(0, ...records.map((record) => record.generation));
		const isKnown = committed.some(({ offset }) => offset !== null);
		const resets = options.start.at !== 'committed' && isKnown;
		if (members.length > 0 && isKnown) {
			if (resets) logger.warn(`The group ${groupId} is being read: it stays where it stands`);
			return Math.max(1, generation);
		}
		const next = resets ? generation + 1 : Math.max(1, generation);
		const positions = await startPositions(link, groupId, topics, committed, options.start, logger);
		const group: GroupRecord = { generation: next, at: Date.now(), ...options };
		const commits = committed.map((one, index): Commit => {
			const position = positions[index] ?? 0;
			const kept = position === one.offset && !resets ? readRecord(one.metadata, position) : null;
			const settled = kept?.settled ?? [];
			const isFirst = index === firstIndex(committed);
			return {
				topic: one.topic,
				partition: one.partition,
				offset: position,
				metadata: writeRecord({ generation: next, settled, group: isFirst ? group : null }, position),
			};
		});
		if (await commitAsNobody(link, groupId, commits)) return next;
		if (tries >= TRIES)
			throw new EventBusError('timeout', `The members of ${groupId} change too often to set its start`);
	}
}

/** Whether this is the partition that carries the group's record. */
export function carriesRecord(
	topics: readonly string[],
	{ topic, partition }: { topic: string; partition: number },
): boolean {
	return partition === 0 && topic === [...topics].sort()[0];
}

function firstIndex(committed: readonly Committed[]): number {
	const topics = committed.map(({ topic }) => topic);
	return committed.findIndex((one) => carriesRecord(topics, one));
}

function refuseOtherTypes(groupId: string, types: readonly string[], members: readonly DescribedMember[]): void {
	for (const { memberMetadata } of members) {
		// While the group rebalances nothing is told; then the leader refuses.
		const record = memberMetadata.length === 0 ? null : readMember(memberMetadata);
		if (record && !sameTypes(record.types, types)) throw typesConflict(groupId, types, record.types);
	}
}

/** One position for each of `committed`. */
async function startPositions(
	link: KafkaLink,
	groupId: string,
	topics: readonly string[],
	committed: readonly Committed[],
	start: SubscribeOptions['start'],
	logger: Logger,
): Promise<readonly number[]> {
	const isKnown = committed.some(({ offset }) => offset !== null);
	if (start.at !== 'committed') return await positionsOf(link, topics, committed, start);
	if (committed.every(({ offset }) => offset !== null)) return committed.map(({ offset }) => offset ?? 0);
	let fresh: FixedStart = start.otherwise;
	if (isKnown) fresh = { at: 'earliest' };
	else if (await hasTraces(link, groupId)) {
		fresh = { at: 'earliest' };
		logger.warn(`Kafka has forgotten where the group ${groupId} stood: it goes on at the oldest messages`);
	}
	const positions = await positionsOf(link, topics, committed, fresh);
	return committed.map(({ offset }, index) => offset ?? positions[index] ?? 0);
}

/** Something was put off or redriven for it, or it has left its trace (laterCopies.ts). */
async function hasTraces(link: KafkaLink, groupId: string): Promise<boolean> {
	const ends = await listOffsets(link, retryTopics(groupId), 'latest');
	return [...ends.values()].flat().some((end) => end > 0);
}

async function positionsOf(
	link: KafkaLink,
	topics: readonly string[],
	partitions: readonly Committed[],
	start: FixedStart,
): Promise<readonly number[]> {
	const after = start.at === 'cursor' ? await messageAt(link, topics, start.cursor) : null;
	const place = after ? { time: after.time } : start.at === 'time' ? { time: start.time } : start.at;
	if (place === 'cursor') throw new EventBusError('bug', 'A cursor was not read');
	const offsets = await listOffsets(link, topics, place);
	return partitions.map(({ topic, partition }) => {
		if (after?.topic === topic && after.partition === partition) return after.offset + 1;
		return offsets.get(topic)?.[partition] ?? 0;
	});
}

/** The other partitions begin at the time of this message: order holds within a partition only. */
async function messageAt(link: KafkaLink, topics: readonly string[], cursor: string) {
	const [, partition, offset] = /^(\d+):(\d+)$/.exec(cursor) ?? [];
	const [topic] = topics;
	if (partition === undefined || offset === undefined || topic === undefined || topics.length > 1) {
		throw new EventBusError('settings', `"${cursor.slice(0, 60)}" is no position of this topic`, {
			hint: 'Write partition:offset, for example 0:1234',
		});
	}
	const at = { topic, partition: Number(partition), from: Number(offset) };
	const leader = (await leadersOf(link, [topic])).get(topic)?.[at.partition];
	if (leader === undefined) {
		throw new EventBusError('settings', `The topic ${topic} has no partition ${partition}`, {
			hint: 'Use a position of this topic',
		});
	}
	const fetched = (await fetchOnce(link, leader, [at], 1024, 0))(topic, at.partition);
	const record = fetched?.messages.find((message) => Number(message.offset) >= at.from);
	return { topic, partition: at.partition, offset: at.from, time: record ? Number(record.timestamp) : Date.now() };
}

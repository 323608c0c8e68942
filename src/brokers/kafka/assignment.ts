/**
 * Who reads which partition. Pure: the member that Kafka makes the leader works it out for all.
 *
 * Sticky: a member keeps what it has as long as the shares stay even, so that long runs survive another member's coming
 * and going. Kafka's cooperative rebalancing is not needed for it: a member that keeps a partition goes on reading it.
 */
import type { TopicPartition } from './protocol';

export interface MemberClaim {
	readonly memberId: string;
	readonly types: readonly string[];
	/** When it began, milliseconds since the epoch. */
	readonly since: number;
	readonly owned: readonly TopicPartition[];
	/** It is about to leave: it keeps what it owns and gets nothing else. */
	readonly isDraining: boolean;
}

export interface Share {
	readonly partitions: readonly TopicPartition[];
	/** The types that the group is read with, when they are not this member's. */
	readonly refusedFor: readonly string[] | null;
}

/**
 * @param parts sets of partitions that are shared out evenly each by itself: the messages, and the retries
 * @returns a share for every member. Members with other types than the oldest get nothing.
 */
export function shareOut(
	members: readonly MemberClaim[],
	parts: readonly (readonly TopicPartition[])[],
): ReadonlyMap<string, Share> {
	const sorted = members.toSorted((a, b) => a.since - b.since || (a.memberId < b.memberId ? -1 : 1));
	const types = sorted[0]?.types ?? [];
	const admitted = sorted.filter((member) => sameTypes(member.types, types));
	const shares = new Map<string, TopicPartition[]>(admitted.map(({ memberId }) => [memberId, []]));
	for (const partitions of parts) {
		for (const [memberId, share] of shareOutOne(admitted, partitions)) shares.get(memberId)?.push(...share);
	}
	return new Map(
		members.map(({ memberId }) => {
			const partitions = shares.get(memberId);
			return [memberId, partitions ? { partitions, refusedFor: null } : { partitions: [], refusedFor: types }];
		}),
	);
}

export function sameTypes(a: readonly string[], b: readonly string[]): boolean {
	const [one, other] = [a, b].map((types) => JSON.stringify([...new Set(types)].sort()));
	return one === other;
}

function shareOutOne(
	members: readonly MemberClaim[],
	partitions: readonly TopicPartition[],
): ReadonlyMap<string, TopicPartition[]> {
	const leaving = members.filter(({ isDraining }) => isDraining);
	const kept = new Map(leaving.flatMap(({ memberId, owned }) => owned.map((one) => [keyOf(one), memberId] as const)));
	const isKept = (partition: TopicPartition) => kept.has(keyOf(partition));
	const staying = members.filter(({ isDraining }) => !isDraining);
	const shares = shareOutEvenly(
		staying,
		partitions.filter((partition) => !isKept(partition)),
	);
	for (const { memberId } of leaving) {
		const own = partitions.filter((partition) => kept.get(keyOf(partition)) === memberId);
		shares.set(memberId, own);
	}
	return shares;
}

function shareOutEvenly(
	members: readonly MemberClaim[],
	partitions: readonly TopicPartition[],
): Map<string, TopicPartition[]> {
	const free = new Map(partitions.map((partition) => [keyOf(partition), partition]));
	const shares = new Map<string, TopicPartition[]>(members.map(({ memberId }) => [memberId, []]));
	const least = Math.floor(partitions.length / Math.max(1, members.length));
	let larger = partitions.length - least * members.length;
	// Those who have the most may keep one more than the least, as many as there are such shares.
	for (const { memberId, owned } of members.toSorted((a, b) => b.owned.length - a.owned.length)) {
		const kept = owned.filter((partition) => free.has(keyOf(partition)));
		const share = shares.get(memberId) ?? [];
		for (const partition of kept) {
			if (!free.has(keyOf(partition))) continue;
			if (share.length >= least) {
				if (share.length > least || larger === 0) break;
				larger -= 1;
			}
			share.push(partition);
			free.delete(keyOf(partition));
		}
	}
	for (const partition of free.values()) {
		const [smallest] = [...shares.values()].sort((a, b) => a.length - b.length);
		smallest?.push(partition);
	}
	return shares;
}

export function keyOf({ topic, partition }: TopicPartition): string {
	return `${topic}/${partition}`;
}

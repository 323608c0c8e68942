/**
 * What exists on the cluster, and making or removing it.
 */
import type {
	Address,
	CallOptions,
	ChannelState,
	GroupState,
	Source,
	TopologyChange,
	TopologyPort,
	TopologySpec,
} from '../../broker/types';
import type { KafkaLink } from './client';
import type { DeadLetters } from './deadLetters';
import { kafkaError } from './errors';
import { groupIdsOf, lookAtGroup, removeGroups, stateOf, type Extents } from './groups';
import {
	belongsTo,
	deadLetterTopic,
	groupIdOf,
	groupOf,
	groupOfDeadLetters,
	isChannel,
	retryTopics,
	sourceTopic,
	topicOf,
} from './names';
import { listOffsets } from './offsets';
import { CODE, KafkaError } from './protocol';
import type { Topics, TopicShape } from './topics';

/** Dead letters are counted by reading them: no more than so many at a look. */
const COUNTED_RECORDS = 10_000;

export interface TopologyHost {
	readonly link: KafkaLink;
	readonly topics: Topics;
	readonly letters: DeadLetters;
	shapeOf(address: Address): Promise<TopicShape>;
	readonly call: <T>(work: Promise<T>, options: CallOptions, doing: string) => Promise<T>;
}

export function kafkaTopology(host: TopologyHost): TopologyPort {
	const { topics, call } = host;
	return {
		inspect: async (sources, options) =>
			await call(Promise.all(sources.map(async (source) => await inspect(host, source))), options, 'inspecting'),
		channels: async (options) =>
			(await call(topics.names(), options, 'listing topics')).filter((topic) => isChannel(topic)).sort(),
		plan: async (wanted, options) => await call(plan(host, wanted), options, 'planning'),
		apply: async (changes, options) => {
			for (const change of changes) await call(apply(host, change), options, change.summary);
		},
	};
}

async function inspect(host: TopologyHost, source: Source): Promise<ChannelState> {
	const { link, topics } = host;
	const topic = sourceTopic(source);
	if (!(await topics.lookUp(topic))) {
		return { source, exists: false, messages: null, oldestMs: null, groups: [], native: { topic } };
	}
	const extents = await extentsOf(host, topic);
	const groups: GroupState[] = [];
	for (const groupId of await groupIdsOf(link, topic)) {
		const state = await groupStateOf(host, topic, groupId, extents);
		if (state) groups.push(state);
	}
	const [begin = [], end = []] = [extents.earliest.get(topic), extents.latest.get(topic)];
	return {
		source,
		exists: true,
		messages: end.reduce((sum, last, partition) => sum + last - (begin[partition] ?? 0), 0),
		oldestMs: null,
		groups,
		native: { topic, partitions: end.length },
	};
}

/** null: the group reads something else, or was removed. */
async function groupStateOf(
	host: TopologyHost,
	topic: string,
	groupId: string,
	extents: Extents,
): Promise<GroupState | null> {
	const group = groupOf(topic, groupId);
	if (group === null) return null;
	const found = await lookAtGroup(host.link, groupId, topic, extents);
	// Who made it was killed, or it would be gone already.
	if (found.record?.lifetime === 'ephemeral' && found.members.length === 0) {
		await removeGroup(host, groupId);
		return null;
	}
	const isThere = found.members.length > 0 || found.committed.some(({ offset }) => offset !== null);
	if (!isThere) return null;
	const letters = deadLetterTopic(groupId);
	const count = extents.latest.has(letters) ? await host.letters.count(letters, COUNTED_RECORDS) : 0;
	return stateOf(group, found, extents, topic, count);
}

/** Of the topic and of all that is ours beside it. */
async function extentsOf({ link, topics }: TopologyHost, topic: string): Promise<Extents> {
	const all = (await topics.names()).filter((name) => name === topic || belongsTo(topic, name));
	const [earliest, latest] = await Promise.all([listOffsets(link, all, 'earliest'), listOffsets(link, all, 'latest')]);
	return { earliest, latest };
}

async function plan(host: TopologyHost, { present, absent }: TopologySpec): Promise<readonly TopologyChange[]> {
	const names = await host.topics.names();
	const creations = present.flatMap((address): TopologyChange[] => {
		if (address.kind === 'existing') return [];
		const resource = topicOf(address);
		if (names.includes(resource)) return [];
		return [{ action: 'create', address, resource, summary: `Create the topic ${resource}`, destructive: false }];
	});
	const deletions = await Promise.all(absent.map(async (address) => await deletionOf(host, names, address)));
	return [...creations, ...deletions.flat()];
}

async function deletionOf(
	host: TopologyHost,
	names: readonly string[],
	address: Address,
): Promise<readonly TopologyChange[]> {
	const { topics, groupIds, resource } = await belongingsOf(host, names, address);
	if (topics.length === 0 && groupIds.length === 0) return [];
	const [earliest, latest] = await Promise.all([
		listOffsets(host.link, topics, 'earliest'),
		listOffsets(host.link, topics, 'latest'),
	]);
	let messages = 0;
	for (const [topic, ends] of latest) {
		ends.forEach((end, partition) => (messages += end - (earliest.get(topic)?.[partition] ?? 0)));
	}
	const what = [
		...(topics.length > 0
			? [
					`${topics.length === 1 ? `the topic ${topics[0] ?? ''}` : `${topics.length} topics`} with ${messages} messages`,
				]
			: []),
		...(groupIds.length > 0
			? [groupIds.length === 1 ? `the group ${groupIds[0] ?? ''}` : `${groupIds.length} groups`]
			: []),
	];
	return [{ action: 'delete', address, resource, summary: `Delete ${what.join(' and ')}`, destructive: true }];
}

/** What goes with an address. Of a topic that somebody else owns only what is ours beside it. */
async function belongingsOf({ link }: TopologyHost, names: readonly string[], address: Address) {
	const source = address.kind === 'channel' || address.kind === 'existing' ? address : address.of;
	const topic = sourceTopic(source);
	if (address.kind === 'dead-letters') {
		const topics = names.filter((name) => {
			const group = groupOfDeadLetters(topic, name);
			return group !== null && (address.group === null || group === address.group);
		});
		return { topics, groupIds: [], resource: topics.join(', ') };
	}
	const all = await groupIdsOf(link, topic);
	if (address.kind === 'group') {
		const groupId = groupIdOf(topic, address.group);
		const topics = retryTopics(groupId).filter((name) => names.includes(name));
		return { topics, groupIds: all.filter((found) => found === groupId), resource: groupId };
	}
	const own = names.filter((name) => belongsTo(topic, name) || (address.kind === 'channel' && name === topic));
	return { topics: own, groupIds: all, resource: topic };
}

async function apply(host: TopologyHost, { action, address }: TopologyChange): Promise<void> {
	const { topics, link } = host;
	if (action !== 'delete') {
		if (address.kind !== 'existing') await topics.create(topicOf(address), await host.shapeOf(address));
		return;
	}
	const { topics: gone, groupIds } = await belongingsOf(host, await topics.names(), address);
	try {
		// A group that is read keeps its topics, or its members would make them again.
		const busy = address.kind === 'group' ? await removeGroups(link, groupIds) : [];
		if (busy.length > 0) throw new KafkaError(CODE.nonEmptyGroup, busy.join(', '));
		await topics.remove(gone);
		// Members that were killed may still be counted; without topics the group ends with them.
		if (address.kind !== 'group') await removeGroups(link, groupIds);
	} catch (error) {
		throw kafkaError(error, `deleting ${gone.join(', ')}`);
	}
}

async function removeGroup({ link, topics }: TopologyHost, groupId: string): Promise<void> {
	await removeGroups(link, [groupId]);
	const names = await topics.names();
	await topics.remove(retryTopics(groupId).filter((topic) => names.includes(topic)));
}

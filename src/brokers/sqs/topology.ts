/**
 * What exists on AWS, and making or removing it.
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
import type { DeadLetters } from './deadLetters';
import { channelOfTopic, deadLetterQueueName, listenersTopicName } from './names';
import type { Queue } from './queues';
import { isMissing, isQueue, sourceText, type Sources } from './sources';
import type { Sweeper } from './sweeper';
import { readFacts, readMembers, type QueueFacts } from './tags';
import type { Topic } from './topics';

interface Group extends QueueFacts {
	readonly queue: Queue;
	readonly members: number;
}

export class SqsTopology implements TopologyPort {
	constructor(
		private readonly sources: Sources,
		private readonly letters: DeadLetters,
		private readonly sweeper: Sweeper,
	) {}

	async inspect(sources: readonly Source[], options: CallOptions): Promise<readonly ChannelState[]> {
		return await Promise.all(sources.map(async (source) => await this.inspectOne(source, options)));
	}

	async channels(options: CallOptions): Promise<readonly string[]> {
		const topics = await this.sources.topics.list(options);
		return topics.flatMap(({ name }) => channelOfTopic(name, this.sources) ?? []).sort();
	}

	async plan({ present, absent }: TopologySpec, options: CallOptions): Promise<readonly TopologyChange[]> {
		const creations = await Promise.all(present.map(async (address) => await this.planCreation(address, options)));
		const removals = await Promise.all(absent.map(async (address) => await this.planRemoval(address, options)));
		return [...creations, ...removals].filter((change) => change !== null);
	}

	async apply(changes: readonly TopologyChange[], options: CallOptions): Promise<void> {
		for (const { action, address } of changes) {
			if (action === 'delete') await this.remove(address, options);
			else if (address.kind === 'channel') await this.sources.channelTopic(address.channel, 'create', options);
		}
	}

	private async inspectOne(source: Source, options: CallOptions): Promise<ChannelState> {
		if (source.kind === 'existing') return await this.inspectExisting(source, options);
		const topic = await this.topicOf(source.channel, options);
		const none = { source, exists: false, messages: null, oldestMs: null, groups: [], native: {} };
		if (!topic) return none;
		const groups = await this.groupsOf(topic, sourceText(source), options);
		const states = await Promise.all(groups.map(async (group) => await this.stateOf(source, group, options)));
		const shown = states.filter((state) => state !== null).sort((a, b) => (a.group < b.group ? -1 : 1));
		return { ...none, exists: true, groups: shown, native: { topic: topic.arn } };
	}

	/** A queue of others has no group of ours, and its messages are all there is. */
	private async inspectExisting(
		source: Extract<Source, { kind: 'existing' }>,
		options: CallOptions,
	): Promise<ChannelState> {
		const none = { source, exists: false, messages: null, oldestMs: null, groups: [], native: {} };
		try {
			const target = await this.sources.existing(source.name, options);
			if (!isQueue(target)) return { ...none, exists: true, native: { topic: target.arn } };
			const counts = await this.sources.queues.counts(target, options);
			if (!counts) return none;
			return {
				...none,
				exists: true,
				messages: counts.backlog + counts.inFlight,
				native: { queue: target.arn, ...counts },
			};
		} catch (error) {
			if (isMissing(error)) return none;
			throw error;
		}
	}

	/** null: its queue is gone. */
	private async stateOf(of: Source, group: Group, options: CallOptions): Promise<GroupState | null> {
		const { queues } = this.sources;
		const counts = await queues.counts(group.queue, options);
		if (!counts) return null;
		const letters = await queues.find(deadLetterQueueName(of, group.group, this.sources.naming(of)), options);
		const dead = letters ? await queues.counts(letters, options) : null;
		return {
			group: group.group,
			types: group.types,
			lifetime: group.lifetime,
			backlog: counts.backlog,
			inFlight: counts.inFlight,
			consumers: group.members,
			oldestMs: null,
			deadLetters: dead ? dead.backlog + dead.inFlight : 0,
			expired: null,
			lastReadAt: null,
			removedAt: null,
		};
	}

	/** Groups of ours among what is subscribed. What test runs left behind goes at this occasion. */
	private async groupsOf(topic: Topic, source: string, options: CallOptions): Promise<readonly Group[]> {
		const { topics, queues } = this.sources;
		const subscribed = (await topics.subscriptions(topic, options)).filter(({ endpoint }) => /:sqs:/.test(endpoint));
		const groups = await Promise.all(
			subscribed.map(async ({ endpoint }): Promise<readonly Group[]> => {
				const queue = await queues.find(endpoint, options);
				if (!queue) return [];
				try {
					const tags = await queues.tags(queue, options);
					const facts = readFacts(tags);
					if (facts?.source !== source || (await this.sweeper.removeIfLeft(queue, tags, options))) return [];
					const members = readMembers(tags).filter(({ until }) => until > Date.now()).length;
					return [{ ...facts, queue, members }];
				} catch (error) {
					if (!isMissing(error)) throw error;
					queues.forget(queue);
					return [];
				}
			}),
		);
		return groups.flat();
	}

	private async planCreation(address: Address, options: CallOptions): Promise<TopologyChange | null> {
		// Groups are made by their first reader, dead letters by the first one, and an existing queue by somebody else.
		if (address.kind !== 'channel' || (await this.topicOf(address.channel, options))) return null;
		const resource = this.sources.topicNameOf(address.channel);
		return { action: 'create', address, resource, summary: `Create the topic "${resource}"`, destructive: false };
	}

	private async planRemoval(address: Address, options: CallOptions): Promise<TopologyChange | null> {
		const change = { action: 'delete', address, destructive: true } as const;
		if (address.kind === 'dead-letters') {
			const queues = await this.deadLetterQueues(address, options);
			const topic = address.group === null ? await this.listenersTopicOf(address.of, options) : null;
			const names = [...queues.map(({ name }) => name), ...(topic ? [topic.name] : [])];
			if (names.length === 0) return null;
			return { ...change, resource: names.join(', '), summary: `Delete the dead letters in ${names.join(', ')}` };
		}
		if (address.kind === 'existing') return null;
		const of = address.kind === 'group' ? address.of : address;
		const topic = of.kind === 'channel' ? await this.topicOf(of.channel, options) : null;
		if (!topic) return null;
		const groups = await this.groupsOf(topic, sourceText(of), options);
		if (address.kind === 'group') {
			const group = groups.find((one) => one.group === address.group);
			if (!group) return null;
			const summary = `Delete the queue "${group.queue.name}" with what the group has not read`;
			return { ...change, resource: group.queue.name, summary };
		}
		const names = groups.map(({ queue }) => queue.name);
		const summary = `Delete the topic "${topic.name}"${names.length === 0 ? '' : ` and the queues ${names.join(', ')}`}`;
		return { ...change, resource: topic.name, summary };
	}

	private async remove(address: Address, options: CallOptions): Promise<void> {
		const { topics, queues } = this.sources;
		if (address.kind === 'dead-letters') {
			for (const queue of await this.deadLetterQueues(address, options)) await queues.remove(queue, options);
			if (address.group !== null) return;
			const topic = await this.listenersTopicOf(address.of, options);
			if (topic) await this.removeTopic(topic, `dead letters of ${sourceText(address.of)}`, options);
			return;
		}
		const of = address.kind === 'group' ? address.of : address;
		const topic = of.kind === 'channel' ? await this.topicOf(of.channel, options) : null;
		if (!topic) return;
		if (address.kind !== 'group') {
			await this.removeTopic(topic, sourceText(of), options);
			return;
		}
		const group = (await this.groupsOf(topic, sourceText(of), options)).find((one) => one.group === address.group);
		if (!group) return;
		await topics.unsubscribe(topic, group.queue.arn, options);
		await queues.remove(group.queue, options);
	}

	/** With the queues of our groups. Those of others stay, without their subscription. */
	private async removeTopic(topic: Topic, source: string, options: CallOptions): Promise<void> {
		const { topics, queues } = this.sources;
		const subscribed = await topics.subscriptions(topic, options);
		for (const { endpoint } of subscribed) {
			const queue = /:sqs:/.test(endpoint) ? await queues.find(endpoint, options) : null;
			if (!queue) continue;
			const facts = readFacts(await queues.tags(queue, options).catch(() => ({})));
			if (facts?.source === source || facts?.source.startsWith(`${source} group `)) await queues.remove(queue, options);
		}
		await topics.remove(topic, options);
	}

	private async deadLetterQueues(
		{ of, group }: Extract<Address, { kind: 'dead-letters' }>,
		options: CallOptions,
	): Promise<readonly Queue[]> {
		const found = await this.letters.queuesOfSource(of, options);
		return found.filter((one) => group === null || one.group === group).map(({ queue }) => queue);
	}

	private async listenersTopicOf(of: Source, options: CallOptions): Promise<Topic | null> {
		return await this.existing(listenersTopicName(of, this.sources.naming(of)), options);
	}

	private async topicOf(channel: string, options: CallOptions): Promise<Topic | null> {
		return await this.existing(this.sources.topicNameOf(channel), options);
	}

	private async existing(name: string, options: CallOptions): Promise<Topic | null> {
		const { topics } = this.sources;
		const topic = await topics.find(name, options);
		if (!topic || (await topics.exists(topic, options))) return topic;
		topics.forget(topic);
		return null;
	}
}

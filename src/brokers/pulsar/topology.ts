/**
 * What exists on Pulsar, and making or removing it.
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
import { factsOf, isOurConsumer } from './groups';
import type { Janitor } from './janitor';
import {
	channelOfTopic,
	deadLetterTopic,
	fullName,
	KEEPER,
	listenersTopic,
	retryTopic,
	type Place,
	type Topic,
} from './names';
import type { Producers } from './producers';
import type { Sources } from './sources';
import { needsAdmin, type SubscriptionState, type Topics, type TopicState } from './topics';

export interface TopologyParts {
	readonly sources: Sources;
	readonly producers: Producers;
	readonly letters: DeadLetters;
	readonly janitor: Janitor;
	/** Where channels lie. */
	readonly place: Place;
}

export class PulsarTopology implements TopologyPort {
	constructor(private readonly parts: TopologyParts) {}

	async inspect(sources: readonly Source[], options: CallOptions): Promise<readonly ChannelState[]> {
		return await Promise.all(sources.map(async (source) => await this.inspectOne(source, options)));
	}

	async channels(options: CallOptions): Promise<readonly string[]> {
		const topics = await this.admin.list(this.parts.place, options);
		return topics.flatMap((topic) => channelOfTopic(topic) ?? []).sort();
	}

	async plan({ present, absent }: TopologySpec, options: CallOptions): Promise<readonly TopologyChange[]> {
		const creations = await Promise.all(present.map(async (address) => await this.planCreation(address, options)));
		const removals = await Promise.all(absent.map(async (address) => await this.planRemoval(address, options)));
		return [...creations, ...removals].filter((change) => change !== null);
	}

	async apply(changes: readonly TopologyChange[], options: CallOptions): Promise<void> {
		for (const { action, address } of changes) {
			if (action === 'delete') await this.remove(address, options);
			else if (address.kind === 'channel') await this.admin.create(this.parts.sources.topicOf(address), options);
		}
	}

	private async inspectOne(source: Source, options: CallOptions): Promise<ChannelState> {
		const topic = this.parts.sources.topicOf(source);
		const none = { source, exists: false, messages: null, oldestMs: null, groups: [], native: {} };
		const state = await this.parts.janitor.clean(this.admin, topic, options);
		if (!state) return none;
		const shown = [...state.subscriptions].filter(([, subscription]) => isGroup(subscription));
		const groups = await Promise.all(
			shown.map(async ([name, subscription]) => await this.stateOf(topic, name, subscription, options)),
		);
		const ages = groups.flatMap(({ oldestMs }) => oldestMs ?? []);
		return {
			...none,
			exists: true,
			oldestMs: ages.length === 0 ? null : Math.max(...ages),
			groups: groups.sort((a, b) => (a.group < b.group ? -1 : 1)),
			native: { topic: fullName(topic), storedBytes: state.bytes, partitioned: state.isPartitioned },
		};
	}

	private async stateOf(
		topic: Topic,
		group: string,
		main: SubscriptionState,
		options: CallOptions,
	): Promise<GroupState> {
		const { isDurable, consumers, expired } = main;
		const [retry, dead] = isDurable
			? await Promise.all([
					this.subscription(retryTopic(topic, group), group, options),
					this.subscription(deadLetterTopic(topic, group), KEEPER, options),
				])
			: [null, null];
		const facts = factsOf(main);
		const inFlight = main.unacked + (retry?.unacked ?? 0);
		const oldestAt = [main.oldestAt, retry?.oldestAt ?? 0].filter((at) => at > 0);
		const isUnread = facts !== null && consumers.length === 0 && Number.isFinite(facts.retentionMs);
		return {
			group,
			types: facts?.types ?? [],
			lifetime: isDurable ? 'durable' : 'ephemeral',
			backlog: Math.max(0, main.backlog + (retry?.backlog ?? 0) - inFlight),
			inFlight,
			consumers: consumers.length,
			oldestMs: oldestAt.length === 0 ? null : Math.max(0, Date.now() - Math.min(...oldestAt)),
			deadLetters: dead?.backlog ?? 0,
			expired: expired + (retry?.expired ?? 0),
			lastReadAt: facts?.readAt ?? null,
			removedAt: isUnread ? facts.readAt + facts.retentionMs : null,
		};
	}

	private async subscription(topic: Topic, name: string, options: CallOptions): Promise<SubscriptionState | null> {
		return (await this.admin.state(topic, options, true))?.subscriptions.get(name) ?? null;
	}

	private async planCreation(address: Address, options: CallOptions): Promise<TopologyChange | null> {
		// Groups are made by their first reader, dead letters by the first one, and an existing topic by somebody else.
		if (address.kind !== 'channel') return null;
		const topic = this.parts.sources.topicOf(address);
		if (await this.admin.exists(topic, options)) return null;
		const resource = fullName(topic);
		return { action: 'create', address, resource, summary: `Create the topic ${resource}`, destructive: false };
	}

	private async planRemoval(address: Address, options: CallOptions): Promise<TopologyChange | null> {
		const change = { action: 'delete', address, destructive: true } as const;
		switch (address.kind) {
			case 'existing':
				return null;
			case 'dead-letters': {
				const names = (await this.deadLetterTopics(address, options)).map(fullName);
				if (names.length === 0) return null;
				return { ...change, resource: names.join(', '), summary: `Delete the dead letters in ${names.join(', ')}` };
			}
			case 'group': {
				const topic = this.parts.sources.topicOf(address.of);
				const state = await this.admin.state(topic, options);
				if (!state?.subscriptions.has(address.group)) return null;
				const resource = `${fullName(topic)} ${address.group}`;
				const summary = `Delete the subscription ${address.group} of ${fullName(topic)} with what it has not read`;
				return { ...change, resource, summary };
			}
			case 'channel': {
				const topic = this.parts.sources.topicOf(address);
				const state = await this.admin.state(topic, options);
				if (!state) return null;
				const groups = [...state.subscriptions.keys()].sort();
				const read = groups.length === 0 ? '' : `, which ${groups.join(', ')} read`;
				return { ...change, resource: fullName(topic), summary: `Delete the topic ${fullName(topic)}${read}` };
			}
		}
	}

	private async remove(address: Address, options: CallOptions): Promise<void> {
		switch (address.kind) {
			case 'existing':
				return;
			case 'dead-letters':
				for (const topic of await this.deadLetterTopics(address, options)) await this.removeTopic(topic, options);
				return;
			case 'group': {
				const topic = this.parts.sources.topicOf(address.of);
				await this.admin.unsubscribe(topic, address.group, options);
				await this.removeTopic(retryTopic(topic, address.group), options);
				return;
			}
			case 'channel': {
				const topic = this.parts.sources.topicOf(address);
				const state: TopicState | null = await this.admin.state(topic, options);
				await this.removeTopic(topic, options);
				for (const group of state?.subscriptions.keys() ?? [])
					await this.removeTopic(retryTopic(topic, group), options);
			}
		}
	}

	/** A producer of ours would make the server create it again. */
	private async removeTopic(topic: Topic, options: CallOptions): Promise<void> {
		await this.parts.producers.closeOf(topic);
		this.parts.sources.forget(topic);
		await this.admin.remove(topic, options);
	}

	private async deadLetterTopics(
		address: Extract<Address, { kind: 'dead-letters' }>,
		options: CallOptions,
	): Promise<readonly Topic[]> {
		const listeners = address.group === null ? [listenersTopic(this.parts.sources.topicOf(address.of))] : [];
		const topics = [...(await this.parts.letters.topicsOf(address, options)), ...listeners];
		const states = await Promise.all(topics.map(async (topic) => await this.admin.exists(topic, options)));
		return topics.filter((_topic, index) => states[index]);
	}

	private get admin(): Topics {
		const { topics } = this.parts.sources;
		if (topics) return topics;
		throw needsAdmin('Looking at channels');
	}
}

/** Readers of others pass by without being a group. */
function isGroup({ isDurable, consumers }: SubscriptionState): boolean {
	return isDurable || consumers.some(isOurConsumer);
}

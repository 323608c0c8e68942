/**
 * What exists at Google, and making or removing it. Pub/Sub itself counts nothing: how much waits is in the metrics of
 * the project.
 */
import type {
	Address,
	CallOptions,
	ChannelState,
	GroupState,
	Source,
	SubscribeOptions,
	TopologyChange,
	TopologyPort,
	TopologySpec,
} from '../../broker/types';
import type { DeadLetters } from './deadLetters';
import { isMissing } from './errors';
import { readFacts, readMembers, type GroupFacts } from './labels';
import { bareId, channelOfTopic, topicId } from './names';
import { sourceText, type Sources } from './sources';

interface Group extends GroupFacts {
	readonly path: string;
	readonly members: number;
}

export class PubSubTopology implements TopologyPort {
	constructor(
		private readonly sources: Sources,
		private readonly letters: DeadLetters,
	) {}

	async inspect(sources: readonly Source[], options: CallOptions): Promise<readonly ChannelState[]> {
		return await Promise.all(sources.map(async (source) => await this.inspectOne(source, options)));
	}

	async channels(options: CallOptions): Promise<readonly string[]> {
		const topics = await this.sources.resources.topics(options);
		return topics.flatMap((path) => channelOfTopic(bareId(path)) ?? []).sort();
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
		const none = { source, exists: false, messages: null, oldestMs: null, groups: [], native: {} };
		if (source.kind === 'existing') {
			const native = await this.nativeOf(source.name, options);
			return native === null ? none : { ...none, exists: true, native };
		}
		const topic = this.sources.topicOf(source);
		if (!(await this.exists(topic, options))) return none;
		const groups = await this.groupsOf(source, options);
		const shown = groups.map(stateOf).sort((a, b) => (a.group < b.group ? -1 : 1));
		return { ...none, exists: true, groups: shown, native: { topic } };
	}

	/** null: neither a subscription nor a topic has this name. */
	private async nativeOf(name: string, options: CallOptions): Promise<ChannelState['native'] | null> {
		try {
			const { path, topic, filter, isOrdered } = await this.sources.existingSubscription(name, options);
			return { subscription: path, topic, filter, ordered: isOrdered };
		} catch (error) {
			const topic = this.sources.topicOf({ kind: 'existing', name });
			if (await this.exists(topic, options)) return { topic };
			if (isMissing(error)) return null;
			throw error;
		}
	}

	/** Groups of ours among what is subscribed. What test runs left behind goes at this occasion. */
	private async groupsOf(source: Source, options: CallOptions): Promise<readonly Group[]> {
		const { resources } = this.sources;
		const paths = await resources.subscriptionsOf(this.sources.topicOf(source), options);
		const groups = await Promise.all(
			paths.map(async (path): Promise<readonly Group[]> => {
				const labels = (await resources.find(path, options))?.labels ?? {};
				const facts = readFacts(labels);
				if (facts?.source !== sourceText(source)) return [];
				const members = readMembers(labels).filter(({ until }) => until > Date.now()).length;
				if (facts.lifetime === 'ephemeral' && members === 0) {
					await resources.removeSubscription(path, options);
					return [];
				}
				return [{ ...facts, path, members }];
			}),
		);
		return groups.flat();
	}

	private async planCreation(address: Address, options: CallOptions): Promise<TopologyChange | null> {
		// Groups are made by their first reader, dead letters by the first one, and an existing one by somebody else.
		if (address.kind !== 'channel' || (await this.exists(this.sources.topicOf(address), options))) return null;
		const resource = topicId(address.channel);
		return { action: 'create', address, resource, summary: `Create the topic "${resource}"`, destructive: false };
	}

	private async planRemoval(address: Address, options: CallOptions): Promise<TopologyChange | null> {
		const change = { action: 'delete', address, destructive: true } as const;
		switch (address.kind) {
			case 'existing':
				return null;
			case 'dead-letters': {
				const paths = await this.deadLettersOf(address, options);
				const topic = this.sources.deadLetterTopic(address.of);
				const hasTopic = address.group === null && (await this.exists(topic, options));
				const names = [...(hasTopic ? [topic] : []), ...paths].map(bareId);
				if (names.length === 0) return null;
				return { ...change, resource: names.join(', '), summary: `Delete the dead letters in ${names.join(', ')}` };
			}
			case 'group': {
				const resource = (await this.groupOf(address, options)).map(({ path }) => bareId(path)).join(', ');
				if (resource === '') return null;
				return {
					...change,
					resource,
					summary: `Delete the subscription "${resource}" with what the group has not read`,
				};
			}
			case 'channel': {
				const topic = this.sources.topicOf(address);
				if (!(await this.exists(topic, options))) return null;
				const names = (await this.groupsOf(address, options)).map(({ path }) => bareId(path));
				const and = names.length === 0 ? '' : ` and the subscriptions ${names.join(', ')}`;
				return { ...change, resource: bareId(topic), summary: `Delete the topic "${bareId(topic)}"${and}` };
			}
		}
	}

	private async remove(address: Address, options: CallOptions): Promise<void> {
		const { resources } = this.sources;
		switch (address.kind) {
			case 'existing':
				return;
			case 'dead-letters':
				await this.removeDeadLetters(address, options);
				break;
			case 'group': {
				for (const one of await this.groupOf(address, options)) await this.removeGroup(address.of, one, options);
				break;
			}
			case 'channel': {
				// Subscriptions of others stay, without their topic.
				for (const one of await this.groupsOf(address, options)) await this.removeGroup(address, one, options);
				await resources.removeTopic(this.sources.topicOf(address), options);
				break;
			}
		}
		this.sources.forget();
	}

	private async removeGroup(
		of: SubscribeOptions['from'],
		{ path, group }: Pick<Group, 'path' | 'group'>,
		options: CallOptions,
	): Promise<void> {
		const { resources } = this.sources;
		const retry = this.sources.retryOf(of, group);
		await resources.removeSubscription(path, options);
		await resources.removeSubscription(retry.subscription, options);
		await resources.removeTopic(retry.topic, options);
	}

	private async removeDeadLetters(
		address: Extract<Address, { kind: 'dead-letters' }>,
		options: CallOptions,
	): Promise<void> {
		const { resources } = this.sources;
		const { of, group } = address;
		for (const path of await this.deadLettersOf(address, options)) {
			await resources.removeSubscription(path, options);
			this.letters.forget(path);
		}
		this.sources.forget();
		if (group !== null) {
			// The topic stays for the others, and would take a dead letter of this group without keeping it.
			await this.sources.ensureDeadLetters(of, group, 'create', options);
			return;
		}
		for (const one of await this.letters.listenersOf(of, options)) await this.removeGroup(one.from, one, options);
		await resources.removeTopic(this.sources.deadLetterTopic(of), options);
	}

	private async deadLettersOf(
		{ of, group }: Extract<Address, { kind: 'dead-letters' }>,
		options: CallOptions,
	): Promise<readonly string[]> {
		const found = await this.letters.ofSource(of, options);
		return found.filter((one) => group === null || one.group === group).map(({ path }) => path);
	}

	/** Two, while it changes its order. */
	private async groupOf(
		{ of, group }: Extract<Address, { kind: 'group' }>,
		options: CallOptions,
	): Promise<readonly Group[]> {
		return of.kind === 'channel' ? (await this.groupsOf(of, options)).filter((one) => one.group === group) : [];
	}

	/** Of what was seen before somebody may have removed it. */
	private async exists(topic: string, options: CallOptions): Promise<boolean> {
		this.sources.resources.forgetTopic(topic);
		return await this.sources.resources.hasTopic(topic, options);
	}
}

function stateOf({ group, types, lifetime, members }: Group): GroupState {
	return {
		group,
		types,
		lifetime,
		backlog: null,
		inFlight: null,
		consumers: members,
		oldestMs: null,
		deadLetters: null,
		expired: null,
		lastReadAt: null,
		removedAt: null,
	};
}

/**
 * From an address to topics, and what must be there before something is published to it.
 */
import type { Address, PublishOptions, Source, SubscribeOptions } from '../../broker/types';
import { EventBusError, isEventBusError } from '../../kernel/errors';
import { Inlet } from './inlet';
import {
	channelTopic,
	deadLetterTopic,
	fullName,
	KEEPER,
	listenersTopic,
	parseTopic,
	retryTopic,
	type Place,
	type Topic,
} from './names';
import type { SocketSettings } from './socket';
import { needsAdmin, type Topics } from './topics';

/** What was seen to be there is believed for so long, milliseconds. */
const BELIEVED_MS = 30_000;

export class Sources {
	private readonly seen = new Map<string, number>();

	/** @param topics null: there is no admin API */
	constructor(
		readonly topics: Topics | null,
		private readonly settings: SocketSettings & Place,
	) {}

	/** @throws EventBusError `settings` */
	topicOf(of: Source): Topic {
		return of.kind === 'channel' ? channelTopic(of.channel, this.settings) : parseTopic(of.name, this.settings);
	}

	/** What a subscription reads. */
	sourceOf(from: SubscribeOptions['from']): Topic {
		return from.kind === 'dead-letters' ? listenersTopic(this.topicOf(from.of)) : this.topicOf(from);
	}

	/** @throws EventBusError `not-found` when it is missing and may not be made */
	async target(to: Address, options: PublishOptions): Promise<Topic> {
		switch (to.kind) {
			case 'channel':
			case 'existing': {
				const topic = this.topicOf(to);
				const key = `topic ${fullName(topic)}`;
				if (!this.believes(key)) await this.ensure(topic, to.kind, options);
				this.seen.set(key, Date.now() + BELIEVED_MS);
				return topic;
			}
			case 'group': {
				const topic = retryTopic(this.topicOf(to.of), to.group);
				await this.ensureGroup(topic, to.group, options);
				return topic;
			}
			case 'dead-letters': {
				if (to.group === null) throw new EventBusError('bug', 'Dead letters belong to a group');
				const topic = deadLetterTopic(this.topicOf(to.of), to.group);
				// Every time: if somebody removes them meanwhile, the server makes the topic again, and keeps nothing in it.
				await this.ensureKept(topic, options);
				return topic;
			}
		}
	}

	/** Whether a subscription would get what is published there; null: that cannot be known. */
	async isHeard(topic: Topic, options: PublishOptions): Promise<boolean | null> {
		const { topics } = this;
		if (topics === null || topic.domain === 'non-persistent') return null;
		const key = `heard ${fullName(topic)}`;
		if (this.believes(key)) return true;
		try {
			const names = (await topics.subscriptionsOf(topic, options)) ?? [];
			if (names.length === 0) return false;
			this.seen.set(key, Date.now() + BELIEVED_MS);
			return true;
		} catch (error) {
			if (isEventBusError(error) && error.code === 'auth') return null;
			throw error;
		}
	}

	/** It may be gone. */
	forget(topic: Topic): void {
		for (const key of [...this.seen.keys()]) if (key.endsWith(` ${fullName(topic)}`)) this.seen.delete(key);
	}

	private async ensure(topic: Topic, kind: 'channel' | 'existing', options: PublishOptions): Promise<void> {
		const { topics } = this;
		if (options.provision === 'off' || topic.domain === 'non-persistent') return;
		if (topics === null) throw needsAdmin(options.provision === 'create' ? 'Provision Create' : 'Provision Verify');
		if (kind === 'channel' && options.provision === 'create') await this.make(topics, topic, options);
		else if (!(await topics.exists(topic, options))) throw missing(topic);
	}

	/** Who may not make topics may use those that are there. */
	private async make(topics: Topics, topic: Topic, options: PublishOptions): Promise<void> {
		try {
			await topics.create(topic, options);
		} catch (error) {
			const isRefused = isEventBusError(error) && error.code === 'auth';
			if (!isRefused || !(await topics.exists(topic, options).catch(() => false))) throw error;
		}
	}

	private async ensureGroup(topic: Topic, group: string, options: PublishOptions): Promise<void> {
		if (this.topics === null || options.provision === 'off') return;
		const names = await this.topics.subscriptionsOf(topic, options);
		if (names?.includes(group)) return;
		throw new EventBusError('not-found', `The consumer group "${group}" has no ${fullName(topic)} that it reads`, {
			hint: 'Activate a trigger with this consumer group first',
		});
	}

	/** Without a subscription Pulsar would keep nothing. */
	private async ensureKept(topic: Topic, options: PublishOptions): Promise<void> {
		const { topics } = this;
		if (topics === null || options.provision === 'off') {
			await this.subscribeKeeper(topic, options);
			return;
		}
		const names = await topics.subscriptionsOf(topic, options);
		if (names?.includes(KEEPER)) return;
		if (options.provision === 'verify') throw missing(topic);
		if (names === null) await this.make(topics, topic, options);
		await topics.subscribe(topic, KEEPER, 'earliest', {}, options);
	}

	/** Whoever reads makes the subscription, as far as the server lets them. */
	private async subscribeKeeper(topic: Topic, options: PublishOptions): Promise<void> {
		const inlet = await Inlet.open(
			this.settings,
			{
				topic,
				subscription: KEEPER,
				type: 'Shared',
				isDurable: true,
				name: KEEPER,
				queueSize: 1,
				take: () => undefined,
			},
			options,
		);
		await inlet.close();
	}

	private believes(key: string): boolean {
		return (this.seen.get(key) ?? 0) > Date.now();
	}
}

function missing(topic: Topic): EventBusError {
	return new EventBusError('not-found', `Pulsar has no topic ${fullName(topic)}`, {
		hint: 'Create it, check its name, tenant and namespace, or let Provision create it',
	});
}

/**
 * Retention: how long what is unread waits for a group, and how long a group waits for a reader.
 *
 * Pulsar knows a time to live for a whole topic or namespace only. So whoever reads or looks at a channel lets go of
 * what is too old for the groups that were made by us. Those of others are theirs.
 */
import type { CallOptions } from '../../broker/types';
import { messageOf } from '../../kernel/errors';
import type { Logger } from '../../kernel/logger';
import { factsOf, type GroupFacts } from './groups';
import { fullName, retryTopic, type Topic } from './names';
import type { SubscriptionState, Topics, TopicState } from './topics';

/** Between two rounds, milliseconds. */
const ROUND_MS = 60 * 60_000;
const CALL_MS = 30_000;

export class Janitor {
	private readonly watched = new Map<string, Topic>();
	private rounds: NodeJS.Timeout | null = null;

	constructor(private readonly logger: Logger) {}

	/** From now on, until `stop`. */
	watch(topics: Topics, topic: Topic): void {
		this.watched.set(fullName(topic), topic);
		this.rounds ??= setInterval(() => void this.round(topics), ROUND_MS);
		this.rounds.unref();
	}

	stop(): void {
		if (this.rounds) clearInterval(this.rounds);
		this.rounds = null;
	}

	/** How it is afterwards; null: there is no such topic. */
	async clean(topics: Topics, topic: Topic, options: CallOptions): Promise<TopicState | null> {
		const state = await topics.state(topic, options, true);
		if (state === null) return null;
		const left = new Map(state.subscriptions);
		for (const [group, subscription] of state.subscriptions) {
			try {
				if (await this.cleanGroup(topics, topic, group, subscription, options)) left.delete(group);
			} catch (error) {
				// Whoever may only look can look all the same.
				this.logger.debug(`What is too old for ${group} in ${fullName(topic)} stays for now: ${messageOf(error)}`);
			}
		}
		return { ...state, subscriptions: left };
	}

	/** Whether it is gone. */
	private async cleanGroup(
		topics: Topics,
		topic: Topic,
		group: string,
		subscription: SubscriptionState,
		options: CallOptions,
	): Promise<boolean> {
		const facts = factsOf(subscription);
		if (!facts || !Number.isFinite(facts.retentionMs)) return false;
		if (subscription.consumers.length === 0 && Date.now() > facts.readAt + facts.retentionMs) {
			await this.removeGroup(topics, topic, group, facts, options);
			return true;
		}
		if (subscription.backlog > 0 && isTooOld(subscription.oldestAt, facts)) {
			await topics.expire(topic, group, facts.retentionMs, options);
		}
		return false;
	}

	private async removeGroup(
		topics: Topics,
		topic: Topic,
		group: string,
		{ readAt }: GroupFacts,
		options: CallOptions,
	): Promise<void> {
		await topics.unsubscribe(topic, group, options);
		await topics.remove(retryTopic(topic, group), options);
		const since = new Date(readAt).toISOString();
		this.logger.warn(`The consumer group ${group} of ${fullName(topic)} is removed: nobody has read it since ${since}`);
	}

	private async round(topics: Topics): Promise<void> {
		for (const topic of this.watched.values()) {
			try {
				await this.clean(topics, topic, { signal: new AbortController().signal, timeoutMs: CALL_MS });
			} catch (error) {
				this.logger.debug(`What is too old in ${fullName(topic)} stays for now: ${messageOf(error)}`);
			}
		}
	}
}

function isTooOld(oldestAt: number, { retentionMs }: GroupFacts): boolean {
	return oldestAt > 0 && Date.now() > oldestAt + retentionMs;
}

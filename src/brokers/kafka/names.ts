/**
 * What things are called on Kafka. Everything of ours beside a topic begins with the topic's name and two dots, which no
 * channel and no group can hold, so that nothing of two pairs ever runs together.
 */
import type { Address, Source, SubscribeOptions } from '../../broker/types';
import { DELAY_TIERS_MS } from '../../broker/delayTiers';
import { EventBusError } from '../../kernel/errors';

const JOIN = '..';
const RETRY = `${JOIN}retry.`;
const DEAD_LETTERS = `${JOIN}dlq`;
/** Stands for every group. No group can have this name. */
const EVERY_GROUP = '_all';
/** Kafka's own limit. */
const MAX_TOPIC_LENGTH = 249;

/** The tier of redrives: no delay at all. */
export const REDRIVE_TIER_MS = 0;
export const TIERS_MS: readonly number[] = [REDRIVE_TIER_MS, ...DELAY_TIERS_MS];

/** What a subscription reads, and as whom. */
export interface Reading {
	/** Topics with the messages themselves; null: every dead letter topic of `channelTopic`. */
	readonly topics: readonly string[] | null;
	readonly channelTopic: string;
	/** Kafka's group.id. Retry topics are named after it. */
	readonly groupId: string;
	readonly isDeadLetters: boolean;
}

export function sourceTopic(source: Source): string {
	return source.kind === 'channel' ? source.channel : source.name;
}

export function groupIdOf(topic: string, group: string): string {
	return `${topic}${JOIN}${group}`;
}

export function retryTopic(groupId: string, tierMs: number): string {
	return checked(`${groupId}${RETRY}${tierMs}`);
}

export function retryTopics(groupId: string): readonly string[] {
	return TIERS_MS.map((tierMs) => retryTopic(groupId, tierMs));
}

export function deadLetterTopic(groupId: string): string {
	return checked(`${groupId}${DEAD_LETTERS}`);
}

/** Where a message that is published to this address is stored. */
export function topicOf(address: Address): string {
	switch (address.kind) {
		case 'channel':
		case 'existing':
			return checked(sourceTopic(address));
		case 'group':
			return retryTopic(groupIdOf(sourceTopic(address.of), address.group), REDRIVE_TIER_MS);
		case 'dead-letters': {
			if (address.group !== null) return deadLetterTopic(groupIdOf(sourceTopic(address.of), address.group));
			throw new EventBusError('unsupported', 'A dead letter belongs to one consumer group', {
				hint: 'Name the group',
			});
		}
	}
}

export function readingOf(from: SubscribeOptions['from'], group: string): Reading {
	if (from.kind !== 'dead-letters') {
		const topic = checked(sourceTopic(from));
		return { topics: [topic], channelTopic: topic, groupId: groupIdOf(topic, group), isDeadLetters: false };
	}
	const channelTopic = sourceTopic(from.of);
	const letters = deadLetterTopic(groupIdOf(channelTopic, from.group ?? EVERY_GROUP));
	return {
		topics: from.group === null ? null : [letters],
		channelTopic,
		groupId: groupIdOf(letters, group),
		isDeadLetters: true,
	};
}

/** null: the topic is no tier of that group. */
export function tierOf(groupId: string, topic: string): number | null {
	const prefix = `${groupId}${RETRY}`;
	if (!topic.startsWith(prefix)) return null;
	const tierMs = Number(topic.slice(prefix.length));
	return TIERS_MS.includes(tierMs) ? tierMs : null;
}

/** The group whose dead letters are in this topic; null: it holds none of this channel's groups. */
export function groupOfDeadLetters(channelTopic: string, topic: string): string | null {
	if (!topic.endsWith(DEAD_LETTERS)) return null;
	return groupOf(channelTopic, topic.slice(0, -DEAD_LETTERS.length));
}

/** The group that this group.id means; null: it does not read this topic, or is none of ours. */
export function groupOf(topic: string, groupId: string): string | null {
	if (!groupId.startsWith(`${topic}${JOIN}`)) return null;
	const group = groupId.slice(topic.length + JOIN.length);
	return group === '' || group.includes(JOIN) ? null : group;
}

/** Whether this topic or group.id is one of ours beside `topic`. */
export function belongsTo(topic: string, name: string): boolean {
	return name.startsWith(`${topic}${JOIN}`);
}

/** A topic that is a channel of its own, not one of ours beside it, nor one of Kafka's. */
export function isChannel(topic: string): boolean {
	return !topic.includes(JOIN) && !topic.startsWith('__');
}

function checked(topic: string): string {
	if (topic.length <= MAX_TOPIC_LENGTH) return topic;
	throw new EventBusError('settings', `The topic name ${topic.slice(0, 60)}… is longer than Kafka allows`, {
		hint: `Channel, consumer group and what is added to them must fit into ${MAX_TOPIC_LENGTH} characters`,
	});
}

/**
 * What a group reads: the topics with its messages, and the topics with what it has put off. Both may grow while it reads.
 */
import type { KafkaLink } from './client';
import { EventBusError } from '../../kernel/errors';
import { keyOf } from './assignment';
import { groupOfDeadLetters, retryTopics, type Reading } from './names';
import { leadersOf } from './offsets';
import type { TopicPartition } from './protocol';
import { missing, type Topics } from './topics';

export class Sharing {
	private messages: readonly string[];
	private last: string | null = null;

	constructor(
		private readonly link: KafkaLink,
		private readonly all: Topics,
		private readonly reading: Reading,
	) {
		this.messages = reading.topics ?? [];
	}

	/** The topics with the messages themselves, as far as they are known. */
	get topics(): readonly string[] {
		return this.messages;
	}

	/**
	 * Everything there is to read now: messages, and what was put off.
	 * @throws EventBusError `not-found` when the source is not there (any more)
	 */
	async partitions(): Promise<readonly (readonly TopicPartition[])[]> {
		const { topics, groupId } = this.reading;
		if (!topics) this.messages = await this.deadLetterTopics();
		const found = await leadersOf(this.link, [...this.messages, ...retryTopics(groupId)]);
		const gone = this.messages.find((topic) => !found.has(topic));
		if (gone !== undefined && this.last !== null) {
			// Whoever reads again makes it again, or learns that it may not.
			throw new EventBusError('closed', `The topic ${gone} was deleted while it was read`);
		}
		if (gone !== undefined) throw missing(gone);
		const partitionsOf = (topic: string) =>
			(found.get(topic) ?? []).map((_leader, partition) => ({ topic, partition }));
		const parts = [this.messages.flatMap(partitionsOf), retryTopics(groupId).flatMap(partitionsOf)];
		this.last = signatureOf(parts);
		return parts;
	}

	/** Whether there is something else to read than when it was asked last. */
	async hasChanged(): Promise<boolean> {
		const { last } = this;
		return signatureOf(await this.partitions()) !== last;
	}

	/** Of every group of the channel. */
	private async deadLetterTopics(): Promise<readonly string[]> {
		const { channelTopic } = this.reading;
		return (await this.all.names()).filter((topic) => groupOfDeadLetters(channelTopic, topic) !== null).sort();
	}
}

function signatureOf(parts: readonly (readonly TopicPartition[])[]): string {
	return parts.flat().map(keyOf).sort().join(',');
}

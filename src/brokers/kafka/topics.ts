/**
 * Topics: which exist, and making and removing them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Provision } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';
import type { KafkaLink } from './client';
import { check } from './errors';
import { leadersOf, listOffsets } from './offsets';
import { CODE, KafkaError } from './protocol';

export interface TopicShape {
	readonly partitions: number;
	readonly config: Readonly<Record<string, string>>;
}

/** What is known of a topic is looked up again after this, milliseconds: partitions may be added. */
const KNOWN_FOR_MS = 30_000;
/** How long a server may take to know what another one has made or removed, milliseconds. */
const SPREAD_WITHIN_MS = 5000;
const LOOK_EVERY_MS = 20;
const ADMIN_TIMEOUT_MS = 8000;
/** Room for what is added to a copy: the story of its failures. */
const ADDED_BYTES = 64 * 1024;
/** Kafka's number for "this is about a topic". */
const TOPIC_RESOURCE = 2;

interface Known {
	readonly leaders: readonly number[];
	readonly at: number;
}

export class Topics {
	private readonly known = new Map<string, Known>();

	constructor(
		private readonly link: KafkaLink,
		private readonly replicationFactor: number,
	) {}

	/** The leaders of its partitions; null: there is no such topic. */
	async find(topic: string): Promise<readonly number[] | null> {
		const known = this.known.get(topic);
		if (known && Date.now() - known.at < KNOWN_FOR_MS) return known.leaders;
		return await this.lookUp(topic);
	}

	/** As `find`, by asking the cluster. */
	async lookUp(topic: string): Promise<readonly number[] | null> {
		const leaders = (await leadersOf(this.link, [topic])).get(topic);
		if (leaders === undefined || leaders.length === 0) {
			this.known.delete(topic);
			return null;
		}
		this.known.set(topic, { leaders, at: Date.now() });
		return leaders;
	}

	forget(topic: string): void {
		this.known.delete(topic);
	}

	/**
	 * Makes it if it is missing and may be made.
	 * @throws EventBusError `not-found`
	 */
	async ensure(topic: string, provision: Provision, shape: () => Promise<TopicShape>): Promise<void> {
		if (await this.find(topic)) return;
		if (provision !== 'create') throw missing(topic);
		await this.create(topic, await shape());
	}

	/** Whether nothing was ever written to it. */
	async isUnused(topic: string): Promise<boolean> {
		const ends = (await listOffsets(this.link, [topic], 'latest')).get(topic) ?? [];
		return ends.every((end) => end === 0);
	}

	/** The shape of a topic for copies: as large as the messages of `original` may be, with what is added to them. */
	async roomFor(original: string, shape: TopicShape): Promise<TopicShape> {
		const name = 'max.message.bytes';
		const resources = [{ type: TOPIC_RESOURCE, name: original, configNames: [name] }];
		const answer = await this.link.ask('DescribeConfigs', { resources });
		const [found] = answer.resources.flatMap(({ configEntries }) => configEntries);
		const bytes = Number(found?.configValue ?? NaN);
		// Without the right to look, it is the default of the cluster.
		if (!Number.isFinite(bytes)) return shape;
		return { ...shape, config: { ...shape.config, [name]: String(bytes + ADDED_BYTES) } };
	}

	/** Having it already is no error. */
	async create(topic: string, { partitions, config }: TopicShape): Promise<void> {
		const { controllerId } = await this.link.metadata([topic]);
		const { topicErrors } = await this.link.askNode(controllerId, 'CreateTopics', {
			topics: [
				{
					topic,
					numPartitions: partitions,
					replicationFactor: this.replicationFactor,
					configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
				},
			],
			validateOnly: false,
			timeout: ADMIN_TIMEOUT_MS,
		});
		for (const { errorCode, errorMessage } of topicErrors) {
			if (errorCode === CODE.topicExists) continue;
			check(errorCode, `topic ${topic}${errorMessage ? `: ${errorMessage}` : ''}`);
		}
		await this.until(async () => {
			const leaders = await this.lookUp(topic);
			return leaders !== null && leaders.every((leader) => leader >= 0);
		});
	}

	/** What is gone already is no error. */
	async remove(topics: readonly string[]): Promise<void> {
		if (topics.length === 0) return;
		const { controllerId } = await this.link.metadata([...topics]);
		const request = { topics: [...topics], timeout: ADMIN_TIMEOUT_MS };
		const { topicErrors } = await this.link.askNode(controllerId, 'DeleteTopics', request);
		for (const topic of topics) this.known.delete(topic);
		for (const { topic, errorCode } of topicErrors) {
			if (errorCode !== CODE.unknownTopic) check(errorCode, `topic ${topic}`);
		}
		await this.until(async () => (await leadersOf(this.link, topics)).size === 0);
	}

	/** Names of all topics that this user may see. */
	async names(): Promise<readonly string[]> {
		const { topicMetadata } = await this.link.metadata([]);
		return topicMetadata.map(({ topic }) => topic);
	}

	private async until(condition: () => Promise<boolean>): Promise<void> {
		const late = Date.now() + SPREAD_WITHIN_MS;
		while (!(await condition())) {
			if (Date.now() > late) throw new KafkaError(CODE.leaderNotAvailable, 'The cluster is slow to make topics known');
			await sleep(LOOK_EVERY_MS);
		}
	}
}

export function missing(topic: string): EventBusError {
	return new EventBusError('not-found', `Kafka has no topic "${topic}"`, {
		hint: 'Create it, check its name, or let Provision create it',
	});
}

/** Of a channel: messages wait as long as the retention says. */
export function channelShape(partitions: number, retentionMs: number): TopicShape {
	return { partitions, config: { 'cleanup.policy': 'delete', 'retention.ms': String(Math.round(retentionMs)) } };
}

/** One partition, so that what is due first stands first. */
export function retryShape(retentionMs: number): TopicShape {
	return channelShape(1, retentionMs);
}

/** Kept until it is removed: the last record of each key stays. */
export const DEAD_LETTER_SHAPE: TopicShape = { partitions: 1, config: { 'cleanup.policy': 'compact' } };

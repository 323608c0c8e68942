/**
 * From an address to queues and topics.
 */
import type { Address, CallOptions, Provision, Source, SubscribeOptions } from '../../broker/types';
import { EventBusError, isEventBusError } from '../../kernel/errors';
import type { AwsLink } from './client';
import { deadLetterQueueName, groupQueueName, isFifoName, listenersTopicName, topicName } from './names';
import { missingQueue, Queues, type Queue, type QueueShape } from './queues';
import { missingTopic, Topics, type Topic } from './topics';
import { factTags } from './tags';

/** Kept as long as SQS can: 14 days. */
const LONGEST_RETENTION_SECONDS = 14 * 24 * 60 * 60;

export class Sources {
	readonly queues: Queues;
	readonly topics: Topics;

	constructor(private readonly link: AwsLink) {
		this.queues = new Queues(link);
		this.topics = new Topics(link);
	}

	get fifo(): boolean {
		return this.link.settings.fifo;
	}

	/** Whether what belongs to this source is FIFO: of an existing queue its own name says so. */
	naming(of: Source): { readonly fifo: boolean } {
		return { fifo: of.kind === 'channel' ? this.fifo : isFifoName(of.name) };
	}

	topicNameOf(channel: string): string {
		return topicName(channel, this);
	}

	async channelTopic(channel: string, provision: Provision, options: CallOptions): Promise<Topic> {
		return await this.topics.ensure(this.topicNameOf(channel), provision, options);
	}

	async existingQueue(name: string, options: CallOptions): Promise<Queue> {
		const queue = isTopicArn(name) ? null : await this.queues.find(name, options);
		if (queue) return queue;
		const missing = missingQueue(name);
		if (!(await this.isTopic(name, options))) throw missing;
		throw new EventBusError('unsupported', `"${name}" is a topic, and only queues can be read`, {
			cause: missing,
			hint: 'Use it as a channel, which makes a queue of its own for this group and subscribes it',
		});
	}

	/** A queue of that name, else a topic. */
	async existing(name: string, options: CallOptions): Promise<Queue | Topic> {
		const queue = isTopicArn(name) ? null : await this.queues.find(name, options);
		if (queue) return queue;
		const topic = isQueueAddress(name) ? null : await this.topics.find(name, options);
		if (topic) return topic;
		throw isTopicArn(name) ? missingTopic(name) : missingQueue(name);
	}

	/** Where retry copies and redrives of a group go. */
	async groupQueue({ of, group }: Extract<Address, { kind: 'group' }>, options: CallOptions): Promise<Queue> {
		if (of.kind === 'existing') return await this.existingQueue(of.name, options);
		const queue = await this.queues.find(groupQueueName(of, group, this), options);
		if (queue) return queue;
		const ephemeral = await this.queues.find(groupQueueName(of, group, { fifo: this.fifo, ephemeral: true }), options);
		if (ephemeral) return ephemeral;
		throw new EventBusError('not-found', `The consumer group "${group}" of "${of.channel}" does not exist`, {
			hint: 'Activate a trigger with this consumer group first',
		});
	}

	async deadLetterQueue(of: Source, group: string, provision: Provision, options: CallOptions): Promise<Queue> {
		const name = deadLetterQueueName(of, group, this.naming(of));
		const tags = factTags({ source: sourceText(of), group, types: [], lifetime: 'durable', topic: '' });
		const shape: QueueShape = { attributes: { MessageRetentionPeriod: String(LONGEST_RETENTION_SECONDS) }, tags };
		return (await this.queues.ensure(name, provision, shape, options)).queue;
	}

	/** Shows dead letters to those who listen. The topic is made by the first who does. */
	listenersTopic(of: Source, besideQueue: Queue): Topic {
		return this.topics.besideQueue(listenersTopicName(of, this.naming(of)), besideQueue.arn);
	}

	private async isTopic(name: string, options: CallOptions): Promise<boolean> {
		if (isQueueAddress(name)) return false;
		return (await this.topics.find(name, options).catch(() => null)) !== null;
	}
}

/** As it stands in the tags: characters that AWS takes there. */
export function sourceText(from: SubscribeOptions['from']): string {
	switch (from.kind) {
		case 'channel':
			return `channel ${from.channel}`;
		case 'existing':
			return `queue ${from.name}`.slice(0, 256);
		case 'dead-letters':
			return `dead letters of ${sourceText(from.of)}${from.group === null ? '' : ` group ${from.group}`}`.slice(0, 256);
	}
}

export function isQueue(target: Queue | Topic): target is Queue {
	return 'url' in target;
}

export function isMissing(error: unknown): boolean {
	return isEventBusError(error) && error.code === 'not-found';
}

function isTopicArn(name: string): boolean {
	return /^arn:[^:]+:sns:/.test(name);
}

function isQueueAddress(name: string): boolean {
	return name.includes('://') || /^arn:[^:]+:sqs:/.test(name);
}

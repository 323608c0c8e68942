/**
 * Queues: which exist, and making, changing and removing them.
 */
import { QueueAttributeName } from '@aws-sdk/client-sqs';
import type { CallOptions, Provision } from '../../broker/types';
import { EventBusError, isEventBusError } from '../../kernel/errors';
import type { AwsLink } from './client';
import { isFifoName } from './names';
import type { Tags } from './tags';

export interface Queue {
	readonly url: string;
	readonly arn: string;
	readonly name: string;
	readonly isFifo: boolean;
}

export type Attributes = Readonly<Record<string, string>>;

/** How a queue of ours is made. */
export interface QueueShape {
	readonly attributes: Attributes;
	readonly tags: Tags;
}

export interface QueueCounts {
	readonly backlog: number;
	readonly inFlight: number;
}

export class Queues {
	private readonly known = new Map<string, Queue>();

	constructor(private readonly link: AwsLink) {}

	/**
	 * @param name a name, URL or ARN
	 * @returns null: there is none
	 */
	async find(name: string, options: CallOptions): Promise<Queue | null> {
		const known = this.known.get(name);
		if (known) return known;
		const call = { ...options, doing: `looking for the queue ${name}` };
		try {
			const url = name.includes('://') ? name : await this.urlOf(name, call);
			const attributes = await this.attributes(url, ['QueueArn'], call);
			const arn = attributes['QueueArn'] ?? '';
			const bare = arn.split(':').at(-1) ?? name;
			const queue = { url, arn, name: bare, isFifo: isFifoName(bare) };
			this.known.set(name, queue);
			return queue;
		} catch (error) {
			if (isEventBusError(error) && error.code === 'not-found') return null;
			throw error;
		}
	}

	/** @throws EventBusError `not-found` when it is missing and may not be made */
	async ensure(
		name: string,
		provision: Provision,
		shape: QueueShape,
		options: CallOptions,
	): Promise<{ readonly queue: Queue; readonly isNew: boolean }> {
		const found = await this.find(name, options);
		if (found) return { queue: found, isNew: false };
		if (provision !== 'create') throw missingQueue(name);
		const fifo = isFifoName(name) ? { FifoQueue: 'true', ...HIGH_THROUGHPUT } : {};
		await this.link.sqs({ ...options, doing: `creating the queue ${name}` }, async (client, http) => {
			const { tags, attributes } = shape;
			return await client.createQueue({ QueueName: name, Attributes: { ...fifo, ...attributes }, tags }, http);
		});
		const queue = await this.find(name, options);
		if (!queue) throw missingQueue(name);
		return { queue, isNew: true };
	}

	/** @param decide what the attributes shall be, of what they are; what is the same already is left */
	async adjust(
		queue: Queue,
		names: readonly string[],
		decide: (has: Attributes) => Attributes,
		options: CallOptions,
	): Promise<void> {
		const call = { ...options, doing: `changing the queue ${queue.name}` };
		const has = await this.attributes(queue.url, names, call);
		const different = Object.entries(decide(has)).filter(([name, value]) => has[name] !== value);
		if (different.length === 0) return;
		await this.link.sqs(call, async (client, http) => {
			return await client.setQueueAttributes({ QueueUrl: queue.url, Attributes: Object.fromEntries(different) }, http);
		});
	}

	/** @returns null: there is none any more */
	async counts(queue: Queue, options: CallOptions): Promise<QueueCounts | null> {
		const names = [
			'ApproximateNumberOfMessages',
			'ApproximateNumberOfMessagesDelayed',
			'ApproximateNumberOfMessagesNotVisible',
		];
		try {
			const values = await this.attributes(queue.url, names, { ...options, doing: `counting in ${queue.name}` });
			const [waiting = 0, delayed = 0, inFlight = 0] = names.map((name) => Number(values[name] ?? 0));
			return { backlog: waiting + delayed, inFlight };
		} catch (error) {
			if (!isEventBusError(error) || error.code !== 'not-found') throw error;
			this.forget(queue);
			return null;
		}
	}

	async tags(queue: Pick<Queue, 'url' | 'name'>, options: CallOptions): Promise<Tags> {
		const call = { ...options, doing: `reading the tags of ${queue.name}` };
		const { Tags: tags = {} } = await this.link.sqs(call, async (client, http) => {
			return await client.listQueueTags({ QueueUrl: queue.url }, http);
		});
		return tags;
	}

	async tag(queue: Queue, tags: Tags, options: CallOptions): Promise<void> {
		await this.link.sqs({ ...options, doing: `tagging the queue ${queue.name}` }, async (client, http) => {
			return await client.tagQueue({ QueueUrl: queue.url, Tags: tags }, http);
		});
	}

	async untag(queue: Queue, keys: readonly string[], options: CallOptions): Promise<void> {
		await this.link.sqs({ ...options, doing: `tagging the queue ${queue.name}` }, async (client, http) => {
			return await client.untagQueue({ QueueUrl: queue.url, TagKeys: [...keys] }, http);
		});
	}

	/** Names of the queues that begin so. */
	async list(prefix: string, options: CallOptions): Promise<readonly string[]> {
		const call = { ...options, doing: 'listing queues' };
		const urls: string[] = [];
		let token: string | undefined;
		do {
			const page = { QueueNamePrefix: prefix, MaxResults: 1000, ...(token === undefined ? {} : { NextToken: token }) };
			const { QueueUrls = [], NextToken } = await this.link.sqs(call, async (client, http) => {
				return await client.listQueues(page, http);
			});
			urls.push(...QueueUrls);
			token = NextToken;
		} while (token !== undefined);
		return urls.map((url) => url.split('/').at(-1) ?? url);
	}

	/** Gone already is no error. */
	async remove(queue: Queue, options: CallOptions): Promise<void> {
		this.forget(queue);
		await this.link
			.sqs({ ...options, doing: `deleting the queue ${queue.name}` }, async (client, http) => {
				await client.deleteQueue({ QueueUrl: queue.url }, http);
			})
			.catch((error: unknown) => {
				if (!isEventBusError(error) || error.code !== 'not-found') throw error;
			});
	}

	/** AWS does so once in 60 seconds. */
	async purge(queue: Queue, options: CallOptions): Promise<void> {
		await this.link.sqs({ ...options, doing: `emptying the queue ${queue.name}` }, async (client, http) => {
			await client.purgeQueue({ QueueUrl: queue.url }, http);
		});
	}

	/** It may be gone. */
	forget({ url }: Pick<Queue, 'url'>): void {
		for (const [name, queue] of this.known) if (queue.url === url) this.known.delete(name);
	}

	private async urlOf(name: string, call: CallOptions & { readonly doing: string }): Promise<string> {
		const [, account, bare = name] = /^arn:[^:]+:sqs:[^:]*:(\d+):(.+)$/.exec(name) ?? [];
		const { QueueUrl } = await this.link.sqs(call, async (client, http) => {
			const owner = account === undefined ? {} : { QueueOwnerAWSAccountId: account };
			return await client.getQueueUrl({ QueueName: bare, ...owner }, http);
		});
		if (QueueUrl === undefined) throw missingQueue(name);
		return QueueUrl;
	}

	private async attributes(
		url: string,
		names: readonly string[],
		call: CallOptions & { readonly doing: string },
	): Promise<Attributes> {
		const wanted = names.flatMap((name) => Object.values(QueueAttributeName).find((known) => known === name) ?? []);
		const { Attributes: values = {} } = await this.link.sqs(call, async (client, http) => {
			return await client.getQueueAttributes({ QueueUrl: url, AttributeNames: wanted }, http);
		});
		return values;
	}
}

/** Without it a FIFO queue takes 300 requests a second; with it, so many for each key. */
const HIGH_THROUGHPUT = { DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' } as const;

export function missingQueue(name: string): EventBusError {
	return new EventBusError('not-found', `There is no queue "${name}"`, {
		hint: 'Create it, check its name, region and account, or let Provision create it',
	});
}

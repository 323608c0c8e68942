/**
 * Topics and subscriptions: which exist, and making, changing and removing them.
 */
import type { protos } from '@google-cloud/pubsub';
import type { CallOptions, Provision } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';
import type { PubSubLink } from './client';
import { existsAlready, isInvalid, isMissing } from './errors';
import type { Labels } from './labels';
import { ACK_DEADLINE_SECONDS } from './leases';
import { bareId } from './names';

export interface SubscriptionState {
	/** 'projects/p/subscriptions/s'. */
	readonly path: string;
	readonly topic: string;
	readonly labels: Labels;
	readonly filter: string;
	readonly isOrdered: boolean;
	/** Whether what was read already, or before it existed, can be read again. */
	readonly keepsHistory: boolean;
	/** Google sends it somewhere: nobody can read it. */
	readonly isPushed: boolean;
}

/** How a subscription of ours is made. */
export interface SubscriptionShape {
	readonly topic: string;
	readonly labels: Labels;
	readonly filter: string;
	readonly retentionSeconds: number;
	/** Whether what has an ordering key is handed out in its order, one after the other. */
	readonly isOrdered: boolean;
	/** It goes by itself after a day without a reader. */
	readonly isEphemeral: boolean;
}

const DAY_SECONDS = 24 * 60 * 60;
const [LEAST_RETENTION_SECONDS, LONGEST_RETENTION_SECONDS] = [10 * 60, 31 * DAY_SECONDS];
/** Older servers and emulators keep no longer. */
const SHORTER_RETENTION_SECONDS = 7 * DAY_SECONDS;
const DELETED_TOPIC = '_deleted-topic_';

export class Resources {
	/** Paths of topics that were seen. */
	private readonly known = new Set<string>();

	constructor(private readonly link: PubSubLink) {}

	async hasTopic(path: string, options: CallOptions): Promise<boolean> {
		if (this.known.has(path)) return true;
		const topic = await this.unlessMissing(async () => {
			const call = { ...options, doing: `looking for the topic ${bareId(path)}` };
			const [found] = await this.link.publisher(call, async (client, gax) => {
				return await client.getTopic({ topic: path }, gax);
			});
			return found;
		});
		if (topic !== null) this.known.add(path);
		return topic !== null;
	}

	/** Whether a subscription that is made now can read what was published before. */
	async keepsHistory(topic: string, options: CallOptions): Promise<boolean> {
		const call = { ...options, doing: `looking for the topic ${bareId(topic)}` };
		const [found] = await this.link.publisher(call, async (client, gax) => await client.getTopic({ topic }, gax));
		return Number(found.messageRetentionDuration?.seconds ?? 0) > 0;
	}

	/**
	 * @param historyDays of a topic that is made now
	 * @throws EventBusError `not-found` when it is missing and may not be made
	 */
	async ensureTopic(path: string, provision: Provision, historyDays: number, options: CallOptions): Promise<void> {
		if (provision === 'off' || (await this.hasTopic(path, options))) return;
		if (provision !== 'create') throw missingTopic(path);
		const call = { ...options, doing: `creating the topic ${bareId(path)}` };
		const history = historyDays === 0 ? {} : { messageRetentionDuration: { seconds: historyDays * DAY_SECONDS } };
		await this.unlessThere(async () => {
			await this.link.publisher(call, async (client, gax) => {
				return await client.createTopic({ name: path, ...history }, gax);
			});
		});
		this.known.add(path);
	}

	/** It may be gone. */
	forgetTopic(path: string): void {
		this.known.delete(path);
	}

	/** Paths. */
	async topics(options: CallOptions): Promise<readonly string[]> {
		return await this.pages(async (pageToken) => {
			const request = { project: `projects/${this.link.project}`, pageSize: PAGE_SIZE, pageToken };
			const [, , response] = await this.link.publisher({ ...options, doing: 'listing topics' }, async (client, gax) => {
				return await client.listTopics(request, { ...gax, autoPaginate: false });
			});
			return { items: (response.topics ?? []).map(({ name }) => name ?? ''), next: response.nextPageToken };
		});
	}

	/** Paths of what is subscribed to a topic; none when there is no topic. */
	async subscriptionsOf(topic: string, options: CallOptions): Promise<readonly string[]> {
		const call = { ...options, doing: `looking who listens to ${bareId(topic)}` };
		const found = await this.unlessMissing(async () => {
			return await this.pages(async (pageToken) => {
				const request = { topic, pageSize: PAGE_SIZE, pageToken };
				const [, , response] = await this.link.publisher(call, async (client, gax) => {
					return await client.listTopicSubscriptions(request, { ...gax, autoPaginate: false });
				});
				return { items: response.subscriptions ?? [], next: response.nextPageToken };
			});
		});
		return found ?? [];
	}

	/** @returns null: there is none */
	async find(path: string, options: CallOptions): Promise<SubscriptionState | null> {
		return await this.unlessMissing(async () => {
			const call = { ...options, doing: `looking for the subscription ${bareId(path)}` };
			const [found] = await this.link.subscriber(call, async (client, gax) => {
				return await client.getSubscription({ subscription: path }, gax);
			});
			return stateOf(path, found);
		});
	}

	/** Nothing happens to one that exists. */
	async create(path: string, shape: SubscriptionShape, options: CallOptions): Promise<void> {
		const { topic, labels, filter, isOrdered, isEphemeral } = shape;
		const retention = Math.min(Math.max(shape.retentionSeconds, LEAST_RETENTION_SECONDS), LONGEST_RETENTION_SECONDS);
		const call = { ...options, doing: `creating the subscription ${bareId(path)}` };
		const make = async (seconds: number) => {
			const request = {
				name: path,
				topic,
				labels,
				filter,
				ackDeadlineSeconds: ACK_DEADLINE_SECONDS,
				enableMessageOrdering: isOrdered,
				messageRetentionDuration: { seconds },
				// Without a time it never goes.
				expirationPolicy: isEphemeral ? { ttl: { seconds: DAY_SECONDS } } : {},
			};
			await this.link.subscriber(call, async (client, gax) => await client.createSubscription(request, gax));
		};
		await this.unlessThere(async () => {
			try {
				await make(isEphemeral ? LEAST_RETENTION_SECONDS : retention);
			} catch (error) {
				if (!isInvalid(error) || retention <= SHORTER_RETENTION_SECONDS) throw error;
				await make(SHORTER_RETENTION_SECONDS);
			}
		});
	}

	async relabel(path: string, labels: Labels, options: CallOptions): Promise<void> {
		const request = { subscription: { name: path, labels }, updateMask: { paths: ['labels'] } };
		const call = { ...options, doing: `labelling the subscription ${bareId(path)}` };
		await this.link.subscriber(call, async (client, gax) => await client.updateSubscription(request, gax));
	}

	/** @param time milliseconds since the epoch; what is older counts as read, what is newer as unread */
	async seek(path: string, time: number, options: CallOptions): Promise<void> {
		const moment = { seconds: Math.floor(time / 1000), nanos: (time % 1000) * 1_000_000 };
		const call = { ...options, doing: `setting the subscription ${bareId(path)} back` };
		await this.link.subscriber(call, async (client, gax) => {
			return await client.seek({ subscription: path, time: moment }, gax);
		});
	}

	/** Gone already is no error. */
	async removeSubscription(path: string, options: CallOptions): Promise<void> {
		const call = { ...options, doing: `deleting the subscription ${bareId(path)}` };
		await this.unlessMissing(async () => {
			await this.link.subscriber(call, async (client, gax) => {
				return await client.deleteSubscription({ subscription: path }, gax);
			});
		});
	}

	/** Gone already is no error. */
	async removeTopic(path: string, options: CallOptions): Promise<void> {
		this.forgetTopic(path);
		const call = { ...options, doing: `deleting the topic ${bareId(path)}` };
		await this.unlessMissing(async () => {
			await this.link.publisher(call, async (client, gax) => await client.deleteTopic({ topic: path }, gax));
		});
	}

	private async pages<T>(
		page: (token: string) => Promise<{ readonly items: readonly T[]; readonly next: string | null | undefined }>,
	): Promise<readonly T[]> {
		const all: T[] = [];
		let token = '';
		do {
			const { items, next } = await page(token);
			all.push(...items);
			token = next ?? '';
		} while (token !== '');
		return all;
	}

	private async unlessMissing<T>(work: () => Promise<T>): Promise<T | null> {
		try {
			return await work();
		} catch (error) {
			if (isMissing(error)) return null;
			throw error;
		}
	}

	/** Somebody else may make it at the same moment. */
	private async unlessThere(work: () => Promise<void>): Promise<void> {
		try {
			await work();
		} catch (error) {
			if (!existsAlready(error)) throw error;
		}
	}
}

const PAGE_SIZE = 1000;

export function missingTopic(path: string): EventBusError {
	return new EventBusError('not-found', `There is no topic "${bareId(path)}"`, {
		hint: 'Create it, check its name and project, or let Provision create it',
	});
}

export function missingSubscription(path: string): EventBusError {
	return new EventBusError('not-found', `There is no subscription "${bareId(path)}"`, {
		hint: 'Create it, check its name and project, or let Provision create it',
	});
}

function stateOf(path: string, found: protos.google.pubsub.v1.ISubscription): SubscriptionState {
	const { topic, labels, filter, enableMessageOrdering, retainAckedMessages, topicMessageRetentionDuration } = found;
	return {
		path,
		topic: topic === DELETED_TOPIC ? '' : (topic ?? ''),
		labels: labels ?? {},
		filter: filter ?? '',
		isOrdered: enableMessageOrdering === true,
		keepsHistory: retainAckedMessages === true || Number(topicMessageRetentionDuration?.seconds ?? 0) > 0,
		isPushed: Boolean(
			found.pushConfig?.pushEndpoint ?? found.bigqueryConfig?.table ?? found.cloudStorageConfig?.bucket,
		),
	};
}

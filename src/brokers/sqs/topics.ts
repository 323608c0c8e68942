/**
 * Topics and what is subscribed to them.
 */
import type { CallOptions, Provision } from '../../broker/types';
import { EventBusError, isEventBusError } from '../../kernel/errors';
import type { AwsLink } from './client';
import { isFifoName } from './names';
import type { Queue } from './queues';

export interface Topic {
	readonly arn: string;
	readonly name: string;
	readonly isFifo: boolean;
}

export interface TopicSubscription {
	readonly arn: string;
	/** ARN of a queue, or what else may be subscribed. */
	readonly endpoint: string;
}

/** Known to have listeners, this is believed for so long, milliseconds. */
const BELIEVED_MS = 30_000;

export class Topics {
	private readonly known = new Map<string, Topic>();
	private readonly heard = new Map<string, number>();
	private account: string;

	constructor(private readonly link: AwsLink) {
		this.account = link.settings.accountId;
	}

	/** The topic that has, or would have, this name in the account of a queue. */
	besideQueue(name: string, queueArn: string): Topic {
		const [, partition = 'aws', , region = '', account = ''] = queueArn.split(':');
		return topicOf(`arn:${partition}:sns:${region}:${account}:${name}`);
	}

	/**
	 * @param name a name or ARN
	 * @returns null: there is none
	 */
	async find(name: string, options: CallOptions): Promise<Topic | null> {
		const known = this.known.get(name);
		if (known) return known;
		const topic = name.startsWith('arn:') || this.account !== '' ? topicOf(this.arnOf(name)) : null;
		const found =
			topic === null ? await this.findInList(name, options) : (await this.exists(topic, options)) ? topic : null;
		if (found) this.remember(name, found);
		return found;
	}

	/** @throws EventBusError `not-found` when it is missing and may not be made */
	async ensure(name: string, provision: Provision, options: CallOptions): Promise<Topic> {
		const known = this.known.get(name);
		if (known) return known;
		if (provision === 'off' && this.account !== '') return topicOf(this.arnOf(name));
		if (provision !== 'create') {
			const found = await this.find(name, options);
			if (found) return found;
			throw missingTopic(name);
		}
		// Gives the one that exists, too.
		const { TopicArn = '' } = await this.link.sns(
			{ ...options, doing: `creating the topic ${name}` },
			async (sns, http) => {
				return await sns.createTopic({ Name: name, Attributes: isFifoName(name) ? { FifoTopic: 'true' } : {} }, http);
			},
		);
		const topic = topicOf(TopicArn);
		this.remember(name, topic);
		return topic;
	}

	async exists(topic: Topic, options: CallOptions): Promise<boolean> {
		try {
			await this.link.sns({ ...options, doing: `looking for the topic ${topic.name}` }, async (sns, http) => {
				return await sns.getTopicAttributes({ TopicArn: topic.arn }, http);
			});
			return true;
		} catch (error) {
			if (isEventBusError(error) && error.code === 'not-found') return false;
			throw error;
		}
	}

	async list(options: CallOptions): Promise<readonly Topic[]> {
		const topics: Topic[] = [];
		let token: string | undefined;
		do {
			const page = token === undefined ? {} : { NextToken: token };
			const { Topics: found = [], NextToken } = await this.link.sns(
				{ ...options, doing: 'listing topics' },
				async (sns, http) => await sns.listTopics(page, http),
			);
			topics.push(...found.flatMap(({ TopicArn }) => (TopicArn === undefined ? [] : [topicOf(TopicArn)])));
			token = NextToken;
		} while (token !== undefined);
		return topics;
	}

	/** Gone already is no error. */
	async remove(topic: Topic, options: CallOptions): Promise<void> {
		this.forget(topic);
		await this.link
			.sns({ ...options, doing: `deleting the topic ${topic.name}` }, async (sns, http) => {
				await sns.deleteTopic({ TopicArn: topic.arn }, http);
			})
			.catch((error: unknown) => {
				if (!isEventBusError(error) || error.code !== 'not-found') throw error;
			});
	}

	async subscriptions(topic: Topic, options: CallOptions): Promise<readonly TopicSubscription[]> {
		const subscriptions: TopicSubscription[] = [];
		let token: string | undefined;
		do {
			const page = { TopicArn: topic.arn, ...(token === undefined ? {} : { NextToken: token }) };
			const { Subscriptions = [], NextToken } = await this.link.sns(
				{ ...options, doing: `listing what is subscribed to ${topic.name}` },
				async (sns, http) => await sns.listSubscriptionsByTopic(page, http),
			);
			subscriptions.push(
				...Subscriptions.map(({ SubscriptionArn = '', Endpoint = '' }) => ({
					arn: SubscriptionArn,
					endpoint: Endpoint,
				})),
			);
			token = NextToken;
		} while (token !== undefined);
		return subscriptions;
	}

	/** As they are published, without JSON around them. @param policy null: all of them */
	async subscribe(topic: Topic, queue: Queue, policy: string | null, options: CallOptions): Promise<void> {
		const wanted = { RawMessageDelivery: 'true', FilterPolicy: policy ?? EVERYTHING };
		const call = { ...options, doing: `subscribing ${queue.name} to ${topic.name}` };
		const existing = (await this.subscriptions(topic, options)).find(({ endpoint }) => endpoint === queue.arn);
		if (!existing) {
			const attributes = policy === null ? { RawMessageDelivery: 'true' } : wanted;
			const request = { TopicArn: topic.arn, Protocol: 'sqs', Endpoint: queue.arn, Attributes: attributes };
			await this.link.sns(call, async (sns, http) => await sns.subscribe(request, http));
			return;
		}
		const { Attributes: has = {} } = await this.link.sns(call, async (sns, http) => {
			return await sns.getSubscriptionAttributes({ SubscriptionArn: existing.arn }, http);
		});
		for (const [name, value] of Object.entries(wanted)) {
			if ((has[name] ?? (name === 'FilterPolicy' ? EVERYTHING : 'false')) === value) continue;
			const change = { SubscriptionArn: existing.arn, AttributeName: name, AttributeValue: value };
			await this.link.sns(call, async (sns, http) => await sns.setSubscriptionAttributes(change, http));
		}
	}

	async unsubscribe(topic: Topic, queueArn: string, options: CallOptions): Promise<void> {
		const call = { ...options, doing: `ending the subscription of a queue to ${topic.name}` };
		for (const { arn, endpoint } of await this.subscriptions(topic, options)) {
			if (endpoint !== queueArn || !arn.startsWith('arn:')) continue;
			await this.link.sns(call, async (sns, http) => await sns.unsubscribe({ SubscriptionArn: arn }, http));
		}
	}

	/** SNS keeps nothing that nobody is subscribed to. @returns null: that may not be looked at */
	async hasListeners(topic: Topic, options: CallOptions): Promise<boolean | null> {
		if ((this.heard.get(topic.arn) ?? 0) > Date.now() - BELIEVED_MS) return true;
		try {
			const call = { ...options, doing: `looking who listens to ${topic.name}` };
			const { Subscriptions = [] } = await this.link.sns(call, async (sns, http) => {
				return await sns.listSubscriptionsByTopic({ TopicArn: topic.arn }, http);
			});
			if (Subscriptions.length === 0) return false;
		} catch {
			return null;
		}
		this.heard.set(topic.arn, Date.now());
		return true;
	}

	forget({ arn }: Topic): void {
		for (const [name, topic] of this.known) if (topic.arn === arn) this.known.delete(name);
		this.heard.delete(arn);
	}

	private async findInList(name: string, options: CallOptions): Promise<Topic | null> {
		return (await this.list(options)).find((topic) => topic.name === name) ?? null;
	}

	private arnOf(name: string): string {
		if (name.startsWith('arn:')) return name;
		const { region } = this.link.settings;
		return `arn:${partitionOf(region)}:sns:${region}:${this.account}:${name}`;
	}

	private remember(name: string, topic: Topic): void {
		this.known.set(name, topic);
		if (this.account === '') this.account = topic.arn.split(':')[4] ?? '';
	}
}

/** A policy that lets everything pass. */
const EVERYTHING = '{}';

export function missingTopic(name: string): EventBusError {
	return new EventBusError('not-found', `There is no topic "${name}"`, {
		hint: 'Create it, check its name, region and account, or let Provision create it',
	});
}

export function topicOf(arn: string): Topic {
	const name = arn.split(':').at(-1) ?? arn;
	return { arn, name, isFifo: isFifoName(name) };
}

function partitionOf(region: string): string {
	if (region.startsWith('cn-')) return 'aws-cn';
	if (region.startsWith('us-gov-')) return 'aws-us-gov';
	return 'aws';
}

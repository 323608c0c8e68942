/**
 * From an address to topics and subscriptions.
 */
import type { Address, CallOptions, Provision, Source, SubscribeOptions } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';
import type { PubSubLink } from './client';
import { groupFilter } from './filter';
import { factLabels } from './labels';
import { LetterScan } from './letterScan';
import { deadLetterId, deadLetterTopicId, groupId, retryId, topicId, type GroupKind } from './names';
import { missingSubscription, Resources, type SubscriptionState } from './resources';

/** As long as Google keeps anything, seconds. */
const LONGEST_RETENTION_SECONDS = 31 * 24 * 60 * 60;

export class Sources {
	readonly resources: Resources;
	/** Paths of topics and subscriptions of ours beside a source that are there. */
	private readonly ensured = new Set<string>();

	constructor(private readonly link: PubSubLink) {
		this.resources = new Resources(link);
	}

	topicOf(source: Source): string {
		return this.link.topicPath(source.kind === 'channel' ? topicId(source.channel) : source.name);
	}

	/** @throws EventBusError `not-found` when it is missing and may not be made */
	async channelTopic(channel: string, provision: Provision, options: CallOptions): Promise<string> {
		const path = this.link.topicPath(topicId(channel));
		await this.resources.ensureTopic(path, provision, this.link.settings.historyDays, options);
		return path;
	}

	/** @throws EventBusError `not-found` | `unsupported` */
	async existingSubscription(name: string, options: CallOptions): Promise<SubscriptionState> {
		const path = this.link.subscriptionPath(name);
		const found = name.includes('/topics/') ? null : await this.resources.find(path, options);
		if (found?.isPushed) {
			throw new EventBusError('unsupported', `Google sends what the subscription "${name}" gets elsewhere itself`, {
				hint: 'Use a subscription of the kind pull',
			});
		}
		if (found) return found;
		const missing = missingSubscription(path);
		if (!(await this.isTopic(name, options))) throw missing;
		throw new EventBusError('unsupported', `"${name}" is a topic, and only subscriptions can be read`, {
			cause: missing,
			hint: 'Use it as a channel, which makes a subscription of its own for this group',
		});
	}

	groupSubscription(from: SubscribeOptions['from'], group: string, kind: GroupKind): string {
		return this.link.subscriptionPath(groupId(from, group, kind));
	}

	/** The topic of a group's copies, and the subscription that reads them: they have one name. */
	retryOf(of: SubscribeOptions['from'], group: string): { readonly topic: string; readonly subscription: string } {
		const id = retryId(of, group);
		return { topic: this.link.topicPath(id), subscription: this.link.subscriptionPath(id) };
	}

	/** @throws EventBusError `not-found` when it is missing and may not be made */
	async ensureRetry(
		of: SubscribeOptions['from'],
		group: string,
		provision: Provision,
		options: CallOptions,
	): Promise<void> {
		const { topic, subscription } = this.retryOf(of, group);
		await this.ensurePair(topic, subscription, provision, { source: copiesText(of), group, filter: '' }, options);
	}

	/** Where redrives of a group go. @throws EventBusError `not-found` */
	async groupTopic({ of, group }: Extract<Address, { kind: 'group' }>, options: CallOptions): Promise<string> {
		const { topic } = this.retryOf(of, group);
		if (await this.resources.hasTopic(topic, options)) return topic;
		const name = of.kind === 'channel' ? of.channel : of.name;
		throw new EventBusError('not-found', `The consumer group "${group}" of "${name}" does not exist`, {
			hint: 'Activate a trigger with this consumer group first',
		});
	}

	deadLetterTopic(of: Source): string {
		return this.link.topicPath(deadLetterTopicId(of));
	}

	deadLetterSubscription(of: Source, group: string): string {
		return this.link.subscriptionPath(deadLetterId(of, group));
	}

	/** Its topic, with the subscription that keeps what is sent there. @throws EventBusError `not-found` */
	async ensureDeadLetters(of: Source, group: string, provision: Provision, options: CallOptions): Promise<string> {
		const [topic, subscription] = [this.deadLetterTopic(of), this.deadLetterSubscription(of, group)];
		const source = copiesText({ kind: 'dead-letters', of, group });
		const shape = { source, group, filter: groupFilter(group) };
		await this.ensurePair(topic, subscription, provision, shape, options);
		return topic;
	}

	/** Whether nothing waits in a subscription; what does is given back at once. */
	async isEmpty(path: string, options: CallOptions): Promise<boolean> {
		const scan = new LetterScan(this.link, path);
		const letters = await scan.look(options);
		await scan.end();
		return letters.length === 0;
	}

	/** They may be gone. */
	forget(): void {
		for (const path of this.ensured) this.resources.forgetTopic(path);
		this.ensured.clear();
	}

	private async ensurePair(
		topic: string,
		subscription: string,
		provision: Provision,
		{ source, group, filter }: { readonly source: string; readonly group: string; readonly filter: string },
		options: CallOptions,
	): Promise<void> {
		if (provision === 'off' || this.ensured.has(subscription)) return;
		await this.resources.ensureTopic(topic, provision, 0, options);
		const found = await this.resources.find(subscription, options);
		if (!found && provision !== 'create') throw missingSubscription(subscription);
		if (found?.topic !== topic && provision === 'create') {
			// One whose topic was deleted gets nothing any more.
			if (found) await this.resources.removeSubscription(subscription, options);
			const labels = factLabels({ source, group, types: [], lifetime: 'durable', generation: 1 });
			const kept = { retentionSeconds: LONGEST_RETENTION_SECONDS, isOrdered: true, isEphemeral: false };
			const shape = { topic, labels, filter, ...kept };
			await this.resources.create(subscription, shape, options);
		}
		this.ensured.add(topic).add(subscription);
	}

	private async isTopic(name: string, options: CallOptions): Promise<boolean> {
		if (name.includes('/subscriptions/')) return false;
		return await this.resources.hasTopic(this.link.topicPath(name), options).catch(() => false);
	}
}

/** As it stands in the labels. */
export function sourceText(from: SubscribeOptions['from']): string {
	switch (from.kind) {
		case 'channel':
			return `channel ${from.channel}`;
		case 'existing':
			return `subscription ${from.name}`;
		case 'dead-letters':
			return `dead letters of ${sourceText(from.of)}${from.group === null ? '' : ` group ${from.group}`}`;
	}
}

/** Of a subscription that keeps what we sent for one group, as it stands in the labels. */
export function copiesText(from: SubscribeOptions['from']): string {
	return `copies of ${sourceText(from)}`;
}

/**
 * Being a member of a group: its queue, subscribed to the topic, with the members in the queue's tags.
 *
 * SQS knows no members. They are written down to notice one that wants other types, and to notice that nobody reads an
 * ephemeral group any more. Without the right to make things nothing is written.
 */
import type { CallOptions, SubscribeOptions } from '../../broker/types';
import { EventBusError, messageOf } from '../../kernel/errors';
import type { Logger } from '../../kernel/logger';
import { filterPolicy, listenersPolicy } from './filterPolicy';
import { groupQueueName, listenersTopicName } from './names';
import { allowing } from './queuePolicy';
import type { Attributes, Queue } from './queues';
import { sourceText, type Sources } from './sources';
import {
	codeOf,
	factTags,
	memberId,
	memberKey,
	memberTag,
	readMembers,
	saysOtherTypes,
	type Member,
	type Tags,
} from './tags';
import { missingTopic, type Topic } from './topics';
import { LISTENERS_GROUP } from './wire';

/** A member is heard of three times in this time, milliseconds. AWS takes 30 changes of tags a second, of all members. */
const DURABLE_MEMBER_MS = 10 * 60_000;
/** An ephemeral group goes with its only member. Clocks of two machines may differ by some of it. */
export const EPHEMERAL_MEMBER_MS = 40_000;
/** What nobody reads in time is of no use in a group that is gone soon, seconds. */
const EPHEMERAL_RETENTION_SECONDS = 5 * 60;
const [LEAST_RETENTION_SECONDS, LONGEST_RETENTION_SECONDS] = [60, 14 * 24 * 60 * 60];
/** The most that SQS counts to. What is given back counts as received, so a lower one would end what only waits. */
const MAX_RECEIVES = 1000;

type From = SubscribeOptions['from'];

export interface MembershipHost {
	readonly sources: Sources;
	readonly logger: Logger;
	/** Whether SNS sorts out other types. */
	readonly filter: boolean;
	/** Sends what is dead already to the queue of a listener. */
	showLetters(of: Extract<From, { kind: 'dead-letters' }>, to: Queue, call: CallOptions): Promise<void>;
}

export class Membership {
	private beating: NodeJS.Timeout | null = null;

	private constructor(
		private readonly host: MembershipHost,
		private readonly options: SubscribeOptions,
		readonly queue: Queue,
		private readonly topic: Topic | null,
		private readonly joinedAt: number,
	) {}

	/** @throws EventBusError `conflict` | `not-found` | `unsupported` */
	static async join(host: MembershipHost, options: SubscribeOptions, call: CallOptions): Promise<Membership> {
		const { from } = options;
		const { sources } = host;
		if (from.kind === 'existing') {
			const queue = await sources.existingQueue(from.name, call);
			refuseOrder(options, queue.isFifo);
			return new Membership(host, options, queue, null, Date.now());
		}
		const { fifo } = from.kind === 'channel' ? sources : sources.naming(from.of);
		refuseOrder(options, fifo);
		// Who may not even look is given a queue that is subscribed already.
		const looks = options.provision !== 'off' || options.lifetime === 'ephemeral';
		const topic = looks ? await sourceTopic(sources, from, options, call) : null;
		const joinedAt = Date.now();
		const { queue, isNew } = await ensureQueue(sources, options, { fifo, topic, joinedAt }, call);
		const membership = new Membership(host, options, queue, topic, joinedAt);
		if (isWritten(options)) await membership.enter(isNew, call);
		return membership;
	}

	/** The group may be gone after it, if it is ephemeral. */
	async leave(call: CallOptions): Promise<void> {
		if (this.beating) clearInterval(this.beating);
		const { queues, topics } = this.host.sources;
		if (this.topic === null || !isWritten(this.options)) return;
		if (this.options.lifetime === 'durable') {
			await queues.untag(this.queue, [memberKey(memberId(this.options.consumer))], call);
			return;
		}
		await topics.unsubscribe(this.topic, this.queue.arn, call);
		await queues.remove(this.queue, call);
	}

	private async enter(isNew: boolean, call: CallOptions): Promise<void> {
		const { sources, filter } = this.host;
		const { types, start, lifetime, from } = this.options;
		if (!isNew) {
			await sources.queues.tag(this.queue, this.sign(), call);
			const tags = await sources.queues.tags(this.queue, call);
			await this.refuseOtherTypes(tags, call);
			if (saysOtherTypes(tags, types))
				await sources.queues.tag(this.queue, factTags(factsOf(this.options, this.topic)), call);
			if (start.at === 'latest') await sources.queues.purge(this.queue, call);
		}
		if (this.topic) await sources.topics.subscribe(this.topic, this.queue, policyOf(from, types, filter), call);
		const firstStart = start.at === 'committed' ? start.otherwise : start;
		if (isNew && from.kind === 'dead-letters' && firstStart.at === 'earliest') {
			await this.host.showLetters(from, this.queue, call);
		}
		const everyMs = lifetimeMs(lifetime) / 3;
		this.beating = setInterval(() => void this.beat(everyMs), everyMs);
		this.beating.unref();
	}

	private async refuseOtherTypes(tags: Tags, call: CallOptions): Promise<void> {
		const me = this.member();
		const others = readMembers(tags).filter((member) => {
			const isFirst = member.joinedAt < me.joinedAt || (member.joinedAt === me.joinedAt && member.id < me.id);
			return member.id !== me.id && member.until > Date.now() && member.types !== me.types && isFirst;
		});
		if (others.length === 0) return;
		const { group } = this.options;
		await this.host.sources.queues
			.untag(this.queue, [memberKey(memberId(this.options.consumer))], call)
			.catch(() => undefined);
		throw new EventBusError('conflict', `The consumer group ${group} is read with other event types at the moment`, {
			hint: 'Use another consumer group or the same types. A reader that was killed counts for ten minutes more',
		});
	}

	private async beat(timeoutMs: number): Promise<void> {
		try {
			const call = { signal: new AbortController().signal, timeoutMs };
			await this.host.sources.queues.tag(this.queue, this.sign(), call);
		} catch (error) {
			this.host.logger.debug(`A consumer of ${this.options.group} could not show that it lives: ${messageOf(error)}`);
		}
	}

	private sign(): Record<string, string> {
		return memberTag(this.member());
	}

	private member(): Member {
		return memberOf(this.options, this.joinedAt);
	}
}

function memberOf({ consumer, types, lifetime }: SubscribeOptions, joinedAt: number): Member {
	return { id: memberId(consumer), types: codeOf(types), joinedAt, until: Date.now() + lifetimeMs(lifetime) };
}

/** Whether the tags say who is a member. What is ephemeral is always ours to make. */
function isWritten({ provision, lifetime }: SubscribeOptions): boolean {
	return provision === 'create' || lifetime === 'ephemeral';
}

function lifetimeMs(lifetime: SubscribeOptions['lifetime']): number {
	return lifetime === 'ephemeral' ? EPHEMERAL_MEMBER_MS : DURABLE_MEMBER_MS;
}

function factsOf({ from, group, types, lifetime }: SubscribeOptions, topic: Topic | null) {
	return { source: sourceText(from), group, types, lifetime, topic: topic?.arn ?? '' };
}

function policyOf(from: From, types: readonly string[], filter: boolean): string | null {
	if (from.kind === 'dead-letters') return from.group === null ? null : listenersPolicy(LISTENERS_GROUP, from.group);
	return filter ? filterPolicy(types) : null;
}

/** Before anything is made: a group of the wrong kind would stay and collect events. */
function refuseOrder({ ordered }: SubscribeOptions, isFifo: boolean): void {
	if (!ordered || isFifo) return;
	throw new EventBusError('unsupported', 'A standard queue keeps no order, so Order by key cannot work', {
		hint: 'Set Order to None, or use FIFO: switch it on in the connection for channels, or name a queue that ends with .fifo',
	});
}

async function sourceTopic(
	sources: Sources,
	from: Exclude<From, { kind: 'existing' }>,
	{ provision }: SubscribeOptions,
	call: CallOptions,
): Promise<Topic> {
	const name =
		from.kind === 'channel' ? sources.topicNameOf(from.channel) : listenersTopicName(from.of, sources.naming(from.of));
	const known = await sources.topics.ensure(name, provision, call);
	// Of what was known before somebody may have removed it.
	if (await sources.topics.exists(known, call)) return known;
	sources.topics.forget(known);
	if (provision !== 'create') throw missingTopic(name);
	return await sources.topics.ensure(name, provision, call);
}

async function ensureQueue(
	sources: Sources,
	options: SubscribeOptions,
	{ fifo, topic, joinedAt }: { readonly fifo: boolean; readonly topic: Topic | null; readonly joinedAt: number },
	call: CallOptions,
): Promise<{ readonly queue: Queue; readonly isNew: boolean }> {
	const { from, group, lifetime, provision } = options;
	const ephemeral = lifetime === 'ephemeral';
	const name = groupQueueName(from, group, { fifo, ephemeral });
	const tags = { ...factTags(factsOf(options, topic)), ...memberTag(memberOf(options, joinedAt)) };
	const known = await sources.queues.find(name, call);
	if (known && (await sources.queues.counts(known, call)) === null) sources.queues.forget(known);
	const own = ephemeral ? 'create' : provision;
	const redrive = await redrivePolicy(sources, options, call);
	const retention = String(retentionSeconds(options));
	const attributes = {
		MessageRetentionPeriod: retention,
		VisibilityTimeout: '60',
		ReceiveMessageWaitTimeSeconds: '20',
		...(redrive === null ? {} : { RedrivePolicy: redrive }),
	};
	const { queue, isNew } = await sources.queues.ensure(name, own, { attributes, tags }, call);
	if (own === 'create' && topic) {
		const decide = (has: Attributes): Attributes => ({
			MessageRetentionPeriod: retention,
			...(redrive === null || has['RedrivePolicy'] ? {} : { RedrivePolicy: redrive }),
			Policy: allowing(has['Policy'], queue.arn, topic.arn),
		});
		await sources.queues.adjust(queue, ['MessageRetentionPeriod', 'RedrivePolicy', 'Policy'], decide, call);
	}
	return { queue, isNew };
}

/** The net beneath us: what is received again and again without an end goes to the dead letters. */
async function redrivePolicy(
	sources: Sources,
	{ from, group, lifetime, provision }: SubscribeOptions,
	call: CallOptions,
): Promise<string | null> {
	if (from.kind !== 'channel' || lifetime === 'ephemeral' || provision !== 'create') return null;
	const letters = await sources.deadLetterQueue(from, group, provision, call);
	return JSON.stringify({ deadLetterTargetArn: letters.arn, maxReceiveCount: MAX_RECEIVES });
}

function retentionSeconds({ lifetime, retentionMs }: SubscribeOptions): number {
	if (lifetime === 'ephemeral') return EPHEMERAL_RETENTION_SECONDS;
	return Math.min(Math.max(Math.ceil(retentionMs / 1000), LEAST_RETENTION_SECONDS), LONGEST_RETENTION_SECONDS);
}

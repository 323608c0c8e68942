/**
 * Being a member of a group: its subscription, with the members in its labels.
 *
 * Pub/Sub knows no members. They are written down to notice one that wants other types, and to notice that nobody reads
 * an ephemeral group any more. Without the right to make things nothing is written.
 */
import type { BrokerCapabilities, CallOptions, SubscribeOptions } from '../../broker/types';
import { EventBusError, messageOf } from '../../kernel/errors';
import type { Logger } from '../../kernel/logger';
import { isForbidden, isMissing } from './errors';
import { typeFilter } from './filter';
import {
	codeOf,
	factLabels,
	memberId,
	readFacts,
	readMembers,
	saysOtherTypes,
	withMember,
	withoutFacts,
	withoutMember,
	type Labels,
	type Member,
} from './labels';
import { bareId } from './names';
import { leaveOtherOrder } from './otherOrder';
import { missingSubscription, type SubscriptionState } from './resources';
import { sourceText, type Sources } from './sources';
import { inTurn } from './turns';

/** A member is heard of three times in this time, milliseconds. */
const DURABLE_MEMBER_MS = 10 * 60_000;
/** An ephemeral group goes with its only member. Clocks of two machines may differ by some of it. */
export const EPHEMERAL_MEMBER_MS = 40_000;
const HISTORY_MS = 31 * 24 * 60 * 60_000;

export interface MembershipHost {
	readonly sources: Sources;
	readonly logger: Logger;
	/** Whether Google sorts out other types. */
	readonly filter: boolean;
}

export interface Joined {
	readonly state: SubscriptionState;
	/** null: the consumer holds what has to come again. */
	readonly retry: { readonly topic: string; readonly subscription: string } | null;
	readonly generation: number;
}

export class Membership {
	private beating: NodeJS.Timeout | null = null;
	private readonly joinedAt = Date.now();

	private constructor(
		private readonly host: MembershipHost,
		private readonly options: SubscribeOptions,
		readonly joined: Joined,
	) {}

	/** @throws EventBusError `conflict` | `not-found` | `unsupported` */
	static async join(host: MembershipHost, options: SubscribeOptions, call: CallOptions): Promise<Membership> {
		const { sources } = host;
		const { from } = options;
		if (from.kind === 'existing') {
			const state = await sources.existingSubscription(from.name, call);
			refuseOrder(options, state);
			if (wantsHistory(options, false)) throw noHistory();
			return new Membership(host, options, { state, retry: await placeForCopies(host, options, call), generation: 1 });
		}
		const { state, isNew } = await ensureSubscription(host, options, call);
		await leaveOtherOrder(sources, options, isNew, call);
		const retry = await placeForCopies(host, options, call);
		const generation = await settleStart(host, options, state, isNew, call);
		const membership = new Membership(host, options, { state, retry, generation });
		if (isWritten(options)) await membership.enter(call);
		return membership;
	}

	/** The group may be gone after it, if it is ephemeral. */
	async leave(call: CallOptions): Promise<void> {
		if (this.beating) clearInterval(this.beating);
		if (!isWritten(this.options) || this.options.from.kind === 'existing') return;
		const { resources } = this.host.sources;
		if (this.options.lifetime === 'ephemeral') {
			await resources.removeSubscription(this.path, call);
			return;
		}
		await this.relabel((labels) => withoutMember(labels, this.id, Date.now()), call);
	}

	private get path(): string {
		return this.joined.state.path;
	}

	private get id(): string {
		return memberId(this.options.consumer);
	}

	private async enter(call: CallOptions): Promise<void> {
		await this.relabel((labels) => {
			this.refuseOtherTypes(labels);
			const facts = factLabels(factsOf(this.options, this.joined.generation));
			return withMember({ ...withoutFacts(labels), ...facts }, this.member(), Date.now());
		}, call);
		const everyMs = lifetimeMs(this.options) / 3;
		this.beating = setInterval(() => void this.beat(everyMs), everyMs);
		this.beating.unref();
	}

	private refuseOtherTypes(labels: Labels): void {
		const me = this.member();
		const others = readMembers(labels).some(({ id, until, types }) => {
			return id !== me.id && until > Date.now() && types !== me.types;
		});
		if (!others) return;
		throw new EventBusError(
			'conflict',
			`The consumer group ${this.options.group} is read with other event types at the moment`,
			{
				hint: 'Use another consumer group or the same types. A reader that was killed counts for ten minutes more',
			},
		);
	}

	private async beat(timeoutMs: number): Promise<void> {
		const call = { signal: new AbortController().signal, timeoutMs };
		await this.relabel((labels) => withMember(labels, this.member(), Date.now()), call).catch((error: unknown) => {
			this.host.logger.debug(`A consumer of ${this.options.group} could not show that it lives: ${messageOf(error)}`);
		});
	}

	/** Google replaces all labels at once: within this process one after the other, so that none is lost. */
	private async relabel(change: (labels: Labels) => Labels, call: CallOptions): Promise<void> {
		const { resources } = this.host.sources;
		await inTurn(this.path, async () => {
			const state = await resources.find(this.path, call);
			if (!state) throw missingSubscription(this.path);
			await resources.relabel(this.path, change(state.labels), call);
		});
	}

	private member(): Member {
		const { options, joinedAt } = this;
		return { id: this.id, types: codeOf(options.types), joinedAt, until: Date.now() + lifetimeMs(options) };
	}
}

/** Whether the labels say who is a member. What is ephemeral is always ours to make. */
function isWritten({ provision, lifetime }: SubscribeOptions): boolean {
	return provision === 'create' || lifetime === 'ephemeral';
}

function lifetimeMs({ lifetime }: SubscribeOptions): number {
	return lifetime === 'ephemeral' ? EPHEMERAL_MEMBER_MS : DURABLE_MEMBER_MS;
}

function factsOf({ from, group, types, lifetime }: SubscribeOptions, generation: number) {
	return { source: sourceText(from), group, types, lifetime, generation };
}

async function ensureSubscription(
	{ sources, filter }: MembershipHost,
	options: SubscribeOptions,
	call: CallOptions,
): Promise<{ readonly state: SubscriptionState; readonly isNew: boolean }> {
	const { from, group, lifetime, types, retentionMs } = options;
	const { resources } = sources;
	const provision = lifetime === 'ephemeral' ? 'create' : options.provision;
	const topic = await sourceTopic(sources, options, call);
	const path = sources.groupSubscription(from, group, options);
	return await inTurn(path, async () => {
		const found = await resources.find(path, call);
		if (!found && provision !== 'create') throw missingSubscription(path);
		if (found && (found.topic === topic || provision !== 'create')) {
			refuseOtherFilter(options, found);
			refuseOrder(options, found);
			return { state: found, isNew: false };
		}
		if (wantsHistory(options, true) && !(await resources.keepsHistory(topic, call))) throw noHistory();
		// One whose topic was deleted gets nothing any more.
		if (found) await resources.removeSubscription(path, call);
		const shape = {
			topic,
			labels: factLabels(factsOf(options, 1)),
			filter: from.kind === 'channel' && filter ? typeFilter(types) : '',
			retentionSeconds: Math.ceil(retentionMs / 1000),
			isOrdered: options.ordered,
			isEphemeral: lifetime === 'ephemeral',
		};
		await resources.create(path, shape, call);
		const state = await resources.find(path, call);
		if (!state) throw missingSubscription(path);
		return { state, isNew: true };
	});
}

async function sourceTopic(sources: Sources, options: SubscribeOptions, call: CallOptions): Promise<string> {
	const { from, provision } = options;
	if (from.kind === 'channel') {
		sources.resources.forgetTopic(sources.topicOf(from));
		return await sources.channelTopic(from.channel, provision, call);
	}
	if (from.kind === 'existing') throw new EventBusError('bug', 'An existing subscription has no topic of ours');
	const topic = sources.deadLetterTopic(from.of);
	await sources.resources.ensureTopic(topic, provision, 0, call);
	return topic;
}

/** An ephemeral group leaves nothing behind, and a topic does not go by itself. */
async function placeForCopies(
	{ sources, logger }: MembershipHost,
	{ from, group, lifetime, provision }: SubscribeOptions,
	call: CallOptions,
): Promise<Joined['retry']> {
	if (lifetime === 'ephemeral') return null;
	const retry = sources.retryOf(from, group);
	try {
		if (provision !== 'off') await sources.ensureRetry(from, group, provision, call);
		else if (!(await sources.resources.find(retry.subscription, call))) return null;
		return retry;
	} catch (error) {
		const isHeldInstead = isForbidden(error) || (isMissing(error) && from.kind === 'existing');
		if (!isHeldInstead) throw error;
		logger.warn(
			`Retries of ${group} wait in memory, because ${bareId(retry.topic)} cannot be used: ${messageOf(error)}`,
		);
		return null;
	}
}

/** @returns the generation */
async function settleStart(
	{ sources }: MembershipHost,
	options: SubscribeOptions,
	state: SubscriptionState,
	isNew: boolean,
	call: CallOptions,
): Promise<number> {
	const generation = readFacts(state.labels)?.generation ?? 1;
	const { start } = options;
	const wanted = start.at !== 'committed' ? start : isNew ? start.otherwise : null;
	// A new subscription stands at the end.
	if (wanted === null || (isNew && wanted.at === 'latest')) return generation;
	if (wantsHistory(options, isNew) && !state.keepsHistory) throw noHistory();
	const now = Date.now();
	if (wanted.at === 'latest') {
		await sources.resources.seek(state.path, now, call);
		return generation;
	}
	await sources.resources.seek(state.path, wanted.at === 'time' ? wanted.time : now - HISTORY_MS, call);
	return isNew ? generation : generation + 1;
}

function wantsHistory({ start }: SubscribeOptions, isNew: boolean): boolean {
	const at = start.at !== 'committed' ? start.at : isNew ? start.otherwise.at : 'committed';
	return at !== 'committed' && at !== 'latest';
}

function noHistory(): EventBusError {
	return new EventBusError('unsupported', 'The topic keeps no history, so a group cannot start in the past', {
		hint: 'Start at the next event; or switch on the message retention of the topic, or Keep History in the connection before the channel is made',
	});
}

function refuseOrder({ ordered }: SubscribeOptions, { isOrdered, path }: SubscriptionState): void {
	if (!ordered || isOrdered) return;
	throw new EventBusError(
		'unsupported',
		`The subscription "${bareId(path)}" keeps no order, so Order by key cannot work`,
		{
			hint: 'Set Order to None, or use a subscription that was made with message ordering',
		},
	);
}

function refuseOtherFilter({ types, group }: SubscribeOptions, { filter, labels }: SubscriptionState): void {
	if (filter === '' || readFacts(labels) === null || !saysOtherTypes(labels, types)) return;
	throw new EventBusError(
		'conflict',
		`The subscription of ${group} filters for other event types, which Google cannot change`,
		{
			hint: 'Use another consumer group, or delete this one (Channel → Delete Group) and lose what it has not read',
		},
	);
}

/** For what is asked before anything is made. */
export function effectiveOf(best: BrokerCapabilities, { state, retry }: Joined): BrokerCapabilities {
	return {
		...best,
		ordering: state.isOrdered ? 'key' : 'none',
		delayedRetryMaxMs: retry === null ? 0 : best.delayedRetryMaxMs,
		start: state.keepsHistory ? best.start : new Set(['committed', 'latest'] as const),
	};
}

/**
 * Becoming a reader of a group: its subscription at the right place, and beside it the topic of its retry copies.
 *
 * Readers of a group are seen in the server's list of consumers, what the group wants in the properties of its
 * subscription. Without the admin API, or with Provision off, the group is taken as it is.
 */
import type { CallOptions, FixedStart, StartPosition, SubscribeOptions } from '../../broker/types';
import { EventBusError, isEventBusError, messageOf } from '../../kernel/errors';
import type { Logger } from '../../kernel/logger';
import { consumerName, factsOf, rivalOf, withFacts, type GroupFacts } from './groups';
import { parseCursor } from './messageId';
import { fullName, retryTopic, type Topic } from './names';
import {
	needsAdmin,
	type ConsumerState,
	type Position,
	type SubscriptionState,
	type Topics,
	type TopicState,
} from './topics';

export interface Joined {
	readonly topic: Topic;
	/** null: retry copies have no place, and the consumer holds. */
	readonly retry: Topic | null;
	readonly generation: number;
	readonly isNew: boolean;
}

export interface JoiningHost {
	/** null: there is no admin API. */
	readonly topics: Topics | null;
	readonly logger: Logger;
	readonly now: () => number;
}

/** Whether the server is asked and told about the group. What is ephemeral has nothing to be told. */
export function isWatched(host: Pick<JoiningHost, 'topics'>, { provision, lifetime }: SubscribeOptions): boolean {
	return host.topics !== null && provision !== 'off' && lifetime === 'durable';
}

/** @throws EventBusError `conflict` | `not-found` | `unsupported` | `auth` */
export async function joinGroup(
	host: JoiningHost,
	topic: Topic,
	options: SubscribeOptions,
	call: CallOptions,
): Promise<Joined> {
	const { group, lifetime, start, provision } = options;
	const { topics } = host;
	if (topic.domain === 'non-persistent' && lifetime === 'durable') {
		throw new EventBusError('unsupported', `${fullName(topic)} keeps nothing for a consumer group`, {
			hint: 'Read a persistent topic',
		});
	}
	if (topics === null && provision !== 'off')
		throw needsAdmin(`Provision ${provision === 'create' ? 'Create' : 'Verify'}`);
	if (lifetime === 'ephemeral') {
		if (topics && provision !== 'off') await ensureTopic(topics, topic, options, call);
		return { topic, retry: null, generation: 1, isNew: true };
	}
	const retry = retryTopic(topic, group);
	if (!topics || provision === 'off') {
		if (firstStart(start).at !== 'latest') throw needsAdmin('Starting from the past');
		return { topic, retry, generation: 1, isNew: false };
	}
	const state = (await ensureTopic(topics, topic, options, call))?.subscriptions.get(group) ?? null;
	const { generation, isNew } = state
		? await rejoin(host, topics, topic, state, options, call)
		: await found(host, topics, topic, options, call);
	return { topic, retry: await ensureRetry(host, topics, retry, options, call), generation, isNew };
}

/** Once the consumer is there: two may have come at the same time. @throws EventBusError `conflict` */
export async function refuseRivals(
	topics: Topics,
	topic: Topic,
	options: SubscribeOptions,
	call: CallOptions,
): Promise<void> {
	const consumers = (await topics.state(topic, call))?.subscriptions.get(options.group)?.consumers ?? [];
	const name = consumerName(options);
	const me = consumers.find((one) => one.name === name);
	if (me && rivalOf(me, consumers)) throw conflict(options.group);
}

/** Shows that the group is read. */
export async function touchGroup(
	host: JoiningHost,
	topic: Topic,
	{ group, types, retentionMs }: SubscribeOptions,
	call: CallOptions,
): Promise<void> {
	const state = (await host.topics?.state(topic, call))?.subscriptions.get(group);
	const known = state && factsOf(state);
	if (!known) return;
	const facts = { types, generation: known.generation, retentionMs, readAt: host.now() };
	await host.topics?.setProperties(topic, group, withFacts(state.properties, facts), call);
}

/** Where a group begins that does not exist. */
export function firstStart(start: StartPosition): FixedStart {
	return start.at === 'committed' ? start.otherwise : start;
}

export function positionOf(start: FixedStart): Position {
	switch (start.at) {
		case 'time':
			return { time: start.time };
		case 'cursor':
			return { after: parseCursor(start.cursor) };
		default:
			return start.at;
	}
}

/** null: it was made now. @throws EventBusError `not-found` */
async function ensureTopic(
	topics: Topics,
	topic: Topic,
	{ from, provision }: Pick<SubscribeOptions, 'from' | 'provision'>,
	call: CallOptions,
): Promise<TopicState | null> {
	const found = await topics.state(topic, call);
	if (found) return found;
	// The topic of those who listen to dead letters is ours, too.
	if (provision === 'create' && from.kind !== 'existing') {
		await topics.create(topic, call);
		return null;
	}
	throw new EventBusError('not-found', `Pulsar has no topic ${fullName(topic)}`, {
		hint: 'Create it, check its name, tenant and namespace, or let Provision create it',
	});
}

/** The group exists. */
async function rejoin(
	{ now }: JoiningHost,
	topics: Topics,
	topic: Topic,
	state: SubscriptionState,
	options: SubscribeOptions,
	call: CallOptions,
): Promise<Pick<Joined, 'generation' | 'isNew'>> {
	const { group, types, start, retentionMs, provision } = options;
	const me: ConsumerState = { name: consumerName(options), since: Infinity };
	if (rivalOf(me, state.consumers)) throw conflict(group);
	const known = factsOf(state);
	const isReset = start.at !== 'committed';
	const generation = (known?.generation ?? 1) + (isReset ? 1 : 0);
	if (isReset) {
		await topics.reset(topic, group, positionOf(start), call);
		if (start.at === 'latest') await topics.skipAll(retryTopic(topic, group), group, call);
	}
	const facts: GroupFacts = { types, generation, retentionMs, readAt: now() };
	if (provision === 'create') await topics.setProperties(topic, group, withFacts(state.properties, facts), call);
	return { generation, isNew: false };
}

/** The group does not exist, or the server has forgotten it. */
async function found(
	{ now, logger }: JoiningHost,
	topics: Topics,
	topic: Topic,
	{ group, types, start, retentionMs, provision }: SubscribeOptions,
	call: CallOptions,
): Promise<Pick<Joined, 'generation' | 'isNew'>> {
	if (provision !== 'create') {
		throw new EventBusError('not-found', `Pulsar has no subscription ${group} of ${fullName(topic)}`, {
			hint: 'Create it, check the consumer group, or let Provision create it',
		});
	}
	const existedBefore = (await topics.subscriptionsOf(retryTopic(topic, group), call))?.includes(group) === true;
	if (existedBefore) {
		logger.warn(`Pulsar has lost where ${group} stands in ${fullName(topic)}; it goes on at the oldest event there is`);
	}
	const wanted = positionOf(firstStart(start));
	const at = existedBefore && start.at === 'committed' ? 'earliest' : wanted;
	const facts: GroupFacts = { types, generation: 1, retentionMs, readAt: now() };
	await topics.subscribe(topic, group, at, withFacts({}, facts), call);
	return { generation: 1, isNew: !existedBefore };
}

/** null: it is missing and may not be made, so that failed events wait in the consumer. */
async function ensureRetry(
	{ logger }: JoiningHost,
	topics: Topics,
	retry: Topic,
	{ group, provision }: SubscribeOptions,
	call: CallOptions,
): Promise<Topic | null> {
	const existing = await topics.subscriptionsOf(retry, call);
	if (existing?.includes(group)) return retry;
	try {
		if (provision !== 'create') throw new EventBusError('not-found', `Pulsar has no subscription ${group} there`);
		if (existing === null) await topics.create(retry, call);
		await topics.subscribe(retry, group, 'earliest', {}, call);
		return retry;
	} catch (error) {
		if (!isEventBusError(error) || (error.code !== 'auth' && error.code !== 'not-found')) throw error;
		logger.warn(`Failed events of ${group} wait in memory, for ${fullName(retry)} cannot be used: ${messageOf(error)}`);
		return null;
	}
}

function conflict(group: string): EventBusError {
	return new EventBusError('conflict', `The consumer group ${group} is read with other event types at the moment`, {
		hint: 'Use another consumer group or the same types. A reader that vanished counts until the server closes its connection, 5 minutes at most',
	});
}

/**
 * Topics and subscriptions through the admin API.
 */
import type { CallOptions } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';
import { unless, type Admin, type AdminRequest } from './admin';
import type { MessageId } from './messageId';
import { fullName, parseTopic, pathOf, withoutPartition, type Place, type Topic } from './names';
import { asList, asNumber, asObject, asText, asTexts, type Reply } from './replies';

export interface SubscriptionState {
	/** Waiting and in flight. */
	readonly backlog: number;
	/** With consumers and not acknowledged. */
	readonly unacked: number;
	/** Removed by the time to live. */
	readonly expired: number;
	/** Milliseconds since the epoch; 0: unknown. */
	readonly oldestAt: number;
	readonly isDurable: boolean;
	readonly properties: Readonly<Record<string, string>>;
	readonly consumers: readonly ConsumerState[];
}

export interface ConsumerState {
	readonly name: string;
	/** Milliseconds since the epoch. */
	readonly since: number;
}

export interface TopicState {
	readonly subscriptions: ReadonlyMap<string, SubscriptionState>;
	readonly bytes: number;
	readonly isPartitioned: boolean;
}

/** Where a new subscription begins, or one is set to. */
export type Position = 'earliest' | 'latest' | { readonly after: MessageId } | { readonly time: number };

/** Where a subscription stands. */
export interface CursorState {
	/** Up to here everything is settled. */
	readonly settled: Pick<MessageId, 'ledger' | 'entry'>;
	/** Beyond it, these are settled as well: after the first, up to the second. */
	readonly ranges: readonly (readonly [Pick<MessageId, 'ledger' | 'entry'>, Pick<MessageId, 'ledger' | 'entry'>])[];
}

/** Numbers as Java has them are too large for ours, so they are written as text. */
const LATEST = { ledgerId: '9223372036854775807', entryId: '9223372036854775807', partitionIndex: -1 };
const EARLIEST = { ledgerId: -1, entryId: -1, partitionIndex: -1 };

export class Topics {
	constructor(private readonly admin: Admin) {}

	/** Whether it was made now. */
	async create(topic: Topic, options: CallOptions): Promise<boolean> {
		const call = { ...options, doing: `creating the topic ${fullName(topic)}` };
		const made = await unless('conflict', async () => {
			await this.admin.call({ method: 'PUT', path: pathOf(topic) }, call);
			return true;
		});
		return made ?? false;
	}

	async exists(topic: Topic, options: CallOptions): Promise<boolean> {
		return (await this.subscriptionsOf(topic, options)) !== null;
	}

	/** Names; null: there is no such topic. */
	async subscriptionsOf(topic: Topic, options: CallOptions): Promise<readonly string[] | null> {
		const call = { ...options, doing: `looking for the topic ${fullName(topic)}` };
		const found = await this.admin.find({ method: 'GET', path: `${pathOf(topic)}/subscriptions` }, call);
		return found === null ? null : asList(found).map(asText);
	}

	/** null: there is no such topic. @param isExact takes the server longer, and tells ages */
	async state(topic: Topic, options: CallOptions, isExact = false): Promise<TopicState | null> {
		const call = { ...options, doing: `looking at the topic ${fullName(topic)}` };
		const query = isExact ? '?getPreciseBacklog=true&getEarliestTimeInBacklog=true' : '?getPreciseBacklog=true';
		const get = (what: string): AdminRequest => ({ method: 'GET', path: `${pathOf(topic)}/${what}${query}` });
		const alone = await this.admin.find(get('stats'), call);
		const found = alone ?? (await this.admin.find(get('partitioned-stats'), call));
		return found === null ? null : topicState(asObject(found), alone === null);
	}

	/** Topics of the namespace, one with partitions once. */
	async list({ tenant, namespace }: Place, options: CallOptions): Promise<readonly Topic[]> {
		const call = { ...options, doing: `listing the topics of ${tenant}/${namespace}` };
		const path = `persistent/${encodeURIComponent(tenant)}/${encodeURIComponent(namespace)}`;
		const [single, partitioned] = await Promise.all([
			this.admin.call({ method: 'GET', path }, call),
			this.admin.find({ method: 'GET', path: `${path}/partitioned` }, call),
		]);
		const topics = [...asList(single), ...asList(partitioned)].map((name) => {
			return withoutPartition(parseTopic(asText(name), { tenant, namespace }));
		});
		return [...new Map(topics.map((topic) => [fullName(topic), topic])).values()];
	}

	/** Gone already is no error. */
	async remove(topic: Topic, options: CallOptions): Promise<void> {
		const call = { ...options, doing: `deleting the topic ${fullName(topic)}` };
		const path = pathOf(topic);
		await this.admin.find({ method: 'DELETE', path: `${path}?force=true` }, call);
		// One with partitions is another thing for Pulsar, and one without them a conflict, or nothing that it knows.
		await unless('conflict', async () => {
			await this.admin.find({ method: 'DELETE', path: `${path}/partitions?force=true` }, call);
		});
	}

	/** Makes the topic, too, where the server does so by itself. @returns whether it was made now */
	async subscribe(
		topic: Topic,
		name: string,
		at: Position,
		properties: Readonly<Record<string, string>>,
		options: CallOptions,
	): Promise<boolean> {
		const call = { ...options, doing: `creating the subscription ${name} of ${fullName(topic)}` };
		const start = typeof at === 'object' && 'time' in at ? 'latest' : at;
		const made = await unless('conflict', async () => {
			const body = { ...placeOf(start), properties };
			await this.admin.call({ method: 'PUT', path: subscriptionPath(topic, name), body }, call);
			return true;
		});
		if (made && start !== at) await this.reset(topic, name, at, options);
		return made ?? false;
	}

	/** Its readers are connected again by the server. */
	async reset(topic: Topic, name: string, at: Position, options: CallOptions): Promise<void> {
		const call = { ...options, doing: `resetting the subscription ${name} of ${fullName(topic)}` };
		const path = `${subscriptionPath(topic, name)}/resetcursor`;
		const toTime = async (time: number) => {
			await this.admin.call({ method: 'POST', path: `${path}/${Math.floor(time)}` }, call);
		};
		if (typeof at === 'object' && 'time' in at) {
			await toTime(at.time);
			return;
		}
		const done = await unless('unsupported', async () => {
			await this.admin.call({ method: 'POST', path, body: placeOf(at) }, call);
			return true;
		});
		if (done) return;
		// With partitions there is no position, but a time.
		if (typeof at === 'object') throw severalPartitions(topic);
		await toTime(at === 'earliest' ? 0 : Date.now());
	}

	async skipAll(topic: Topic, name: string, options: CallOptions): Promise<void> {
		const call = { ...options, doing: `emptying the subscription ${name} of ${fullName(topic)}` };
		await this.admin.find({ method: 'POST', path: `${subscriptionPath(topic, name)}/skip_all` }, call);
	}

	/** Lets go of what is older. */
	async expire(topic: Topic, name: string, olderThanMs: number, options: CallOptions): Promise<void> {
		const call = { ...options, doing: `expiring messages of the subscription ${name} of ${fullName(topic)}` };
		const path = `${subscriptionPath(topic, name)}/expireMessages/${Math.ceil(olderThanMs / 1000)}`;
		// Nothing so old is a conflict for Pulsar.
		await unless('conflict', async () => await this.admin.find({ method: 'POST', path }, call));
	}

	/** All of them, instead of those before. */
	async setProperties(
		topic: Topic,
		name: string,
		properties: Readonly<Record<string, string>>,
		options: CallOptions,
	): Promise<void> {
		const call = { ...options, doing: `writing the properties of the subscription ${name} of ${fullName(topic)}` };
		const path = `${subscriptionPath(topic, name)}/properties`;
		await this.admin.call({ method: 'PUT', path, body: properties }, call);
	}

	/** With what it has not read. Gone already is no error. */
	async unsubscribe(topic: Topic, name: string, options: CallOptions): Promise<void> {
		const call = { ...options, doing: `deleting the subscription ${name} of ${fullName(topic)}` };
		await this.admin.find({ method: 'DELETE', path: `${subscriptionPath(topic, name)}?force=true` }, call);
	}

	/** null: there is no such topic or subscription. */
	async cursor(topic: Topic, name: string, options: CallOptions): Promise<CursorState | null> {
		const call = { ...options, doing: `looking where ${name} of ${fullName(topic)} stands` };
		const found = await this.admin.find({ method: 'GET', path: `${pathOf(topic)}/internalStats` }, call);
		const cursor = asObject(asObject(asObject(found)['cursors'])[name]);
		const settled = positionOf(asText(cursor['markDeletePosition']));
		if (settled === null) return null;
		return { settled, ranges: rangesOf(asText(cursor['individuallyDeletedMessages'])) };
	}

	/** Where its last message lies; null: there is no such topic, or it is empty. */
	async lastOf(topic: Topic, options: CallOptions): Promise<Pick<MessageId, 'ledger' | 'entry'> | null> {
		const call = { ...options, doing: `looking for the last message of ${fullName(topic)}` };
		const found = await this.admin.find({ method: 'GET', path: `${pathOf(topic)}/internalStats` }, call);
		const last = positionOf(asText(asObject(found)['lastConfirmedEntry']));
		return last && last.entry >= 0 ? last : null;
	}
}

/** '[(3:0..3:1],(3:5..3:7]]': after the first, up to the second. */
export function rangesOf(text: string): CursorState['ranges'] {
	return [...text.matchAll(/\((\d+:-?\d+)\.\.(\d+:-?\d+)\]/g)].flatMap(([, from = '', to = '']) => {
		const [first, last] = [positionOf(from), positionOf(to)];
		return first && last ? [[first, last] as const] : [];
	});
}

export function isSettled(id: Pick<MessageId, 'ledger' | 'entry'>, { settled, ranges }: CursorState): boolean {
	return isUpTo(id, settled) || ranges.some(([after, last]) => !isUpTo(id, after) && isUpTo(id, last));
}

function isUpTo(a: Pick<MessageId, 'ledger' | 'entry'>, b: Pick<MessageId, 'ledger' | 'entry'>): boolean {
	return a.ledger < b.ledger || (a.ledger === b.ledger && a.entry <= b.entry);
}

function positionOf(text: string): Pick<MessageId, 'ledger' | 'entry'> | null {
	const [, ledger, entry] = /^(\d+):(-?\d+)$/.exec(text) ?? [];
	return ledger === undefined ? null : { ledger: Number(ledger), entry: Number(entry) };
}

function placeOf(at: Exclude<Position, { time: number }>) {
	if (at === 'earliest') return EARLIEST;
	if (at === 'latest') return LATEST;
	const { ledger, entry, partition } = at.after;
	// What is named is read first.
	return { ledgerId: ledger, entryId: entry + 1, partitionIndex: partition };
}

function subscriptionPath(topic: Topic, name: string): string {
	return `${pathOf(topic)}/subscription/${encodeURIComponent(name)}`;
}

function topicState(found: Reply, isPartitioned: boolean): TopicState {
	const subscriptions = Object.entries(asObject(found['subscriptions'])).map(([name, value]) => {
		return [name, subscriptionState(asObject(value))] as const;
	});
	return { subscriptions: new Map(subscriptions), bytes: asNumber(found['storageSize']), isPartitioned };
}

function subscriptionState(found: Reply): SubscriptionState {
	const consumers = asList(found['consumers']).map((one): ConsumerState => {
		const { consumerName, connectedSince } = asObject(one);
		return { name: asText(consumerName), since: Date.parse(asText(connectedSince)) || 0 };
	});
	return {
		backlog: asNumber(found['msgBacklog']),
		unacked: asNumber(found['unackedMessages']),
		expired: asNumber(found['totalMsgExpired']),
		oldestAt: asNumber(found['earliestMsgPublishTimeInBacklog']),
		isDurable: found['isDurable'] !== false,
		properties: asTexts(found['subscriptionProperties']),
		consumers,
	};
}

function severalPartitions(topic: Topic): EventBusError {
	return new EventBusError(
		'unsupported',
		`${fullName(topic)} has partitions, so a group cannot start from a position`,
		{
			hint: 'Start from a point in time',
		},
	);
}

export function needsAdmin(what: string): EventBusError {
	return new EventBusError('unsupported', `${what} needs the admin API of Pulsar, and the connection has none`, {
		hint: 'Give its address under Admin API in the credential, or start from new events with Provision Off',
	});
}

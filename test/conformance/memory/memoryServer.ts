/**
 * What a server keeps: logs, groups and the inbox. It outlives connections, and can be stopped and started with all it
 * has stored, like a broker with a disk.
 */
import type { Address, Provision, Source, Stored, SubscribeOptions, WireMessage } from '../../../src/broker/types';
import { matcherOf } from '../../../src/event/typePattern';
import { EventBusError } from '../../../src/kernel/errors';
import { MemoryGroup } from './memoryGroup';
import { MemoryInbox } from './memoryInbox';

/** A channel, a foreign queue, or the dead letters of one: an append-only log and the groups that read it. */
export interface Topic {
	readonly key: string;
	readonly log: Map<number, LogEntry>;
	readonly groups: Map<string, MemoryGroup>;
	head: number;
}

export interface LogEntry {
	readonly message: WireMessage;
	readonly storedAt: number;
	/** Whose dead letter it is; null in any other log. */
	readonly group: string | null;
}

type DeadLetters = Extract<Address, { kind: 'dead-letters' }>;

export type State = 'up' | 'down' | 'silent';

/** How long a client takes to notice that the server went silent, as a heartbeat would tell it. */
const HEARTBEAT_MS = 300;

export class MemoryServer {
	readonly inbox = new MemoryInbox(() => Date.now());
	readonly topics = new Map<string, Topic>();
	state: State = 'up';
	private readonly connections = new Set<(error: EventBusError) => void>();
	private changed = Promise.withResolvers<void>();

	/** down: refuses everybody and drops the links · silent: takes what is sent and never answers. */
	setState(state: State): void {
		this.state = state;
		this.changed.resolve();
		this.changed = Promise.withResolvers();
		if (state === 'down') this.dropAll('The memory server stopped');
		if (state === 'silent') setTimeout(() => this.state === 'silent' && this.dropAll('No heartbeat'), HEARTBEAT_MS);
	}

	/**
	 * Resolves when the server would answer.
	 * @throws EventBusError `unreachable` while it is down, `timeout` when it stays silent
	 */
	async answer(timeoutMs: number): Promise<void> {
		const late = Date.now() + timeoutMs;
		while (this.state === 'silent') {
			const left = late - Date.now();
			if (left <= 0) throw new EventBusError('timeout', `The memory server did not answer within ${timeoutMs} ms`);
			let timer: NodeJS.Timeout | undefined;
			await Promise.race([this.changed.promise, new Promise((wake) => (timer = setTimeout(wake, left)))]);
			clearTimeout(timer);
		}
		if (this.state === 'down') throw new EventBusError('unreachable', 'The memory server is down');
	}

	/** @returns what forgets the connection again */
	register(lose: (error: EventBusError) => void): () => void {
		this.connections.add(lose);
		return () => this.connections.delete(lose);
	}

	/** @throws EventBusError `not-found` when it is missing and may not be made */
	topic(source: Source, provision: Provision): Topic {
		const key = source.kind === 'channel' ? `channel ${source.channel}` : `existing ${source.name}`;
		const found = this.topics.get(key);
		if (found) return found;
		if (provision !== 'create' || source.kind === 'existing') {
			throw new EventBusError('not-found', `There is no ${key}`, { hint: 'Create it, or set Provision to Create' });
		}
		return this.add(key);
	}

	/** The dead letters of a source, in one log for all its groups. */
	deadLetterTopic(of: Source): Topic {
		const key = `dead letters of ${JSON.stringify(of)}`;
		return this.topics.get(key) ?? this.add(key);
	}

	/** @throws EventBusError `not-found` */
	store(to: Address, message: WireMessage, provision: Provision): Stored {
		if (to.kind === 'group') return this.storeForGroup(to, message);
		if (to.kind === 'dead-letters') return this.append(this.deadLetterTopic(to.of), message, to.group);
		return this.append(this.topic(to, provision), message, null);
	}

	/** The group, made with its position if there is none. */
	join(options: SubscribeOptions): { readonly topic: Topic; readonly group: MemoryGroup } {
		const { from, group: name, start } = options;
		const topic = from.kind === 'dead-letters' ? this.deadLetterTopic(from.of) : this.topic(from, options.provision);
		const found = topic.groups.get(name);
		if (found) {
			if (!sameTypes(found.types, options.types)) this.changeTypes(found, options);
			found.retentionMs = options.retentionMs;
			if (start.at === 'committed') return { topic, group: found };
			found.reset();
		}
		const group = found ?? this.newGroup(options);
		topic.groups.set(name, group);
		const at = start.at === 'committed' ? start.otherwise : start;
		if (at.at === 'latest') return { topic, group };
		const first = at.at === 'cursor' ? Number(at.cursor) + 1 : 0;
		const since = at.at === 'time' ? at.time : 0;
		const matches = matcherOf(options.types.map(withoutVersion));
		for (const [position, entry] of topic.log) {
			if (position < first || entry.storedAt < since || !wanted(from, entry) || !matches(entry.message.type, ''))
				continue;
			group.enqueue(entry.message, String(position), entry.storedAt);
		}
		return { topic, group };
	}

	deadLettersOf(of: DeadLetters): readonly (readonly [id: string, message: WireMessage])[] {
		return [...this.deadLetterTopic(of.of).log]
			.filter(([, entry]) => wanted(of, entry))
			.map(([position, entry]) => [String(position), entry.message] as const);
	}

	protected newGroup(options: SubscribeOptions): MemoryGroup {
		const { group, types, lifetime, retentionMs } = options;
		return new MemoryGroup(group, types, lifetime, { retentionMs, now: Date.now() });
	}

	protected storeForGroup(to: Extract<Address, { kind: 'group' }>, message: WireMessage): Stored {
		const group = this.topic(to.of, 'verify').groups.get(to.group);
		if (!group) throw new EventBusError('not-found', `There is no group ${to.group}`);
		group.enqueue(message, `private-${message.id}`, Date.now());
		return { cursor: null, matched: 'yes' };
	}

	private append(topic: Topic, message: WireMessage, deadLetterOf: string | null): Stored {
		const position = ++topic.head;
		const entry = { message, storedAt: Date.now(), group: deadLetterOf };
		topic.log.set(position, entry);
		let matched = false;
		for (const group of topic.groups.values()) {
			// A foreign message has no type: only the core, which makes an event of it, knows who wants it.
			if (message.type !== '' && !matcherOf(group.types.map(withoutVersion))(message.type, '')) continue;
			matched = true;
			group.enqueue(message, String(position), entry.storedAt);
		}
		return { cursor: String(position), matched: matched ? 'yes' : 'no' };
	}

	private changeTypes(group: MemoryGroup, options: SubscribeOptions): void {
		if (group.members.size > 0) {
			throw new EventBusError('conflict', `Group ${group.name} is read with ${group.types.join(', ')}`, {
				hint: 'Use another group name or the same types',
			});
		}
		group.types = options.types;
	}

	private add(key: string): Topic {
		const topic: Topic = { key, log: new Map(), groups: new Map(), head: 0 };
		this.topics.set(key, topic);
		return topic;
	}

	private dropAll(why: string): void {
		for (const lose of [...this.connections]) lose(new EventBusError('unreachable', why));
	}
}

function wanted(from: SubscribeOptions['from'] | DeadLetters, entry: LogEntry): boolean {
	return from.kind !== 'dead-letters' || from.group === null || from.group === entry.group;
}

function sameTypes(a: readonly string[], b: readonly string[]): boolean {
	return JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());
}

/** The version is in the body, which a broker does not read: the core looks at it. */
function withoutVersion(pattern: string): string {
	return pattern.split('@')[0] ?? pattern;
}

/**
 * The memory broker with one rule broken at a time: what the conformance suite must catch.
 */
import type { Address, Stored, SubscribeOptions, WireMessage } from '../../../src/broker/types';
import { laneOf, MemoryGroup, type Entry, type Member } from './memoryGroup';
import { MemoryServer } from './memoryServer';

class LosesOneInFifty extends MemoryGroup {
	private count = 0;

	override enqueue(message: WireMessage, cursor: string, now: number): void {
		this.count += 1;
		if (this.count % 50 !== 0) super.enqueue(message, cursor, now);
	}
}

class AcksEarly extends MemoryGroup {
	override take(member: Member, now: number): Entry | null {
		const entry = super.take(member, now);
		if (entry) this.entries.delete(entry.sequence);
		return entry;
	}

	override holds(entry: Entry, member: Member): boolean {
		return entry.holder === member;
	}

	override postpone(entry: Entry, dueAt: number, headers: Readonly<Record<string, string>>): void {
		// So that only what is not settled at all is lost: a retry still works.
		this.entries.set(entry.sequence, entry);
		super.postpone(entry, dueAt, headers);
	}
}

class ReordersWithinAKey extends MemoryGroup {
	private count = 0;

	override enqueue(message: WireMessage, cursor: string, now: number): void {
		super.enqueue(message, cursor, now);
		this.count += 1;
		const last = [...this.entries.values()].at(-1);
		if (this.count % 20 !== 0 || !last || last.holder) return;
		const before = [...this.entries.values()].findLast(
			(entry) => entry !== last && entry.holder === null && laneOf(entry) === laneOf(last),
		);
		if (!before) return;
		const message0 = before.message;
		before.message = last.message;
		last.message = message0;
	}
}

class LeaksSlots extends MemoryGroup {
	override ack(entry: Entry): void {
		super.free(entry);
		this.entries.delete(entry.sequence);
	}

	/** Given back or failed: the message returns, the slot does not. */
	override free(entry: Entry): void {
		const { holder } = entry;
		super.free(entry);
		if (holder) holder.inFlight += 1;
	}
}

class CountsAttemptsWrong extends MemoryGroup {
	override postpone(entry: Entry, dueAt: number): void {
		super.postpone(entry, dueAt, {});
	}
}

class DeliversToTwoConsumers extends MemoryGroup {
	private readonly seen = new WeakMap<Entry, Set<Member>>();

	override take(member: Member, now: number): Entry | null {
		const entry = super.take(member, now);
		if (entry) this.note(entry, member);
		return entry;
	}

	protected override mayTake(entry: Entry, now: number): boolean {
		if (super.mayTake(entry, now)) return true;
		// Held, but not by everybody yet.
		return entry.holder !== null && (this.seen.get(entry)?.size ?? 0) < Math.min(2, this.members.size);
	}

	override holds(entry: Entry, member: Member): boolean {
		return this.seen.get(entry)?.has(member) ?? false;
	}

	private note(entry: Entry, member: Member): void {
		const members = this.seen.get(entry) ?? new Set();
		this.seen.set(entry, members.add(member));
	}
}

class RetriesTooEarly extends MemoryGroup {
	override postpone(entry: Entry, dueAt: number, headers: Readonly<Record<string, string>>): void {
		const now = Date.now();
		super.postpone(entry, now + (dueAt - now) / 2, { ...headers, 'eb-not-before': '0' });
	}
}

class DropsOrderingLease extends MemoryGroup {
	protected override closesLane(): boolean {
		return false;
	}
}

class ReleaseIsForever extends MemoryGroup {
	override leave(member: Member): void {
		// A member that goes takes along what it held.
		for (const entry of this.entries.values()) if (entry.holder === member) this.entries.delete(entry.sequence);
		super.leave(member);
	}
}

type GroupClass = new (...args: ConstructorParameters<typeof MemoryGroup>) => MemoryGroup;

class FaultyServer extends MemoryServer {
	constructor(private readonly groups: GroupClass) {
		super();
	}

	protected override newGroup({ group, types, lifetime, retentionMs }: SubscribeOptions): MemoryGroup {
		return new this.groups(group, types, lifetime, { retentionMs, now: Date.now() });
	}
}

class PublicRedrive extends MemoryServer {
	protected override storeForGroup(to: Extract<Address, { kind: 'group' }>, message: WireMessage): Stored {
		for (const group of this.topic(to.of, 'verify').groups.values()) {
			group.enqueue(message, `private-${message.id}`, Date.now());
		}
		return { cursor: null, matched: 'yes' };
	}
}

/** Forgets a new group's start: events published while nobody listens are gone. */
class ForgetsIdleGroups extends MemoryServer {
	override join(options: SubscribeOptions): ReturnType<MemoryServer['join']> {
		const joined = super.join(options);
		if (joined.group.members.size === 0 && options.start.at === 'committed') joined.group.entries.clear();
		return joined;
	}
}

export type FaultName =
	| 'loses one in 50'
	| 'acks on delivery'
	| 'reorders within a key'
	| 'leaks slots'
	| 'counts attempts wrong'
	| 'delivers to two consumers of a group'
	| 'retries too early'
	| 'drops the ordering lease'
	| 'loses what a closed consumer held'
	| 'shows a redrive to other groups'
	| 'forgets groups nobody reads';

export interface Fault {
	readonly name: FaultName;
	server(): MemoryServer;
}

const ofGroup = (name: FaultName, groups: GroupClass): Fault => ({ name, server: () => new FaultyServer(groups) });

export const faults: readonly Fault[] = [
	ofGroup('loses one in 50', LosesOneInFifty),
	ofGroup('acks on delivery', AcksEarly),
	ofGroup('reorders within a key', ReordersWithinAKey),
	ofGroup('leaks slots', LeaksSlots),
	ofGroup('counts attempts wrong', CountsAttemptsWrong),
	ofGroup('delivers to two consumers of a group', DeliversToTwoConsumers),
	ofGroup('retries too early', RetriesTooEarly),
	ofGroup('drops the ordering lease', DropsOrderingLease),
	ofGroup('loses what a closed consumer held', ReleaseIsForever),
	{ name: 'shows a redrive to other groups', server: () => new PublicRedrive() },
	{ name: 'forgets groups nobody reads', server: () => new ForgetsIdleGroups() },
];

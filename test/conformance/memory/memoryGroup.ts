/**
 * One consumer group of the memory broker: the messages it has not settled yet, and who holds them.
 *
 * The rules of the seam that concern deliveries are all here: lease, due time, order by key, competing members.
 * faults.ts overrides single methods to break single rules.
 */
import type { SubscribeOptions, WireMessage } from '../../../src/broker/types';

/** A message on its way to one group. */
export interface Entry {
	/** Position in the group: the order of delivery within a lane. */
	readonly sequence: number;
	readonly cursor: string;
	readonly storedAt: number;
	message: WireMessage;
	/** Milliseconds since the epoch. */
	dueAt: number;
	receives: number;
	holder: Member | null;
	leaseUntil: number;
}

/** What a group knows of a subscription. */
export interface Member {
	readonly ordered: boolean;
	readonly leaseMs: number;
	/** Deliveries handed out and not settled. */
	inFlight: number;
	/** Something may be there to take. */
	wake(): void;
}

export class MemoryGroup {
	readonly members = new Set<Member>();
	readonly entries = new Map<number, Entry>();
	/** Counts up with every reset of the position. */
	generation = 0;
	/** Removed by retention, unread. */
	expired = 0;
	lastReadAt: number;
	retentionMs: number;
	private sequence = 0;

	constructor(
		readonly name: string,
		public types: readonly string[],
		readonly lifetime: SubscribeOptions['lifetime'],
		options: { readonly retentionMs: number; readonly now: number },
	) {
		this.retentionMs = options.retentionMs;
		this.lastReadAt = options.now;
	}

	enqueue(message: WireMessage, cursor: string, now: number): void {
		const sequence = this.sequence++;
		const dueAt = message.notBefore ?? now;
		const entry = { sequence, cursor, storedAt: now, message, dueAt, receives: 0, holder: null, leaseUntil: 0 };
		this.entries.set(sequence, entry);
		this.wake();
	}

	/** The next entry this member may have, now held by it; null when there is none. */
	take(member: Member, now: number): Entry | null {
		const closedLanes = new Set<string>();
		for (const entry of this.entries.values()) {
			if (entry.holder && entry.leaseUntil <= now) this.free(entry);
			const lane = laneOf(entry);
			if (!closedLanes.has(lane) && this.mayTake(entry, now)) {
				entry.receives += 1;
				entry.holder = member;
				entry.leaseUntil = now + member.leaseMs;
				member.inFlight += 1;
				return entry;
			}
			if (member.ordered && lane !== '' && this.closesLane(entry, member)) closedLanes.add(lane);
		}
		return null;
	}

	/** When `take` may have something to give again: the next due time or end of a lease. */
	nextAt(): number {
		let next = Infinity;
		for (const entry of this.entries.values()) next = Math.min(next, entry.holder ? entry.leaseUntil : entry.dueAt);
		return next;
	}

	holds(entry: Entry, member: Member, now: number): boolean {
		return entry.holder === member && entry.leaseUntil > now && this.entries.get(entry.sequence) === entry;
	}

	/** Settled: it is gone. */
	ack(entry: Entry): void {
		this.free(entry);
		this.entries.delete(entry.sequence);
	}

	/** Again, later; at its old place, so that a lane keeps its order. */
	postpone(entry: Entry, dueAt: number, headers: Readonly<Record<string, string>>): void {
		entry.message = { ...entry.message, headers: { ...entry.message.headers, ...headers } };
		entry.dueAt = dueAt;
		this.free(entry);
	}

	/** Back in the queue, and the holder's slot is empty again. */
	free(entry: Entry): void {
		if (entry.holder) entry.holder.inFlight -= 1;
		entry.holder = null;
		this.wake();
	}

	/** What a leaving member held is anybody's. */
	leave(member: Member): void {
		this.members.delete(member);
		for (const entry of this.entries.values()) if (entry.holder === member) this.free(entry);
	}

	/** Removes what waited for longer than the retention, and counts it. */
	expire(now: number): void {
		for (const entry of this.entries.values()) {
			if (entry.holder || entry.storedAt + this.retentionMs > now) continue;
			this.entries.delete(entry.sequence);
			this.expired += 1;
		}
	}

	/** Forgets what is queued: the position is about to be set anew. */
	reset(): void {
		this.entries.clear();
		this.generation += 1;
	}

	protected mayTake(entry: Entry, now: number): boolean {
		return entry.holder === null && entry.dueAt <= now;
	}

	/** Whether later entries of its key must wait: it is not due, or somebody else works on the key. */
	protected closesLane(entry: Entry, member: Member): boolean {
		return entry.holder !== member;
	}

	protected wake(): void {
		for (const member of this.members) member.wake();
	}
}

export function laneOf(entry: Entry): string {
	return entry.message.orderingKey ?? '';
}

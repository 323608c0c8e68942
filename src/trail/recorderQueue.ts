/**
 * Facts that wait to be written: bounded, the oldest go first. To wait costs whoever publishes next to nothing; facts of one
 * event find each other when they are taken.
 */
import { identityOf, type RecordedEntry, type RecordedEvent } from '../store/sql/trail';
import type { TrailFact } from './types';

export interface QueueBounds {
	readonly facts: number;
	/** Of payloads and what comes with them, roughly. */
	readonly bytes: number;
}

interface Waiting {
	readonly event: RecordedEvent;
	readonly fact: TrailFact;
}

/** What an event and a fact take besides the payload, roughly, bytes. */
const FACT_BYTES = 800;

export class RecorderQueue {
	/** Oldest last, where it is taken from. */
	private leaving: Waiting[] = [];
	/** Newer than all of those, newest last. */
	private arriving: Waiting[] = [];
	private waitingBytes = 0;
	private droppedFacts = 0;

	constructor(private readonly bounds: QueueBounds) {}

	/** Facts that wait. */
	get size(): number {
		return this.leaving.length + this.arriving.length;
	}

	/** How much of its room is taken, 0 to 1. */
	get fill(): number {
		return Math.max(this.size / this.bounds.facts, this.waitingBytes / this.bounds.bytes);
	}

	add(event: RecordedEvent, fact: TrailFact): void {
		const waiting = { event, fact };
		this.arriving.push(waiting);
		this.waitingBytes += bytesOf(waiting);
		this.dropOldest();
	}

	/** Takes the oldest facts: so many, or with about so many bytes. */
	take({ facts, bytes }: QueueBounds): Batch {
		const taken: Waiting[] = [];
		const enough = this.waitingBytes - bytes;
		while (taken.length < facts && this.waitingBytes > enough) {
			const oldest = this.shift();
			if (oldest === undefined) break;
			taken.push(oldest);
		}
		return new Batch(taken);
	}

	/** What could not be written is the oldest again. */
	putBack({ facts }: Batch): void {
		for (const waiting of facts.toReversed()) {
			this.leaving.push(waiting);
			this.waitingBytes += bytesOf(waiting);
		}
		this.dropOldest();
	}

	/** Facts that were dropped since this was asked last. */
	takeDropped(): number {
		const dropped = this.droppedFacts;
		this.droppedFacts = 0;
		return dropped;
	}

	private dropOldest(): void {
		while (this.size > this.bounds.facts || this.waitingBytes > this.bounds.bytes) {
			this.shift();
			this.droppedFacts += 1;
		}
	}

	private shift(): Waiting | undefined {
		if (this.leaving.length === 0) {
			this.leaving = this.arriving.reverse();
			this.arriving = [];
		}
		const oldest = this.leaving.pop();
		if (oldest) this.waitingBytes -= bytesOf(oldest);
		return oldest;
	}
}

/** Facts on their way into the store. */
export class Batch {
	constructor(readonly facts: readonly Waiting[]) {}

	/** Each event once, with its facts. */
	get entries(): readonly RecordedEntry[] {
		const groups = Map.groupBy(this.facts, identityOf);
		return [...groups.values()].flatMap((group) => {
			const [first] = group;
			return first ? [{ event: first.event, facts: group.map(({ fact }) => fact) }] : [];
		});
	}
}

function bytesOf({ event }: Waiting): number {
	return FACT_BYTES + (event.payload?.length ?? 0);
}

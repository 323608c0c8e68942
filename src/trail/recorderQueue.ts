/**
 * Facts that wait to be written: bounded, the oldest go first. Facts of one event wait together.
 */
import type { RecordedEntry, RecordedEvent } from '../store/sql/trail';
import type { TrailFact } from './types';

export interface QueueBounds {
	readonly facts: number;
	/** Of payloads and what comes with them, roughly. */
	readonly bytes: number;
}

interface Waiting extends RecordedEntry {
	readonly bytes: number;
}

/** What an event and a fact take besides the payload, roughly, bytes. */
const EVENT_BYTES = 500;
const FACT_BYTES = 300;

export class RecorderQueue {
	/** By identity, oldest first. */
	private entries = new Map<string, Waiting>();
	private waitingFacts = 0;
	private waitingBytes = 0;
	private droppedFacts = 0;

	constructor(private readonly bounds: QueueBounds) {}

	/** Facts that wait. */
	get size(): number {
		return this.waitingFacts;
	}

	/** @param keep makes what is kept of the event; called only when it does not wait here already */
	add(key: string, keep: () => RecordedEvent, fact: TrailFact): void {
		const known = this.entries.get(key);
		const event = known?.event ?? keep();
		const bytes = known?.bytes ?? EVENT_BYTES + (event.payload?.length ?? 0);
		this.entries.set(key, { event, facts: known ? [...known.facts, fact] : [fact], bytes: bytes + FACT_BYTES });
		this.waitingFacts += 1;
		this.waitingBytes += bytes + FACT_BYTES - (known?.bytes ?? 0);
		this.dropOldest();
	}

	/** Takes the oldest entries, with about so many facts or bytes. */
	take({ facts, bytes }: QueueBounds): Batch {
		const taken = new Map<string, Waiting>();
		let size = 0;
		let weight = 0;
		for (const [key, waiting] of this.entries) {
			if (size >= facts || weight >= bytes) break;
			taken.set(key, waiting);
			size += waiting.facts.length;
			weight += waiting.bytes;
		}
		for (const key of taken.keys()) this.remove(key);
		return new Batch(taken, size);
	}

	/** What could not be written is the oldest again. */
	putBack({ waiting }: Batch): void {
		const newer = this.entries;
		this.entries = new Map();
		this.waitingFacts = 0;
		this.waitingBytes = 0;
		for (const [key, entry] of [...waiting, ...newer]) {
			const known = this.entries.get(key);
			const facts = known ? [...known.facts, ...entry.facts] : entry.facts;
			this.set(key, { ...entry, facts, bytes: entry.bytes + (known ? known.facts.length * FACT_BYTES : 0) });
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
		while (this.waitingFacts > this.bounds.facts || this.waitingBytes > this.bounds.bytes) {
			const [oldest] = this.entries;
			if (!oldest) return;
			const [key, { facts }] = oldest;
			this.droppedFacts += facts.length;
			this.remove(key);
		}
	}

	private set(key: string, waiting: Waiting): void {
		const known = this.entries.get(key);
		this.waitingFacts += waiting.facts.length - (known?.facts.length ?? 0);
		this.waitingBytes += waiting.bytes - (known?.bytes ?? 0);
		this.entries.set(key, waiting);
	}

	private remove(key: string): void {
		const known = this.entries.get(key);
		if (!known) return;
		this.waitingFacts -= known.facts.length;
		this.waitingBytes -= known.bytes;
		this.entries.delete(key);
	}
}

/** Entries on their way into the store. */
export class Batch {
	constructor(
		readonly waiting: ReadonlyMap<string, Waiting>,
		/** Facts. */
		readonly size: number,
	) {}

	get entries(): readonly RecordedEntry[] {
		return [...this.waiting.values()].map(({ event, facts }) => ({ event, facts }));
	}
}

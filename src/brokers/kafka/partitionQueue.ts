/**
 * What waits to be stored in one partition, and the batch of it that is under way. Pure: it knows no Kafka and no time.
 *
 * One batch is under way at a time, and stays the same until its fate is known: the broker recognises it by producer and
 * sequence. A sequence that was perhaps used must never stand for other messages.
 */
import type { EventBusError } from '../../kernel/errors';
import type { OutgoingRecord } from './protocol';

/** Below the smallest common max.message.bytes; one larger message goes alone. */
const BATCH_BYTES = 512 * 1024;
/** Sequences are 31 bit and begin again at 0. */
const SEQUENCES = 2 ** 31;

/** A message that waits, and whoever waits for it. */
export interface Entry {
	readonly record: OutgoingRecord;
	readonly bytes: number;
	/** Nobody waits for it any more after this, milliseconds since the epoch. */
	readonly until: number;
	/** @param offset null: it is stored, and the broker does not tell where */
	resolve(offset: number | null): void;
	reject(error: EventBusError): void;
}

/** Whom the broker takes us for. */
export interface Identity {
	readonly producerId: string;
	readonly producerEpoch: number;
}

export interface Batch {
	readonly entries: readonly Entry[];
	readonly identity: Identity;
	readonly sequence: number;
	/** From then on its sequence may have been used. */
	isSent: boolean;
}

export class PartitionQueue {
	/** A request with a batch of it is under way. */
	isBusy = false;
	/** Since when its topic is not known, milliseconds since the epoch. */
	missingSince: number | null = null;
	private waiting: Entry[] = [];
	private batch: Batch | null = null;
	private identity: Identity | null = null;
	private sequence = 0;
	/** Smaller after a batch was too large as a whole. */
	private mostEntries = Infinity;

	constructor(
		readonly topic: string,
		readonly partition: number,
	) {}

	get hasWork(): boolean {
		return this.batch !== null || this.waiting.length > 0;
	}

	push(entry: Entry): void {
		this.waiting.push(entry);
	}

	/** The next batch; the one under way, if its fate is unknown. Without entries when there is nothing to do. */
	next(identity: Identity): Batch | null {
		if (this.batch) return this.batch;
		if (this.identity !== identity) {
			this.identity = identity;
			this.sequence = 0;
		}
		let bytes = 0;
		let count = 0;
		for (const entry of this.waiting) {
			if (count > 0 && (bytes + entry.bytes > BATCH_BYTES || count >= this.mostEntries)) break;
			bytes += entry.bytes;
			count += 1;
		}
		if (count === 0) return null;
		this.batch = { entries: this.waiting.splice(0, count), identity, sequence: this.sequence, isSent: false };
		return this.batch;
	}

	/** @param baseOffset of its first message; null: not known */
	stored(baseOffset: number | null): void {
		const entries = this.batch?.entries ?? [];
		this.batch = null;
		this.sequence = (this.sequence + entries.length) % SEQUENCES;
		this.missingSince = null;
		this.mostEntries *= 2;
		entries.forEach((entry, index) => entry.resolve(baseOffset === null ? null : baseOffset + index));
	}

	/**
	 * The batch is too large. As a whole: each message may fit by itself. Nothing was stored, the sequence is still free.
	 * @returns false: it is a single message
	 */
	split(): boolean {
		const entries = this.batch?.entries ?? [];
		if (entries.length <= 1) return false;
		this.takeBack();
		this.mostEntries = Math.ceil(entries.length / 2);
		return true;
	}

	/** The broker does not know this producer any more, and has stored nothing of this batch: it goes out anew. */
	startAnew(): void {
		this.takeBack();
		this.identity = null;
	}

	/** The broker has refused the batch, and its sequence is still free. */
	refuse(error: EventBusError): void {
		const entries = this.batch?.entries ?? [];
		this.batch = null;
		for (const entry of entries) entry.reject(error);
	}

	/**
	 * Lets go of what is over. A batch is let go as a whole.
	 * @returns whether the producer's identity is spent: perhaps the batch was stored
	 */
	giveUp(isOver: (entry: Entry) => boolean, error: EventBusError): boolean {
		const late = this.waiting.filter(isOver);
		this.waiting = this.waiting.filter((entry) => !isOver(entry));
		let isSpent = false;
		if (this.batch?.entries.every(isOver)) {
			isSpent = this.batch.isSent;
			late.unshift(...this.batch.entries);
			this.batch = null;
			this.identity = null;
		}
		for (const entry of late) entry.reject(error);
		return isSpent;
	}

	private takeBack(): void {
		this.waiting.unshift(...(this.batch?.entries ?? []));
		this.batch = null;
	}
}

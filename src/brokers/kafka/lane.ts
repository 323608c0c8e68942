/**
 * One partition that this member reads: what was fetched of it and what was handed out.
 */
import type { IncomingRecord, TopicPartition } from './protocol';
import { LaneWindow, type Standing } from '../../broker/laneWindow';
import { sizeOf } from './records';

/** Handed out and not settled, or settled above such; then the partition pauses. */
const WINDOW = 1000;
/** The same in bytes of what is handed out: whoever keeps order holds many. */
const WINDOW_BYTES = 16 * 1024 * 1024;
/** More is fetched only when less than this waits, bytes. */
const ENOUGH_BYTES = 256 * 1024;

export interface Confirmed {
	readonly position: number;
	readonly metadata: string;
	/** Of the lane, when this was written down. */
	readonly revision: number;
}

export class Lane implements TopicPartition {
	/** Another member has it by now: nothing of it may be settled or committed here. */
	isLost = false;
	/** Not to be fetched earlier, milliseconds since the epoch: the next one is not due. */
	notBefore = 0;
	/** What was confirmed last; null: to be committed again. */
	committed: Confirmed | null = null;
	/** Counts up whenever there may be something else to commit. */
	revision = 0;
	private window: LaneWindow | null = null;
	/** The next one last: taking it must stay cheap with a hundred thousand small ones. */
	private fetched: IncomingRecord[] = [];
	private bytes = 0;
	/** Sizes of what is handed out, by offset. */
	private readonly held = new Map<number, number>();
	private heldBytes = 0;
	private fetchFrom = 0;

	/** @param tierMs null: the messages themselves; else how long each rests in this topic, milliseconds */
	constructor(
		readonly topic: string,
		readonly partition: number,
		readonly tierMs: number | null,
	) {}

	/** Where the group stands is known from here on. */
	open(standing: Standing): void {
		this.window = new LaneWindow(standing);
		this.fetched = [];
		this.bytes = 0;
		this.fetchFrom = standing.position;
		this.revision += 1;
	}

	get isOpen(): boolean {
		return this.window !== null && !this.isLost;
	}

	/** The next offset to ask the broker for. */
	get next(): number {
		return this.fetchFrom;
	}

	get bufferedBytes(): number {
		return this.bytes;
	}

	get wantsMore(): boolean {
		return this.isOpen && this.bytes < ENOUGH_BYTES;
	}

	/** Whether something is handed out and not settled. */
	get isHeld(): boolean {
		return this.held.size > 0;
	}

	/** Takes what was fetched, and where to go on. */
	add(records: readonly IncomingRecord[], next: number): void {
		this.fetched = [...records.toReversed(), ...this.fetched];
		this.bytes += records.reduce((sum, record) => sum + sizeOf(record), 0);
		this.fetchFrom = next;
		this.revision += 1;
		if (this.fetched.length === 0) this.window?.skipTo(next);
	}

	/** The next message to hand out; null: nothing is there, or too much is open. */
	take(isWanted: (record: IncomingRecord) => boolean): IncomingRecord | null {
		if (!this.window || this.isLost) return null;
		while (this.window.size < WINDOW && this.heldBytes < WINDOW_BYTES) {
			const record = this.fetched.pop();
			if (!record) return null;
			this.revision += 1;
			const bytes = sizeOf(record);
			this.bytes -= bytes;
			const offset = Number(record.offset);
			const wanted = isWanted(record);
			if (!wanted) this.window.skipTo(offset + 1);
			const isNew = wanted && this.window.take(offset);
			if (this.fetched.length === 0) this.window.skipTo(this.fetchFrom);
			if (!isNew) continue;
			this.held.set(offset, bytes);
			this.heldBytes += bytes;
			return record;
		}
		return null;
	}

	settle(offset: number): void {
		this.revision += 1;
		this.window?.settle(offset);
		this.heldBytes -= this.held.get(offset) ?? 0;
		this.held.delete(offset);
	}

	get standing(): Standing {
		return this.window?.standing ?? { position: this.fetchFrom, settled: [] };
	}
}

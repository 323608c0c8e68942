/**
 * What a reader has of one lane, a partition or a log, where only one position is kept: which offsets were handed out,
 * which of them are settled, and where the group stands. Pure: it knows no broker and no time.
 *
 * What is settled above the position is kept beside it, so that a restart does not repeat it.
 */

/** Settled offsets from `first` to `last`, both included; no message in between is open. */
export interface SettledRange {
	readonly first: number;
	readonly last: number;
}

export interface Standing {
	/** The first offset that is not settled. */
	readonly position: number;
	/** What is settled above it, in order. */
	readonly settled: readonly SettledRange[];
}

interface Entry {
	readonly offset: number;
	settled: boolean;
}

export class LaneWindow {
	/** In order of offsets. The first one is open; settled ones in front are dropped. */
	private entries: Entry[] = [];
	private readonly known = new Map<number, Entry>();
	private before: readonly SettledRange[];
	private end: number;

	/** @param standing where the group stood when this member got the lane */
	constructor({ position, settled }: Standing) {
		this.end = position;
		this.before = settled;
	}

	/** How many offsets lie between the position and the end, settled or not. */
	get size(): number {
		return this.entries.length;
	}

	/** The first offset that was not looked at yet. */
	get next(): number {
		return this.end;
	}

	/**
	 * Looks at the message with this offset.
	 * @returns whether it is to be handed out: false when it was already, or was settled before a restart
	 */
	take(offset: number): boolean {
		if (offset < this.end) return false;
		this.end = offset + 1;
		const settled = this.before.some(({ first, last }) => first <= offset && offset <= last);
		if (settled && this.entries.length === 0) return false;
		const entry = { offset, settled };
		this.entries.push(entry);
		this.known.set(offset, entry);
		return !settled;
	}

	/** There is nothing to hand out before this offset: markers of transactions, or what compaction removed. */
	skipTo(offset: number): void {
		this.end = Math.max(this.end, offset);
	}

	/** Settling twice, or what was never handed out, changes nothing. */
	settle(offset: number): void {
		const entry = this.known.get(offset);
		if (!entry) return;
		entry.settled = true;
		let done = 0;
		while (this.entries[done]?.settled) done += 1;
		for (const { offset: gone } of this.entries.slice(0, done)) this.known.delete(gone);
		if (done > 0) this.entries = this.entries.slice(done);
	}

	get standing(): Standing {
		const position = this.entries[0]?.offset ?? this.end;
		const settled: SettledRange[] = [];
		let first: number | null = null;
		let last = 0;
		for (const entry of this.entries) {
			if (entry.settled) {
				first ??= entry.offset;
				last = entry.offset;
			} else if (first !== null) {
				settled.push({ first, last });
				first = null;
			}
		}
		if (first !== null) settled.push({ first, last });
		// What a restart brought along and was not looked at again yet is still settled.
		const rest = this.before.filter((range) => range.last >= this.end);
		return {
			position,
			settled: [...settled, ...rest.map((range) => ({ ...range, first: Math.max(range.first, this.end) }))],
		};
	}
}

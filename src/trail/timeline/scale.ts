/**
 * Where a moment is, from left to right.
 *
 * The scale is not even: a chain takes milliseconds and a retry waits for minutes. A pause takes room by its logarithm, and what is shown
 * at a moment moves all later ones. Later is never further left.
 */
import type { Tick } from './types';

const LEFT = 20;
/** Between two things in one lane: an arrow passes there. */
const GAP = { named: 20, dense: 4 };
const TICK_DISTANCE = 92;
/** What doubling a pause adds to its room: 1 s takes 50 px, 15 min 99 px. */
const DOUBLING = { named: 5, dense: 1.2 };

export class Scale {
	readonly ticks: Tick[] = [];
	private x = LEFT;
	private at: number;
	private readonly ends = new Map<number, number>();

	constructor(
		private readonly first: number,
		private readonly dense: boolean,
	) {
		this.at = first;
	}

	/** @param at never before the moment that was gone to last */
	goTo(at: number): void {
		this.x += Math.log2(1 + at - this.at) * (this.dense ? DOUBLING.dense : DOUBLING.named);
		this.at = at;
	}

	/** Takes room in a lane at this moment. @returns where it begins */
	put(lane: number, width: number, notBefore = 0): number {
		const free = (this.ends.get(lane) ?? 0) + (this.dense ? GAP.dense : GAP.named);
		this.x = Math.max(this.x, free, notBefore);
		this.ends.set(lane, this.x + width);
		const last = this.ticks.at(-1);
		if (!last || this.x - last.x >= TICK_DISTANCE) this.ticks.push({ x: this.x, afterMs: this.at - this.first });
		return this.x;
	}

	get end(): number {
		return Math.max(this.x, ...this.ends.values());
	}
}

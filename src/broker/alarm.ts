/**
 * Wakes one waiter. A ring while nobody waits is kept for the next wait, so that no change is slept through.
 */
import type { Clock } from '../kernel/clock';

export class Alarm {
	private rung = false;
	private wake: (() => void) | null = null;

	constructor(private readonly clock: Clock) {}

	ring(): void {
		this.rung = true;
		this.wake?.();
	}

	/** Forgets earlier rings: the caller is about to look for itself. */
	reset(): void {
		this.rung = false;
	}

	/**
	 * Resolves at the next ring, at once if there was one since `reset`, or at `until`.
	 * @param until milliseconds since the epoch; null: only a ring ends it
	 */
	async wait(until: number | null): Promise<void> {
		if (this.rung) return;
		const timer = new AbortController();
		const rung = new Promise<void>((resolve) => {
			this.wake = resolve;
		});
		const due =
			until === null
				? []
				: [this.clock.sleep(Math.max(0, until - this.clock.now()), timer.signal).catch(() => undefined)];
		try {
			await Promise.race([rung, ...due]);
		} finally {
			this.wake = null;
			timer.abort();
		}
	}
}

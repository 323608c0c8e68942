/**
 * Events that were heard and that nobody has room for yet: bounded, because Redis does not wait for us.
 */
import type { Delivery } from '../../../broker/types';

/** Messages. Enough for a burst; who falls behind for good loses events all the same. */
const MAX_WAITING = 1000;
/** Of all that is held, bytes: waiting, in flight, or held for a retry. */
const MAX_HELD_BYTES = 32 * 1024 * 1024;

export class WaitingRoom {
	private waiting: Delivery[] = [];
	private heldBytes = 0;

	get size(): number {
		return this.waiting.length;
	}

	/** False when it is full. What comes in is held until it is let go. */
	enter(delivery: Delivery): boolean {
		const { byteLength } = delivery.message.body;
		// A message that is larger than all of it may come alone.
		const fits = this.heldBytes === 0 || this.heldBytes + byteLength <= MAX_HELD_BYTES;
		if (!fits || this.waiting.length >= MAX_WAITING) return false;
		this.heldBytes += byteLength;
		this.waiting.push(delivery);
		return true;
	}

	/** The first ones, which are still held. */
	take(count: number): readonly Delivery[] {
		return this.waiting.splice(0, count);
	}

	/** It is settled, or lost. */
	letGo(delivery: Delivery): void {
		this.heldBytes -= delivery.message.body.byteLength;
	}

	/** Everything that waits, which is let go with it. */
	clear(): readonly Delivery[] {
		const all = this.waiting;
		this.waiting = [];
		for (const delivery of all) this.letGo(delivery);
		return all;
	}
}

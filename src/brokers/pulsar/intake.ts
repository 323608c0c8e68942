/**
 * Between the consumers of a subscription and what is handed out: asks for as much as there is room for, and keeps what
 * came too early or beyond it.
 */
import type { HandOut } from '../../broker/handOut';
import { backoffDelay, type Backoff } from '../../kernel/backoff';
import type { Clock } from '../../kernel/clock';
import type { Inlet } from './inlet';
import type { Received } from './wire';

/** A message that came, and the consumer that settles it. */
export interface Arrival {
	readonly inlet: Inlet;
	readonly received: Received;
}

/** More would wait in the service for this reader while others are idle. */
export const MOST_QUEUED = 10;
/** At first so often, then more rarely, milliseconds. */
const FLUSH: Backoff = { initialMs: 200, factor: 2, maxMs: 5000, jitter: 0 };
/** Nothing is asked for while more waits, bytes. */
const MOST_BYTES = 8 * 1024 * 1024;

export class Intake {
	private readonly inlets: Inlet[] = [];
	private waiting: Arrival[] = [];
	/** Delivered before their time. */
	private readonly early = new Set<Arrival>();
	private bytes = 0;

	/** @param offer hands out one of what came */
	constructor(
		private readonly handOut: Pick<HandOut<unknown>, 'room' | 'over'>,
		private readonly clock: Clock,
		private readonly offer: (arrival: Arrival) => void,
	) {}

	add(inlet: Inlet): void {
		this.inlets.push(inlet);
		this.flow();
	}

	take(arrival: Arrival): void {
		const { bytes, dueAt } = arrival.received;
		this.bytes += bytes;
		const earlyMs = dueAt - this.clock.now();
		if (earlyMs <= 0) {
			this.waiting.push(arrival);
			this.flow();
			return;
		}
		this.early.add(arrival);
		const arrive = () => {
			if (!this.early.delete(arrival)) return;
			this.waiting.push(arrival);
			this.flow();
		};
		// At the end it is given back with the others.
		this.clock.sleep(earlyMs, this.handOut.over).then(arrive, () => undefined);
	}

	/** Whenever there may be room. */
	flow(): void {
		while (this.handOut.room > 0) {
			const next = this.waiting.shift();
			if (!next) break;
			this.bytes -= next.received.bytes;
			this.offer(next);
		}
		if (this.bytes > MOST_BYTES) return;
		const { room } = this.handOut;
		const held = [...this.waiting, ...this.early];
		for (const inlet of this.inlets) {
			const waiting = held.filter((arrival) => arrival.inlet === inlet).length;
			inlet.expect(Math.max(0, room - waiting));
		}
	}

	/**
	 * Once nothing is handed out any more: what the service keeps ready for this reader would be out of the reach of others
	 * as long as its runs go on, so it is fetched, to be given back.
	 */
	async flush(until: AbortSignal): Promise<void> {
		const isOpen = () => !until.aborted && this.inlets.every(({ lost }) => !lost.aborted);
		for (let round = 1; isOpen(); round += 1) {
			for (const inlet of this.inlets) inlet.expect(MOST_QUEUED);
			await this.clock.sleep(backoffDelay(FLUSH, round, 0), until).catch(() => undefined);
		}
	}

	/** What nobody was given. */
	end(): readonly Arrival[] {
		const left = [...this.waiting, ...this.early];
		this.waiting = [];
		this.early.clear();
		this.bytes = 0;
		return left;
	}
}

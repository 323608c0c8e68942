/**
 * Between the consumers of a subscription and what is handed out: asks for as much as there is room for, and keeps what
 * came too early or beyond it.
 */
import type { HandOut } from '../../broker/handOut';
import type { Clock } from '../../kernel/clock';
import type { Inlet } from './inlet';
import type { Received } from './wire';

/** A message that came, and the consumer that settles it. */
export interface Arrival {
	readonly inlet: Inlet;
	readonly received: Received;
}

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

	/** What nobody was given. */
	end(): readonly Arrival[] {
		const left = [...this.waiting, ...this.early];
		this.waiting = [];
		this.early.clear();
		this.bytes = 0;
		return left;
	}
}

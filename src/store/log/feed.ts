/**
 * Where the deliveries of a subscription come from: what was given back, what was parked and is due, and the log.
 *
 * It asks the store only when there may be something new, and reads ahead, so that an event costs no query of its own.
 */
import type { LaneWindow } from '../../broker/laneWindow';
import type { CallOptions, Delivery } from '../../broker/types';
import type { Clock } from '../../kernel/clock';
import type { StoreEngine } from '../engine';
import type { LogFilter, StoredEvent } from '../types';
import { messageOf, unpackKept } from './message';
import type { Native } from './settling';

/** Events that are read ahead; the store cuts a page that would be too large. */
const PAGE = 500;
/** Settled above the position and kept beside it: more would make each record of it long. */
const WINDOW = 1000;

export interface FeedHost {
	readonly engine: StoreEngine;
	readonly clock: Clock;
	/** Name of the subscription. */
	readonly name: string;
	readonly filter: LogFilter;
	readonly window: LaneWindow;
	/** stream: the events of one stream are in order. log: all are. */
	readonly lanes: 'stream' | 'log';
	call(): CallOptions;
}

export interface Fed {
	readonly delivery: Delivery;
	readonly native: Native;
}

export class Feed {
	private readonly again: Fed[] = [];
	/** Parked entries that are held: the next look must pass over them. */
	private readonly heldParked = new Set<number>();
	/** When parked entries are looked at, milliseconds since the epoch; null: not before there is news. */
	private parkedAt: number | null = 0;
	private ahead: readonly StoredEvent[] = [];
	private scannedTo = 0;
	/** Whether the log may have more than what was read. */
	private mayHaveMore = true;

	constructor(private readonly host: FeedHost) {}

	/** Somebody may have appended or parked something. */
	news(): void {
		this.mayHaveMore = true;
		this.parkedAt = 0;
	}

	/** When there is something to look at without news, milliseconds since the epoch; null: then only. */
	get dueAt(): number | null {
		return this.parkedAt;
	}

	/** @returns at most `room`; none: there is nothing at the moment */
	async next(room: number): Promise<readonly Fed[]> {
		if (room <= 0) return [];
		if (this.again.length > 0) return this.again.splice(0, room);
		const parked = await this.dueParked(room);
		return parked.length > 0 ? parked : await this.fromLog(room);
	}

	/** Given back while the subscription goes on. A parked entry is found again by itself. */
	giveBack({ delivery, native }: Fed): void {
		if (native.kind === 'parked') {
			this.heldParked.delete(native.id);
			this.parkedAt = 0;
			return;
		}
		this.again.push({ delivery: { ...delivery, receives: delivery.receives + 1 }, native });
	}

	/** Settled in another way. */
	settled(native: Native): void {
		if (native.kind === 'parked') this.heldParked.delete(native.id);
	}

	/** Something was parked here, and is due then. */
	parkedUntil(dueAt: number): void {
		this.parkedAt = Math.min(this.parkedAt ?? dueAt, dueAt);
	}

	private async dueParked(room: number): Promise<readonly Fed[]> {
		const { engine, clock, name } = this.host;
		if (this.parkedAt === null || this.parkedAt > clock.now()) return [];
		const limit = room + this.heldParked.size;
		const args = { subscription: name, state: 'due', after: 0, limit } as const;
		const found = await engine.read('readParked', args, this.host.call());
		const fresh = found.filter(({ id }) => !this.heldParked.has(id)).slice(0, room);
		if (fresh.length < room) {
			// What is due and held already is no reason to look again.
			this.parkedAt = await engine.read('nextParkedAt', { subscription: name }, this.host.call());
		}
		return fresh.map(({ id, lane, message }) => {
			this.heldParked.add(id);
			const native = { kind: 'parked', id } as const;
			return { delivery: { ...unpackKept(message), receives: 1, lane, leaseUntil: null }, native };
		});
	}

	private async fromLog(room: number): Promise<readonly Fed[]> {
		const { window } = this.host;
		if (this.ahead.length === 0 && this.mayHaveMore) await this.readAhead();
		const fits = Math.min(room, WINDOW - window.size);
		const fed: Fed[] = [];
		let taken = 0;
		for (const stored of this.ahead) {
			if (fed.length >= fits) break;
			taken += 1;
			window.skipTo(stored.position);
			if (window.take(stored.position)) fed.push(this.deliver(stored));
		}
		this.ahead = this.ahead.slice(taken);
		if (this.ahead.length === 0) window.skipTo(this.scannedTo + 1);
		return fed.length === 0 && fits > 0 && this.mayHaveMore ? await this.fromLog(room) : fed;
	}

	private async readAhead(): Promise<void> {
		const { engine, filter, window } = this.host;
		// Before the question: what is appended meanwhile is news again.
		this.mayHaveMore = false;
		try {
			const args = { after: window.next - 1, limit: PAGE, filter };
			const page = await engine.read('readLog', args, this.host.call());
			this.ahead = page.events;
			this.scannedTo = page.scannedTo;
			if (!page.isEnd) this.mayHaveMore = true;
		} catch (error) {
			this.mayHaveMore = true;
			throw error;
		}
	}

	private deliver(stored: StoredEvent): Fed {
		return {
			delivery: {
				message: messageOf(stored),
				receives: 1,
				lane: this.host.lanes === 'stream' ? stored.stream : 'log',
				cursor: String(stored.position),
				leaseUntil: null,
			},
			native: { kind: 'event', position: stored.position },
		};
	}
}

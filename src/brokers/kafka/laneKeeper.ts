/**
 * The partitions of a member over all rounds of its group: what it keeps stays as it is, what it loses is lost for good,
 * what is new is opened where the group stands.
 */
import type { EventBusError } from '../../kernel/errors';
import type { Logger } from '../../kernel/logger';
import { keyOf } from './assignment';
import { Bell } from './bounds';
import type { KafkaLink } from './client';
import { readRecord, standingOf } from './commitRecord';
import { kafkaError, mayPass } from './errors';
import { Lane } from './lane';
import { tierOf } from './names';
import { fetchCommitted, listOffsets } from './offsets';
import type { IncomingRecord, TopicPartition } from './protocol';

const BETWEEN_TRIES_MS = 200;
const GIVE_UP_AFTER_MS = 20_000;

export interface LaneKeeperHost {
	readonly logger: Logger;
	/** There are other partitions to fetch from. */
	changed(): void;
	/** Another member has it. */
	lost(lane: Lane): void;
	failed(error: EventBusError): void;
}

/** Where a delivery came from: what settling needs to know. */
export interface Place {
	readonly lane: Lane;
	readonly offset: number;
	/** The copy for later is stored: trying again must not store another. */
	isCopied: boolean;
}

export interface Taken {
	readonly record: IncomingRecord;
	readonly place: Place;
}

export class LaneKeeper {
	/** Rings when something may be there to hand out. */
	readonly bell = new Bell();
	private current = new Map<string, Lane>();
	private turn = 0;
	private readonly first = Promise.withResolvers<void>();
	private readonly ended = new AbortController();

	constructor(
		private readonly link: KafkaLink,
		private readonly groupId: string,
		private readonly host: LaneKeeperHost,
	) {
		this.first.promise.catch(() => undefined);
	}

	lanes(): readonly Lane[] {
		return [...this.current.values()];
	}

	/** Resolves when the first round has begun and its partitions are open. */
	async ready(): Promise<void> {
		await this.first.promise;
	}

	fail(error: EventBusError): void {
		this.ended.abort();
		this.first.reject(error);
		this.bell.ring();
	}

	/** These and no others from now on. */
	assign(partitions: readonly TopicPartition[]): void {
		const next = new Map<string, Lane>();
		const fresh: Lane[] = [];
		for (const one of partitions) {
			const known = this.current.get(keyOf(one));
			const lane = known ?? new Lane(one.topic, one.partition, tierOf(this.groupId, one.topic));
			if (!known) fresh.push(lane);
			next.set(keyOf(one), lane);
		}
		const lost = [...this.current].filter(([key]) => !next.has(key)).map(([, lane]) => lane);
		this.current = next;
		for (const lane of lost) {
			lane.isLost = true;
			this.host.lost(lane);
		}
		void this.open(fresh);
	}

	/** The next message of any partition, each in its turn. */
	take(isWanted: (lane: Lane, record: IncomingRecord) => boolean): Taken | null {
		const lanes = this.lanes();
		for (let tries = 0; tries < lanes.length; tries += 1) {
			const lane = lanes[this.turn++ % lanes.length];
			const record = lane?.take((one) => isWanted(lane, one));
			if (lane && record) return { record, place: { lane, offset: Number(record.offset), isCopied: false } };
		}
		return null;
	}

	private isOver(): boolean {
		return this.ended.signal.aborted;
	}

	private async open(lanes: readonly Lane[]): Promise<void> {
		const late = Date.now() + GIVE_UP_AFTER_MS;
		while (!this.isOver()) {
			try {
				await this.openWhereTheyStand(lanes.filter(({ isLost }) => !isLost));
				this.first.resolve();
				this.host.changed();
				return;
			} catch (error) {
				if (this.isOver()) return;
				if (!mayPass(error) || Date.now() > late) {
					this.host.failed(kafkaError(error, 'looking where the group stands'));
					return;
				}
				await this.bell.wait(BETWEEN_TRIES_MS);
			}
		}
	}

	private async openWhereTheyStand(lanes: readonly Lane[]): Promise<void> {
		if (lanes.length === 0) return;
		const committed = await fetchCommitted(this.link, this.groupId, lanes);
		const isNew = ({ offset }: { readonly offset: number | null }) => offset === null;
		const topics = [...new Set(committed.filter(isNew).map(({ topic }) => topic))];
		// What came later than the group, or was forgotten, is read from its beginning: nothing may be missed.
		const earliest =
			topics.length === 0 ? new Map<string, readonly number[]>() : await listOffsets(this.link, topics, 'earliest');
		const byKey = new Map(committed.map((one) => [keyOf(one), one] as const));
		for (const lane of lanes) {
			const found = byKey.get(keyOf(lane));
			if (lane.isLost || lane.isOpen) continue;
			const offset = found?.offset ?? null;
			const position = offset ?? earliest.get(lane.topic)?.[lane.partition] ?? 0;
			lane.open(standingOf(position, offset === null ? null : readRecord(found?.metadata ?? null, position)));
			if (offset !== null) lane.committed = { position, metadata: found?.metadata ?? '', revision: lane.revision };
		}
	}
}

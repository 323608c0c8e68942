/**
 * Reading records: one request a broker for all partitions that want more.
 */
import type { KafkaLink } from './client';
import { Bell } from './bounds';
import { check, isPassing, kafkaError, mayPass } from './errors';
import type { Lane } from './lane';
import { byTopic, leadersOf, listOffsets } from './offsets';
import { CODE, type FetchedPartition } from './protocol';
import { readFetched } from './fetched';
import { EventBusError } from '../../kernel/errors';
import type { Logger } from '../../kernel/logger';

const PARTITION_BYTES = 512 * 1024;
const RESPONSE_BYTES = 4 * 1024 * 1024;
/** What may wait here, unseen by anybody, of all partitions together. */
const BUFFER_BYTES = 8 * 1024 * 1024;
/** How long a broker waits for something to arrive, milliseconds. */
const WAIT_MS = 500;
/** As long as a partition is left out: it must not wait for the others' silence. */
const SHORT_WAIT_MS = 100;
const BETWEEN_TRIES_MS = 200;
/** Without an answer for so long the subscription is lost, milliseconds. */
const GIVE_UP_AFTER_MS = 15_000;

export interface FetcherHost {
	readonly logger: Logger;
	lanes(): readonly Lane[];
	/** Something is there to be handed out. */
	arrived(): void;
	failed(error: EventBusError): void;
}

export class Fetcher {
	private readonly bell = new Bell();
	/** Bytes that were asked for, by the leader that has not answered yet. */
	private readonly asked = new Map<number, number>();
	private leaders = new Map<string, readonly number[]>();
	private isStale = true;
	private isOver = false;
	private lastAnswerAt = Date.now();

	/** @param link whose fetch connection is used by nobody else */
	constructor(
		private readonly link: KafkaLink,
		private readonly host: FetcherHost,
	) {}

	async run(): Promise<void> {
		while (!this.isOver) {
			try {
				if (this.isStale) await this.refresh();
				await this.bell.wait(this.begin());
			} catch (error) {
				if (!this.endsWith(error)) await this.bell.wait(BETWEEN_TRIES_MS);
			}
		}
	}

	/** There are other partitions, or some want more. */
	wake(): void {
		this.bell.ring();
	}

	stop(): void {
		this.isOver = true;
		this.bell.ring();
	}

	private async refresh(): Promise<void> {
		const topics = [...new Set(this.host.lanes().map(({ topic }) => topic))];
		this.leaders = new Map(await leadersOf(this.link, topics));
		this.isStale = false;
		this.lastAnswerAt = Date.now();
	}

	/** Begins what can be begun. @returns when to look again at the latest, milliseconds from now */
	private begin(): number {
		const now = Date.now();
		const lanes = this.host.lanes().filter(({ isOpen }) => isOpen);
		const due = lanes.filter(({ notBefore }) => notBefore <= now);
		const wanting = due.filter((lane) => lane.wantsMore);
		const buffered = lanes.reduce((sum, { bufferedBytes }) => sum + bufferedBytes, 0);
		let room = BUFFER_BYTES - buffered - [...this.asked.values()].reduce((sum, bytes) => sum + bytes, 0);
		const byLeader = Map.groupBy(wanting, ({ topic, partition }) => this.leaders.get(topic)?.[partition] ?? -1);
		if (byLeader.delete(-1)) this.isStale = true;
		const nextDue = Math.min(...lanes.map(({ notBefore }) => notBefore).filter((at) => at > now));
		const isComplete = wanting.length === due.length;
		const waitMs = Math.max(1, Math.min(isComplete ? WAIT_MS : SHORT_WAIT_MS, nextDue - now));
		for (const [leader, ofLeader] of byLeader) {
			if (room <= 0 || this.asked.has(leader)) continue;
			const bytes = Math.min(RESPONSE_BYTES, room);
			room -= bytes;
			void this.fetchFrom(leader, ofLeader, bytes, waitMs);
		}
		return this.isStale ? BETWEEN_TRIES_MS : Math.min(1000, Math.max(1, nextDue - now));
	}

	private async fetchFrom(leader: number, lanes: readonly Lane[], bytes: number, waitMs: number): Promise<void> {
		this.asked.set(leader, bytes);
		const wanted = lanes.map((lane) => ({ lane, from: lane.next }));
		try {
			const answered = await fetchOnce(
				this.link,
				leader,
				wanted.map(({ lane: { topic, partition }, from }) => ({ topic, partition, from })),
				bytes,
				waitMs,
			);
			this.lastAnswerAt = Date.now();
			for (const { lane, from } of wanted) {
				const fetched = answered(lane.topic, lane.partition);
				// The partition was lost, or its position set anew meanwhile.
				if (!fetched || !lane.isOpen || lane.next !== from) continue;
				if (fetched.errorCode === CODE.offsetOutOfRange) await this.findAgain(lane, from);
				else if (fetched.errorCode === CODE.none) this.accept(lane, fetched, from, lanes.length === 1);
				else if (fetched.errorCode === CODE.unknownTopic || isPassing(fetched.errorCode)) this.isStale = true;
				else check(fetched.errorCode, `topic ${lane.topic}`);
			}
			this.host.arrived();
		} catch (error) {
			this.isStale = true;
			this.endsWith(error);
		} finally {
			this.asked.delete(leader);
			this.bell.ring();
		}
	}

	private accept(lane: Lane, fetched: FetchedPartition, from: number, isAlone: boolean): void {
		const { records, next } = readFetched(fetched, from, isAlone);
		const { tierMs } = lane;
		if (tierMs === null) return lane.add(records, next);
		const now = Date.now();
		const early = records.findIndex(({ timestamp }) => Number(timestamp) + tierMs > now);
		const waiting = records[early];
		if (!waiting) return lane.add(records, next);
		// It is fetched again when it is due.
		lane.notBefore = Number(waiting.timestamp) + tierMs;
		lane.add(records.slice(0, early), Number(waiting.offset));
	}

	/** Retention has removed what the group had not read, or the topic was made anew. */
	private async findAgain(lane: Lane, from: number): Promise<void> {
		const earliest = (await listOffsets(this.link, [lane.topic], 'earliest')).get(lane.topic)?.[lane.partition];
		if (earliest === undefined || !lane.isOpen || lane.next !== from) return;
		const place = `${lane.topic}, partition ${lane.partition}`;
		if (earliest < from && lane.isHeld) {
			// What is held has offsets of before: they must not settle other messages.
			throw new EventBusError('closed', `Kafka has lost messages of ${place}, or it was made anew`);
		}
		this.host.logger.warn(
			`Kafka no longer has offset ${from} of ${place}: reading goes on at ${earliest}, the oldest message there is`,
		);
		if (earliest > from) lane.add([], earliest);
		else lane.open({ position: earliest, settled: [] });
	}

	/** @returns whether that was the end */
	private endsWith(error: unknown): boolean {
		if (this.isOver) return true;
		if (mayPass(error) && Date.now() - this.lastAnswerAt < GIVE_UP_AFTER_MS) return false;
		this.stop();
		this.host.failed(kafkaError(error, 'reading'));
		return true;
	}
}

/** One request to one broker. @returns the answer for a partition */
export async function fetchOnce(
	link: KafkaLink,
	leader: number,
	partitions: readonly { readonly topic: string; readonly partition: number; readonly from: number }[],
	maxBytes: number,
	maxWaitTime: number,
): Promise<(topic: string, partition: number) => FetchedPartition | undefined> {
	const { responses } = await link.askNode(leader, 'Fetch', {
		replicaId: -1,
		// Committed messages only.
		isolationLevel: 1,
		maxWaitTime,
		minBytes: 1,
		maxBytes,
		rackId: '',
		// A different order each time, so that a busy partition does not use up the bytes of the others.
		topics: byTopic(partitions, ({ partition, from }) => ({
			partition,
			fetchOffset: String(from),
			maxBytes: Math.min(PARTITION_BYTES, maxBytes),
		})).sort(() => Math.random() - 0.5),
	});
	return (topic, partition) =>
		responses
			.filter(({ topicName }) => topicName === topic)
			.flatMap((response) => response.partitions)
			.find((fetched) => fetched.partition === partition);
}

/**
 * Publishing without loss and without doubles: one batch of a partition is under way at a time, and is sent again as it
 * is until its fate is known. What arrives meanwhile goes into the next batch.
 *
 * The broker recognises a batch by producer id and sequence. A batch whose fate stays unknown burns the producer id for
 * that partition: a number that was perhaps used must never stand for other messages.
 */
import { EventBusError } from '../../kernel/errors';
import type { KafkaLink } from './client';
import { check, isLinkError, isPassing, kafkaError } from './errors';
import { CODE, COMPRESSION, KafkaError, type Compression, type OutgoingRecord } from './protocol';
import { sizeOf } from './records';
import type { Topics } from './topics';

/** Below the smallest common max.message.bytes; one larger message goes alone. */
const BATCH_BYTES = 512 * 1024;
const REQUEST_BYTES = 8 * 1024 * 1024;
/** How long the replicas have, milliseconds. */
const STORE_WITHIN_MS = 5000;
const BETWEEN_TRIES_MS = 100;
/** A topic that is not known for so long is not there, milliseconds. */
const TOPIC_KNOWN_WITHIN_MS = 1500;

interface Entry {
	readonly record: OutgoingRecord;
	readonly bytes: number;
	/** Nobody waits for it any more after this, milliseconds since the epoch. */
	readonly until: number;
	resolve(offset: number | null): void;
	reject(error: EventBusError): void;
}

interface Identity {
	readonly producerId: string;
	readonly producerEpoch: number;
}

interface Batch {
	readonly entries: readonly Entry[];
	readonly identity: Identity;
	readonly sequence: number;
	/** From then on its sequence may have been used. */
	isSent: boolean;
}

interface Chosen {
	readonly queue: PartitionQueue;
	readonly batch: Batch;
}

class PartitionQueue {
	readonly waiting: Entry[] = [];
	batch: Batch | null = null;
	identity: Identity | null = null;
	sequence = 0;
	/** Smaller after a batch was too large as a whole. */
	mostEntries = Infinity;
	/** Since when its topic is not known, milliseconds since the epoch. */
	missingSince: number | null = null;

	/** A request with a batch of it is under way. */
	isBusy = false;

	constructor(
		readonly topic: string,
		readonly partition: number,
	) {}

	get hasWork(): boolean {
		return this.batch !== null || this.waiting.length > 0;
	}

	/** The next batch; the one under way, if its fate is unknown. */
	next(identity: Identity): Batch {
		if (this.batch) return this.batch;
		if (this.identity !== identity) {
			this.identity = identity;
			this.sequence = 0;
		}
		let bytes = 0;
		let count = 0;
		for (const entry of this.waiting) {
			if (count > 0 && (bytes + entry.bytes > BATCH_BYTES || count >= this.mostEntries)) break;
			bytes += entry.bytes;
			count += 1;
		}
		this.batch = { entries: this.waiting.splice(0, count), identity, sequence: this.sequence, isSent: false };
		return this.batch;
	}
}

export class Producer {
	private readonly queues = new Map<string, PartitionQueue>();
	private identity: Promise<Identity> | null = null;
	private readonly busyLeaders = new Set<number>();
	private planning: Promise<void> | null = null;
	private planAgain = false;
	private later: NodeJS.Timeout | null = null;
	private isClosed = false;

	constructor(
		private readonly link: KafkaLink,
		private readonly topics: Topics,
		private readonly compression: Compression,
	) {}

	/**
	 * Resolves with the offset once all replicas in sync have it; null where the broker knows it is stored, not where.
	 * @param until milliseconds since the epoch
	 * @throws EventBusError
	 */
	async send(topic: string, partition: number, record: OutgoingRecord, until: number): Promise<number | null> {
		if (this.isClosed) throw new EventBusError('closed', 'The connection is closed');
		const key = `${topic}/${partition}`;
		let queue = this.queues.get(key);
		if (!queue) this.queues.set(key, (queue = new PartitionQueue(topic, partition)));
		const { promise, resolve, reject } = Promise.withResolvers<number | null>();
		queue.waiting.push({ record, bytes: sizeOf(record), until, resolve, reject });
		this.kick();
		return await promise;
	}

	close(): void {
		this.isClosed = true;
		if (this.later) clearTimeout(this.later);
		for (const queue of this.queues.values()) {
			fail(queue, new EventBusError('closed', 'The connection was closed before the message was stored'));
		}
	}

	/** After this turn of the event loop, so that what is published together goes out together. */
	private kick(): void {
		if (this.planning) {
			this.planAgain = true;
			return;
		}
		this.planning = Promise.resolve()
			.then(async () => await this.plan())
			.finally(() => {
				this.planning = null;
				if (!this.planAgain) return;
				this.planAgain = false;
				this.kick();
			});
	}

	private kickLater(): void {
		if (this.isClosed) return;
		this.later ??= setTimeout(() => {
			this.later = null;
			this.kick();
		}, BETWEEN_TRIES_MS);
	}

	/** Begins one request to each leader that has none under way. */
	private async plan(): Promise<void> {
		const queues = [...this.queues.values()].filter(({ hasWork, isBusy }) => hasWork && !isBusy);
		if (queues.length === 0) return;
		try {
			const identity = await (this.identity ??= this.newIdentity());
			for (const [leader, ofLeader] of await this.byLeader(queues)) {
				if (leader === null) this.kickLater();
				else if (!this.busyLeaders.has(leader)) void this.serve(leader, ofLeader, identity);
			}
		} catch (error) {
			this.identity = null;
			this.giveUpLate(queues, error);
			this.kickLater();
		}
	}

	private async serve(leader: number, queues: readonly PartitionQueue[], identity: Identity): Promise<void> {
		this.busyLeaders.add(leader);
		for (const queue of queues) queue.isBusy = true;
		const goesOn = await this.sendTo(leader, queues, identity);
		for (const queue of queues) queue.isBusy = false;
		this.busyLeaders.delete(leader);
		if (goesOn) this.kick();
		else this.kickLater();
	}

	/** Under null those that have no leader at the moment. */
	private async byLeader(queues: readonly PartitionQueue[]): Promise<Map<number | null, PartitionQueue[]>> {
		const leaders = await Promise.all(
			queues.map(async (queue) => {
				const partitions = await this.topics.find(queue.topic);
				const leader = partitions?.[queue.partition];
				if (leader === undefined) this.lacksTopic(queue);
				return leader === undefined || leader < 0 ? null : leader;
			}),
		);
		const found = new Map<number | null, PartitionQueue[]>();
		queues.forEach((queue, index) => {
			const leader = leaders[index] ?? null;
			found.set(leader, [...(found.get(leader) ?? []), queue]);
		});
		return found;
	}

	/** @returns whether the next request can follow at once */
	private async sendTo(leader: number, queues: readonly PartitionQueue[], identity: Identity): Promise<boolean> {
		let bytes = 0;
		const chosen: Chosen[] = [];
		for (const queue of queues) {
			if (bytes > REQUEST_BYTES) break;
			const batch = queue.next(identity);
			if (batch.entries.length === 0) continue;
			chosen.push({ queue, batch });
			bytes += batch.entries.reduce((sum, entry) => sum + entry.bytes, 0);
		}
		// All batches of one request have one producer id.
		const requests = [...Map.groupBy(chosen, ({ batch }) => batch.identity)];
		const results = await Promise.all(requests.map(async ([of, batches]) => await this.produce(leader, of, batches)));
		return results.every((goesOn) => goesOn);
	}

	private async produce(leader: number, identity: Identity, batches: readonly Chosen[]): Promise<boolean> {
		for (const { batch } of batches) batch.isSent = true;
		try {
			const answer = await this.link.askNode(leader, 'Produce', {
				acks: -1,
				timeout: STORE_WITHIN_MS,
				compression: COMPRESSION[this.compression],
				...identity,
				topicData: [...Map.groupBy(batches, ({ queue }) => queue.topic)].map(([topic, ofTopic]) => ({
					topic,
					partitions: ofTopic.map(({ queue, batch }) => ({
						partition: queue.partition,
						firstSequence: batch.sequence,
						messages: batch.entries.map(({ record }) => record),
					})),
				})),
			});
			const goOn = batches.map(({ queue, batch }) => {
				const partitions = answer.topics.find(({ topicName }) => topicName === queue.topic)?.partitions;
				const result = partitions?.find(({ partition }) => partition === queue.partition);
				return this.settle(queue, batch, result?.errorCode ?? CODE.requestTimedOut, Number(result?.baseOffset ?? -1));
			});
			return goOn.every((one) => one);
		} catch (error) {
			const queues = batches.map(({ queue }) => queue);
			for (const { topic } of queues) this.topics.forget(topic);
			this.giveUpLate(queues, error);
			return false;
		}
	}

	/** @returns whether the next request can follow at once */
	private settle(queue: PartitionQueue, batch: Batch, code: number, baseOffset: number): boolean {
		if (code === CODE.none || code === CODE.duplicateSequence) {
			queue.batch = null;
			queue.missingSince = null;
			queue.sequence += batch.entries.length;
			const isKnown = code === CODE.none && baseOffset >= 0;
			batch.entries.forEach((entry, index) => entry.resolve(isKnown ? baseOffset + index : null));
			return true;
		}
		const error = new KafkaError(code, `topic ${queue.topic}`);
		if (code === CODE.unknownTopic || isPassing(code)) {
			this.topics.forget(queue.topic);
			this.giveUpLate([queue], error);
			return false;
		}
		queue.batch = null;
		if ((code === CODE.messageTooLarge || code === CODE.recordListTooLarge) && batch.entries.length > 1) {
			// As a whole: each may fit by itself. Nothing was stored, the sequence is still free.
			queue.waiting.unshift(...batch.entries);
			queue.mostEntries = Math.ceil(batch.entries.length / 2);
			return true;
		}
		if (IDENTITY_IS_SPENT.has(code)) {
			// The broker has forgotten the producer, or counts otherwise. Nothing of this batch was stored by this request.
			this.identity = null;
			queue.identity = null;
			queue.waiting.unshift(...batch.entries);
			return this.giveUpLate([queue], error);
		}
		for (const entry of batch.entries) entry.reject(kafkaError(error, 'publishing'));
		return true;
	}

	/** What nobody waits for any more is not tried again. */
	private giveUpLate(queues: readonly PartitionQueue[], cause: unknown): boolean {
		const now = Date.now();
		const error = kafkaError(cause, 'publishing');
		const isFatal = !isLinkError(cause) && !(cause instanceof KafkaError);
		const isRefused = error.code === 'auth';
		for (const queue of queues) {
			const isOver = ({ until }: Entry) => isFatal || isRefused || until <= now;
			if (queue.batch?.entries.every(isOver)) {
				for (const entry of queue.batch.entries) entry.reject(error);
				// Perhaps it was stored: its sequence must not stand for anything else.
				if (queue.batch.isSent) this.identity = null;
				queue.batch = null;
				queue.identity = null;
			}
			const late = queue.waiting.filter(isOver);
			if (late.length === 0) continue;
			queue.waiting.splice(0, queue.waiting.length, ...queue.waiting.filter((entry) => !isOver(entry)));
			for (const entry of late) entry.reject(error);
		}
		return false;
	}

	/** A topic that was just made may not be known everywhere; one that stays unknown is gone. */
	private lacksTopic(queue: PartitionQueue): void {
		const first = queue.batch?.entries[0] ?? queue.waiting[0];
		if (!first) return;
		queue.missingSince ??= Date.now();
		if (Date.now() - queue.missingSince < TOPIC_KNOWN_WITHIN_MS) return;
		fail(queue, kafkaError(new KafkaError(CODE.unknownTopic, `topic ${queue.topic}`), 'publishing'));
	}

	private async newIdentity(): Promise<Identity> {
		const answer = await this.link.ask('InitProducerId', { transactionTimeout: 30_000 });
		check(answer.errorCode, 'a producer id');
		return { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
	}
}

const IDENTITY_IS_SPENT: ReadonlySet<number> = new Set([
	CODE.outOfOrderSequence,
	CODE.unknownProducer,
	CODE.invalidProducerEpoch,
	CODE.invalidProducerMapping,
]);

function fail(queue: PartitionQueue, error: EventBusError): void {
	for (const entry of [...(queue.batch?.entries ?? []), ...queue.waiting.splice(0)]) entry.reject(error);
	queue.batch = null;
	queue.identity = null;
}

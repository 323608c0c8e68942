/**
 * Publishing without loss and without doubles: one batch of a partition is under way at a time, and is sent again as it
 * is until its fate is known. What arrives meanwhile goes into the next batch.
 */
import { EventBusError } from '../../kernel/errors';
import type { KafkaLink } from './client';
import { check, isPassing, kafkaError } from './errors';
import { isLinkError } from './linkErrors';
import { PartitionQueue, type Batch, type Entry, type Identity } from './partitionQueue';
import { CODE, COMPRESSION, KafkaError, type Compression, type OutgoingRecord } from './protocol';
import { sizeOf } from './records';
import type { Topics } from './topics';

const REQUEST_BYTES = 8 * 1024 * 1024;
/** How long the replicas have, milliseconds. */
const STORE_WITHIN_MS = 5000;
const BETWEEN_TRIES_MS = 100;
/** A topic that is not known for so long is not there, milliseconds. */
const TOPIC_KNOWN_WITHIN_MS = 1500;

/** The broker has forgotten the producer, or counts otherwise. */
const IDENTITY_IS_SPENT: ReadonlySet<number> = new Set([
	CODE.outOfOrderSequence,
	CODE.unknownProducer,
	CODE.invalidProducerEpoch,
	CODE.invalidProducerMapping,
]);

interface Chosen {
	readonly queue: PartitionQueue;
	readonly batch: Batch;
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
		queue.push({ record, bytes: sizeOf(record), until, resolve, reject });
		this.kick();
		return await promise;
	}

	close(): void {
		this.isClosed = true;
		if (this.later) clearTimeout(this.later);
		const error = new EventBusError('closed', 'The connection was closed before the message was stored');
		for (const queue of this.queues.values()) queue.giveUp(() => true, error);
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
			if (!batch) continue;
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
			const goOn = batches.map(({ queue }) => {
				const partitions = answer.topics.find(({ topicName }) => topicName === queue.topic)?.partitions;
				const result = partitions?.find(({ partition }) => partition === queue.partition);
				return this.settle(queue, result?.errorCode ?? CODE.requestTimedOut, Number(result?.baseOffset ?? -1));
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
	private settle(queue: PartitionQueue, code: number, baseOffset: number): boolean {
		if (code === CODE.none || code === CODE.duplicateSequence) {
			const isKnown = code === CODE.none && baseOffset >= 0;
			queue.stored(isKnown ? baseOffset : null);
			return true;
		}
		const error = new KafkaError(code, `topic ${queue.topic}`);
		if (code === CODE.unknownTopic || isPassing(code)) {
			this.topics.forget(queue.topic);
			this.giveUpLate([queue], error);
			return false;
		}
		if (IDENTITY_IS_SPENT.has(code)) {
			this.identity = null;
			queue.startAnew();
			this.giveUpLate([queue], error);
			return false;
		}
		const isTooLarge = code === CODE.messageTooLarge || code === CODE.recordListTooLarge;
		if (!isTooLarge || !queue.split()) queue.refuse(kafkaError(error, 'publishing'));
		return true;
	}

	/** What nobody waits for any more is not tried again. */
	private giveUpLate(queues: readonly PartitionQueue[], cause: unknown): void {
		const now = Date.now();
		const error = kafkaError(cause, 'publishing');
		const isFatal = error.code === 'auth' || !(isLinkError(cause) || cause instanceof KafkaError);
		for (const queue of queues) {
			const isSpent = queue.giveUp(({ until }: Entry) => isFatal || until <= now, error);
			if (isSpent) this.identity = null;
		}
	}

	/** A topic that was just made may not be known everywhere; one that stays unknown is gone. */
	private lacksTopic(queue: PartitionQueue): void {
		queue.missingSince ??= Date.now();
		if (Date.now() - queue.missingSince < TOPIC_KNOWN_WITHIN_MS) return;
		queue.missingSince = null;
		const error = kafkaError(new KafkaError(CODE.unknownTopic, `topic ${queue.topic}`), 'publishing');
		if (queue.giveUp(() => true, error)) this.identity = null;
	}

	private async newIdentity(): Promise<Identity> {
		const answer = await this.link.ask('InitProducerId', { transactionTimeout: 30_000 });
		check(answer.errorCode, 'a producer id');
		return { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
	}
}

/**
 * A member of a consumer group: puts membership, fetching and committing together behind the seam.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { HandOut } from '../../broker/handOut';
import type {
	BrokerCapabilities,
	CallOptions,
	Delivery,
	Outcome,
	Settlement,
	SubscribeOptions,
	Subscription,
} from '../../broker/types';
import type { Clock } from '../../kernel/clock';
import { EventBusError, isEventBusError, messageOf } from '../../kernel/errors';
import type { Logger } from '../../kernel/logger';
import { bounded } from './bounds';
import type { KafkaLink } from './client';
import { Committer } from './committer';
import { isMessage, toDelivery } from './deliveries';
import { kafkaError, mayPass } from './errors';
import { Fetcher } from './fetching';
import type { Lane } from './lane';
import { LaneKeeper, type Place } from './laneKeeper';
import { LaterCopies } from './laterCopies';
import { Membership } from './membership';
import { readingOf, type Reading } from './names';
import { describeGroup } from './offsets';
import type { OutgoingRecord } from './protocol';
import { Settling } from './settling';
import { Sharing } from './sharing';
import { carriesRecord, materialise } from './startPosition';
import type { Topics } from './topics';

/** How often positions are looked at that moved without a settlement, and topics that came or went, milliseconds. */
const LOOK_EVERY_MS = 3000;
/** Positions that are not committed for long are forgotten by the broker, milliseconds. */
const COMMIT_AGAIN_EVERY_MS = 24 * 60 * 60_000;
/** How long work that goes on after a drain keeps its partitions from the others, milliseconds. */
const DRAIN_KEEPS_MS = 5000;
/** A server that does not answer finds out by itself that a member is gone, milliseconds. */
const LEAVE_WITHIN_MS = 2000;
/** Bound on what nobody outside bounds, milliseconds. */
const OWN_TIMEOUT_MS = 30_000;

/** What a subscription needs of its connection. */
export interface SubscriptionHost {
	readonly clock: Clock;
	readonly logger: Logger;
	readonly capabilities: BrokerCapabilities;
	readonly topics: Topics;
	newLink(): KafkaLink;
	/** Makes the topic of a channel if it is missing and may be made. */
	ensureSource(options: SubscribeOptions): Promise<void>;
	/** Resolves when it is stored. */
	readonly store: (topic: string, record: OutgoingRecord, timeoutMs: number) => Promise<unknown>;
	/** Removes an ephemeral group and what is its own. */
	removeGroup(groupId: string): Promise<void>;
}

export class KafkaSubscription implements Subscription {
	effective: BrokerCapabilities;
	private readonly handOut: HandOut<Place>;
	private readonly keeper: LaneKeeper;
	private readonly membership: Membership;
	private readonly fetcher: Fetcher;
	private readonly committer: Committer;
	private readonly laterCopies: LaterCopies;
	private readonly settling: Settling;
	private readonly work: Promise<unknown>[] = [];
	private readonly stop = () => this.handOut.end();
	private timer: NodeJS.Timeout | null = null;
	private committedAllAt = Date.now();
	private leaving: Promise<void> | null = null;
	private closing: Promise<void> | null = null;

	private constructor(
		private readonly host: SubscriptionHost,
		private readonly options: SubscribeOptions,
		private readonly reading: Reading,
		private readonly links: { readonly control: KafkaLink; readonly data: KafkaLink },
		private readonly sharing: Sharing,
		readonly generation: number,
		private readonly onClose: () => void,
	) {
		const { clock, logger } = host;
		const { groupId } = reading;
		const failed = (error: EventBusError) => this.fail(error);
		this.effective = host.capabilities;
		this.handOut = new HandOut({ ...options, clock });
		this.keeper = new LaneKeeper(links.data, groupId, {
			logger,
			changed: () => this.fetcher.wake(),
			lost: (lane) => this.forget(lane),
			failed,
		});
		this.membership = new Membership(links.control, {
			groupId,
			types: options.types,
			leaseMs: options.leaseMs,
			logger,
			topics: reading.topics ?? [],
			partitions: async () => await this.sharing.partitions(),
			owned: () =>
				this.handOut.isOver ? this.keeper.lanes().filter((lane) => this.isWorkedOn(lane)) : this.keeper.lanes(),
			assigned: (partitions) => this.keeper.assign(partitions),
			failed,
		});
		this.fetcher = new Fetcher(links.data, {
			logger,
			lanes: () => this.keeper.lanes(),
			arrived: () => this.keeper.bell.ring(),
			failed,
		});
		this.committer = new Committer(links.data, {
			groupId,
			generation,
			member: () => this.membership.current,
			lanes: () => this.keeper.lanes(),
			groupRecord: (lane) =>
				carriesRecord(this.sharing.topics, lane)
					? {
							generation,
							types: options.types,
							lifetime: options.lifetime,
							retentionMs: options.retentionMs,
							at: clock.now(),
						}
					: null,
		});
		this.laterCopies = new LaterCopies(
			{ ...host, link: links.data, added: () => this.membership.rejoin() },
			{ ...options, groupId, channelTopic: reading.topics?.[0] ?? reading.channelTopic },
		);
		const { handOut, keeper, committer, laterCopies } = this;
		this.settling = new Settling({ handOut, keeper, committer, laterCopies, ordered: options.ordered, failed });
		options.signal.addEventListener('abort', this.stop, { once: true });
	}

	/** @throws EventBusError `conflict` | `not-found` | `settings` | `auth` */
	static async join(
		host: SubscriptionHost,
		options: SubscribeOptions,
		onClose: () => void,
	): Promise<KafkaSubscription> {
		const reading = readingOf(options.from, options.group);
		const links = { control: host.newLink(), data: host.newLink() };
		let subscription: KafkaSubscription | null = null;
		try {
			const call = { signal: options.signal, timeoutMs: OWN_TIMEOUT_MS };
			await host.ensureSource(options);
			const sharing = new Sharing(links.data, host.topics, reading);
			await sharing.partitions();
			const starting = materialise(links.data, reading, sharing.topics, options, host.logger);
			const generation = await bounded(starting, call, `starting the group ${reading.groupId}`);
			subscription = new KafkaSubscription(host, options, reading, links, sharing, generation, onClose);
			await bounded(subscription.begin(), call, `joining the group ${reading.groupId}`);
			return subscription;
		} catch (error) {
			if (subscription) await subscription[Symbol.asyncDispose]();
			else for (const link of Object.values(links)) link.destroy();
			throw kafkaError(error, `subscribing to ${reading.channelTopic}`);
		}
	}

	batches(): AsyncIterable<readonly Delivery[]> {
		return this.handOut.batches();
	}

	async settle(settlements: readonly Settlement[], options: CallOptions): Promise<readonly Outcome<object>[]> {
		return await this.handOut.settle(settlements, async (held) => {
			return await bounded(this.settling.settle(held, options.timeoutMs), options, 'settling');
		});
	}

	async extend(deliveries: readonly Delivery[]): Promise<readonly Outcome<{ readonly leaseUntil: number | null }>[]> {
		// What is held is ours as long as the partition is; nothing runs out.
		return await this.handOut.extend<{ readonly leaseUntil: number | null }>(deliveries, async (held) =>
			held.map(() => ({ ok: true, leaseUntil: null })),
		);
	}

	async pause(): Promise<void> {
		this.handOut.pause();
	}

	async resume(): Promise<void> {
		this.handOut.resume();
	}

	async drain(): Promise<void> {
		for (const delivery of this.handOut.end()) this.handOut.forget(delivery);
		this.fetcher.stop();
		this.keeper.bell.ring();
		this.leaving ??= this.leaveWhenDone();
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.closing ??= this.close();
		await this.closing;
	}

	/** Resolves when it is a member and knows where it stands. */
	private async begin(): Promise<void> {
		this.effective = { ...this.effective, delayedRetryMaxMs: await this.laterCopies.begin() };
		this.work.push(this.membership.run());
		await this.keeper.ready();
		this.work.push(this.fetcher.run(), this.pump());
		this.timer = setInterval(() => void this.lookAround(), LOOK_EVERY_MS);
		this.timer.unref();
	}

	/** Hands out what was fetched, as far as there is room. */
	private async pump(): Promise<void> {
		while (await this.handOut.untilRoom()) {
			const found = this.keeper.take((lane, record) => isMessage(this.reading, lane, record));
			if (found) this.handOut.offer(toDelivery(this.reading, found.place.lane, found.record), found.place);
			else {
				this.fetcher.wake();
				await this.keeper.bell.wait(1000);
			}
		}
	}

	/** What is held of it belongs to another member now. */
	private forget(lane: Lane): void {
		for (const { delivery, native } of this.handOut.held()) if (native.lane === lane) this.handOut.forget(delivery);
	}

	private isWorkedOn(lane: Lane): boolean {
		return this.handOut.held().some(({ native }) => native.lane === lane);
	}

	private fail(error: EventBusError): void {
		this.handOut.fail(error);
		this.fetcher.stop();
		this.keeper.fail(error);
	}

	private async lookAround(): Promise<void> {
		if (this.handOut.isOver) return;
		try {
			if (this.membership.leads && (await this.sharing.hasChanged())) this.membership.rejoin();
			if (Date.now() - this.committedAllAt > COMMIT_AGAIN_EVERY_MS) {
				for (const lane of this.keeper.lanes()) lane.committed = null;
				this.committedAllAt = Date.now();
			}
			await this.committer.commit();
		} catch (error) {
			if (isEventBusError(error) && !error.retryable) this.fail(error);
			else if (!mayPass(error)) this.host.logger.debug(`Looking after ${this.reading.groupId}: ${messageOf(error)}`);
		}
	}

	/** The others shall go on at once with what nobody works on here, and soon with the rest. */
	private async leaveWhenDone(): Promise<void> {
		const late = Date.now() + DRAIN_KEEPS_MS;
		if (this.handOut.held().length > 0) this.membership.drain();
		while (this.handOut.held().length > 0 && Date.now() < late && !this.closing) await sleep(20);
		await this.leave();
	}

	private async leave(): Promise<void> {
		await this.committer.commit().catch(() => undefined);
		await this.membership.leave();
		this.keeper.assign([]);
	}

	private async close(): Promise<void> {
		const { signal } = this.options;
		signal.removeEventListener('abort', this.stop);
		if (this.timer) clearInterval(this.timer);
		await this.drain();
		await Promise.race([this.leaving, sleep(LEAVE_WITHIN_MS, undefined, { ref: false })]);
		this.committer.stop();
		for (const link of Object.values(this.links)) link.destroy();
		this.keeper.fail(new EventBusError('closed', 'The subscription is closed'));
		this.handOut.forgetAll();
		await Promise.all(this.work);
		this.onClose();
		if (this.options.lifetime === 'ephemeral') await this.removeIfLast();
	}

	private async removeIfLast(): Promise<void> {
		const { groupId } = this.reading;
		const link = this.host.newLink();
		try {
			if ((await describeGroup(link, groupId)).length === 0) await this.host.removeGroup(groupId);
		} catch (error) {
			this.host.logger.debug(`The group ${groupId} could not be removed: ${messageOf(error)}`);
		} finally {
			link.destroy();
		}
	}
}

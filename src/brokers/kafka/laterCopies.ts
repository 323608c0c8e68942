/**
 * Putting off: a copy for one group in one of its retry topics, which rest as long as their name says.
 */
import { DELAY_TIERS_MS, delayTier } from '../../broker/delayTiers';
import type { SubscribeOptions, WireMessage } from '../../broker/types';
import type { Logger } from '../../kernel/logger';
import type { KafkaLink } from './client';
import { kafkaError } from './errors';
import { REDRIVE_TIER_MS, retryTopic } from './names';
import { commitAsNobody } from './offsets';
import type { OutgoingRecord } from './protocol';
import { toRecord, tombstone } from './records';
import { retryShape, type Topics } from './topics';

export interface LaterCopiesHost {
	readonly link: KafkaLink;
	readonly topics: Topics;
	readonly logger: Logger;
	/** Resolves when it is stored. */
	readonly store: (topic: string, record: OutgoingRecord, timeoutMs: number) => Promise<unknown>;
	/** There is a topic more to be read. */
	readonly added: () => void;
}

export interface LaterCopiesOptions extends Pick<SubscribeOptions, 'lifetime' | 'provision' | 'retentionMs'> {
	readonly groupId: string;
	/** Whose messages are put off. */
	readonly channelTopic: string;
}

/** The key of a group's trace. */
const TRACE = 'group';
const TRACE_TIMEOUT_MS = 10_000;
const LONGEST_MS = DELAY_TIERS_MS.at(-1) ?? 0;

export class LaterCopies {
	constructor(
		private readonly host: LaterCopiesHost,
		private readonly options: LaterCopiesOptions,
	) {}

	/**
	 * Keeps a copy until it is due.
	 * @throws EventBusError
	 */
	async keep(message: WireMessage, delayMs: number, timeoutMs: number): Promise<void> {
		try {
			const topic = await this.ensure(delayTier(delayMs));
			await this.host.store(topic, toRecord(message, Date.now()), timeoutMs);
		} catch (cause) {
			throw kafkaError(cause, 'storing a message for later');
		}
	}

	/**
	 * Leaves a trace of a durable group, and looks what is possible.
	 * @returns the longest delay that this source and these rights allow, milliseconds; 0: what is put off must be held
	 */
	async begin(): Promise<number> {
		const { lifetime, provision, groupId } = this.options;
		try {
			if (lifetime === 'durable') await this.leaveTrace();
			if (provision === 'create') return LONGEST_MS;
		} catch (cause) {
			const error = kafkaError(cause, 'making the retry topics');
			if (error.code !== 'auth') throw error;
			this.host.logger.warn(`${error.message}. What fails in ${groupId} waits in memory if it has no retry topics`);
		}
		return (await this.areThere()) ? LONGEST_MS : 0;
	}

	/**
	 * Kafka forgets where a group stood that nobody reads for a week (offsets.retention.minutes). What happens then depends
	 * on whether it ever existed, which its redrive topic tells.
	 */
	private async leaveTrace(): Promise<void> {
		const { link, topics, store } = this.host;
		const { groupId } = this.options;
		const topic = retryTopic(groupId, REDRIVE_TIER_MS);
		if (this.options.provision === 'create') await this.ensure(REDRIVE_TIER_MS);
		else if (!(await topics.find(topic))) return;
		if (!(await topics.isUnused(topic))) return;
		await store(topic, tombstone(TRACE, Date.now()), TRACE_TIMEOUT_MS);
		// It is nothing that waits for the group. Whoever reads meanwhile sees that by itself.
		const behind = { topic, partition: 0, offset: 1, metadata: '' };
		await commitAsNobody(link, groupId, [behind]);
	}

	/** Made with the first message that needs it; then somebody must read it. */
	private async ensure(tierMs: number): Promise<string> {
		const { topics, added } = this.host;
		const { groupId, channelTopic, retentionMs } = this.options;
		const topic = retryTopic(groupId, tierMs);
		if (!(await topics.find(topic))) {
			await topics.create(topic, await topics.roomFor(channelTopic, retryShape(retentionMs)));
			added();
		}
		return topic;
	}

	private async areThere(): Promise<boolean> {
		const { groupId } = this.options;
		const tiers = DELAY_TIERS_MS.map((tierMs) => retryTopic(groupId, tierMs));
		const found = await Promise.all(tiers.map(async (topic) => await this.host.topics.find(topic)));
		return found.every((leaders) => leaders !== null);
	}
}

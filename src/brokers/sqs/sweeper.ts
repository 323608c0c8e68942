/**
 * Removes ephemeral groups whose only member is gone: SQS has no queue that goes with its reader.
 */
import type { CallOptions } from '../../broker/types';
import { isEventBusError, messageOf } from '../../kernel/errors';
import type { Logger } from '../../kernel/logger';
import { EPHEMERAL_PREFIX } from './names';
import type { Queue } from './queues';
import type { Sources } from './sources';
import { readFacts, readMembers, type Tags } from './tags';
import { topicOf } from './topics';

const EVERY_MS = 5 * 60_000;
const SWEEP_MS = 60_000;

export class Sweeper {
	private timer: NodeJS.Timeout | null = null;

	constructor(
		private readonly sources: Sources,
		private readonly logger: Logger,
	) {}

	/** From now on, now and then. Once is enough. */
	start(): void {
		if (this.timer) return;
		this.timer = setInterval(() => void this.sweep(), EVERY_MS);
		this.timer.unref();
		void this.sweep();
	}

	stop(): void {
		if (this.timer) clearInterval(this.timer);
	}

	/** Whether the queue is gone now. */
	async removeIfLeft(queue: Queue, tags: Tags, options: CallOptions): Promise<boolean> {
		const facts = readFacts(tags);
		if (facts?.lifetime !== 'ephemeral' || readMembers(tags).some(({ until }) => until > Date.now())) return false;
		const { topics } = this.sources;
		if (facts.topic !== '') await topics.unsubscribe(topicOf(facts.topic), queue.arn, options);
		await this.sources.queues.remove(queue, options);
		return true;
	}

	private async sweep(): Promise<void> {
		const call = { signal: new AbortController().signal, timeoutMs: SWEEP_MS };
		try {
			for (const name of await this.sources.queues.list(EPHEMERAL_PREFIX, call)) {
				const queue = await this.sources.queues.find(name, call);
				if (queue) await this.removeIfLeft(queue, await this.sources.queues.tags(queue, call), call);
			}
		} catch (error) {
			const isRight = isEventBusError(error) && error.code === 'auth';
			this.logger.debug(
				`Groups of test runs that were left behind stay${isRight ? '' : ' for now'}: ${messageOf(error)}`,
			);
		}
	}
}

/**
 * Publishing to every kind of address.
 */
import type { Address, CallOptions, Outcome, PublishOptions, Stored, WireMessage } from '../../broker/types';
import { EventBusError, isEventBusError } from '../../kernel/errors';
import type { Logger } from '../../kernel/logger';
import type { AwsLink } from './client';
import { sendToQueue, sendToTopic, type Sending, type Sent } from './sending';
import { isMissing, isQueue, type Sources } from './sources';
import type { Queue } from './queues';
import type { Topic } from './topics';

export class Publishing {
	constructor(
		private readonly link: AwsLink,
		private readonly sources: Sources,
		private readonly logger: Logger,
	) {}

	async publish(
		to: Address,
		messages: readonly WireMessage[],
		options: PublishOptions,
	): Promise<readonly Outcome<Stored>[]> {
		try {
			return await this.publishOnce(to, messages, options);
		} catch (error) {
			if (!isMissing(error) || options.provision !== 'create' || !(await this.forget(to, options))) throw error;
			// It was removed since we last saw it.
			return await this.publishOnce(to, messages, options);
		}
	}

	private async publishOnce(
		to: Address,
		messages: readonly WireMessage[],
		options: PublishOptions,
	): Promise<readonly Outcome<Stored>[]> {
		switch (to.kind) {
			case 'channel':
				return await this.toTopic(await this.channelTopic(to.channel, options), messages, options);
			case 'existing': {
				const target = await this.sources.existing(to.name, options);
				return isQueue(target)
					? await this.toQueue(target, messages, options)
					: await this.toTopic(target, messages, options);
			}
			case 'group':
				return await this.toQueue(await this.sources.groupQueue(to, options), messages, options);
			case 'dead-letters':
				return await this.toDeadLetters(to, messages, options);
		}
	}

	private async channelTopic(channel: string, options: PublishOptions): Promise<Topic> {
		return await this.sources.channelTopic(channel, options.provision, options);
	}

	private async toQueue(
		queue: Queue,
		messages: readonly WireMessage[],
		options: CallOptions,
	): Promise<readonly Outcome<Stored>[]> {
		const sendings = messages.map((message) => ({ message }));
		return stored(await sendToQueue(this.link, queue, sendings, options), 'yes');
	}

	private async toTopic(
		topic: Topic,
		messages: readonly WireMessage[],
		options: CallOptions,
	): Promise<readonly Outcome<Stored>[]> {
		const sendings = messages.map((message) => ({ message }));
		const sent = await sendToTopic(this.link, topic, sendings, options);
		const isHeard = sent.some(({ ok }) => ok) ? await this.sources.topics.hasListeners(topic, options) : null;
		// Who listens may filter.
		return stored(sent, isHeard === false ? 'no' : 'unknown');
	}

	/** Into the queue of the group, and to those who listen to dead letters, if any. */
	private async toDeadLetters(
		to: Extract<Address, { kind: 'dead-letters' }>,
		messages: readonly WireMessage[],
		options: PublishOptions,
	): Promise<readonly Outcome<Stored>[]> {
		const { of, group } = to;
		if (group === null) throw new EventBusError('bug', 'Dead letters belong to a group');
		const queue = await this.sources.deadLetterQueue(of, group, options.provision, options);
		const sendings = messages.map((message) => ({ message, isAlone: true }));
		const shown = await this.show(this.sources.listenersTopic(of, queue), sendings, group, options);
		const kept = await sendToQueue(this.link, queue, sendings, options);
		const outcomes = kept.map((outcome, index) => {
			const refused = shown?.[index];
			return outcome.ok && refused?.ok === false ? refused : outcome;
		});
		return stored(outcomes, 'yes');
	}

	/** null: nobody listens. */
	private async show(
		topic: Topic,
		sendings: readonly Sending[],
		group: string,
		options: CallOptions,
	): Promise<readonly Sent[] | null> {
		const shown = sendings.map((sending) => ({ ...sending, listenersGroup: group }));
		try {
			return await sendToTopic(this.link, topic, shown, options);
		} catch (error) {
			if (isMissing(error)) return null;
			if (!isEventBusError(error) || error.code !== 'auth') throw error;
			// Without the right AWS does not say whether there is one.
			this.logger.debug(`Whether anybody listens to dead letters may not be known: ${error.message}`);
			return null;
		}
	}

	/** Whether anything was remembered. */
	private async forget(to: Address, options: CallOptions): Promise<boolean> {
		const { topics, queues } = this.sources;
		if (to.kind === 'channel') {
			const topic = await topics.find(this.sources.topicNameOf(to.channel), options).catch(() => null);
			if (topic) topics.forget(topic);
			return topic !== null;
		}
		if (to.kind !== 'dead-letters' || to.group === null) return false;
		queues.forget(await this.sources.deadLetterQueue(to.of, to.group, 'verify', options));
		return true;
	}
}

function stored(sent: readonly Sent[], matched: Stored['matched']): readonly Outcome<Stored>[] {
	return sent.map((outcome) => (outcome.ok ? { ok: true, cursor: outcome.messageId, matched } : outcome));
}

/**
 * Publishing to every kind of address.
 */
import type { Address, Outcome, PublishOptions, Stored, WireMessage } from '../../broker/types';
import { isEventBusError } from '../../kernel/errors';
import { listenersTopic, type Topic } from './names';
import type { Producers, Sent } from './producers';
import type { Sources } from './sources';

export class Publishing {
	constructor(
		private readonly producers: Producers,
		private readonly sources: Sources,
	) {}

	async publish(
		to: Address,
		messages: readonly WireMessage[],
		options: PublishOptions,
	): Promise<readonly Outcome<Stored>[]> {
		try {
			return await this.publishOnce(to, messages, options);
		} catch (error) {
			if (!isEventBusError(error) || error.code !== 'not-found' || options.provision !== 'create') throw error;
			// It was removed since we last saw it.
			return await this.publishOnce(to, messages, options);
		}
	}

	private async publishOnce(
		to: Address,
		messages: readonly WireMessage[],
		options: PublishOptions,
	): Promise<readonly Outcome<Stored>[]> {
		const topic = await this.sources.target(to, options);
		const sent = await this.send(topic, messages, options);
		// Whoever hears of a dead letter may look for it at once.
		const shown = to.kind === 'dead-letters' ? await this.show(to, messages, options) : null;
		const matched = await this.matched(to, topic, sent, options);
		return sent.map((outcome, index) => {
			const refused = shown?.[index];
			if (outcome.ok && refused?.ok === false) return refused;
			return outcome.ok ? { ok: true, cursor: outcome.cursor, matched } : outcome;
		});
	}

	/** To those who listen to dead letters. null: nobody does */
	private async show(
		{ of }: Extract<Address, { kind: 'dead-letters' }>,
		messages: readonly WireMessage[],
		options: PublishOptions,
	): Promise<readonly Sent[] | null> {
		const listeners = listenersTopic(this.sources.topicOf(of));
		const isHeard = await this.sources.isHeard(listeners, options);
		return isHeard === true ? await this.send(listeners, messages, options) : null;
	}

	private async matched(
		to: Address,
		topic: Topic,
		sent: readonly Sent[],
		options: PublishOptions,
	): Promise<Stored['matched']> {
		if (to.kind === 'group' || to.kind === 'dead-letters') return 'yes';
		if (!sent.some(({ ok }) => ok)) return 'unknown';
		// Whoever reads may want other types.
		const isHeard = await this.sources.isHeard(topic, options).catch(() => null);
		return isHeard === false ? 'no' : 'unknown';
	}

	private async send(
		topic: Topic,
		messages: readonly WireMessage[],
		options: PublishOptions,
	): Promise<readonly Sent[]> {
		try {
			const sendings = messages.map((message) => ({ message }));
			return await this.producers.send(topic, sendings, options);
		} catch (error) {
			this.sources.forget(topic);
			throw error;
		}
	}
}

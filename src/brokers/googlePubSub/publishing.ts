/**
 * Publishing to every kind of address.
 */
import type { Address, CallOptions, Outcome, PublishOptions, Stored, WireMessage } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';
import type { PubSubLink } from './client';
import { isMissing } from './errors';
import { sendToTopic, type Sending, type Sent } from './sending';
import type { Sources } from './sources';

/** Known to have listeners, this is believed for so long, milliseconds. */
const BELIEVED_MS = 30_000;

interface Target {
	readonly topic: string;
	readonly how: Omit<Sending, 'message'>;
	/** null: it depends on who listens. */
	readonly matched: 'yes' | null;
}

export class Publishing {
	private readonly heard = new Map<string, number>();

	constructor(
		private readonly link: PubSubLink,
		private readonly sources: Sources,
	) {}

	async publish(
		to: Address,
		messages: readonly WireMessage[],
		options: PublishOptions,
	): Promise<readonly Outcome<Stored>[]> {
		const outcomes = await this.publishOnce(to, messages, options);
		const isGone = outcomes.every((outcome) => !outcome.ok && isMissing(outcome.error));
		if (!isGone || options.provision !== 'create' || messages.length === 0) return outcomes;
		// It was removed since we last saw it.
		this.sources.forget();
		this.sources.resources.forgetTopic((await this.targetOf(to, { ...options, provision: 'off' })).topic);
		return await this.publishOnce(to, messages, options);
	}

	private async publishOnce(
		to: Address,
		messages: readonly WireMessage[],
		options: PublishOptions,
	): Promise<readonly Outcome<Stored>[]> {
		const { topic, how, matched } = await this.targetOf(to, options);
		const sendings = messages.map((message) => ({ message, ...how }));
		const sent = await sendToTopic(this.link, topic, sendings, options);
		if (matched !== null || !sent.some(({ ok }) => ok)) return stored(sent, matched ?? 'unknown');
		// Who listens may filter.
		return stored(sent, (await this.hasListeners(topic, options)) === false ? 'no' : 'unknown');
	}

	private async targetOf(to: Address, options: PublishOptions): Promise<Target> {
		switch (to.kind) {
			case 'channel':
				return {
					topic: await this.sources.channelTopic(to.channel, options.provision, options),
					how: {},
					matched: null,
				};
			case 'existing':
				return { topic: this.sources.topicOf(to), how: {}, matched: null };
			case 'group':
				return { topic: await this.sources.groupTopic(to, options), how: {}, matched: 'yes' };
			case 'dead-letters': {
				const { of, group } = to;
				if (group === null) throw new EventBusError('bug', 'Dead letters belong to a group');
				const topic = await this.sources.ensureDeadLetters(of, group, options.provision, options);
				return { topic, how: { group, isAlone: true }, matched: 'yes' };
			}
		}
	}

	/** Google keeps nothing that nobody is subscribed to. @returns null: that may not be looked at */
	private async hasListeners(topic: string, options: CallOptions): Promise<boolean | null> {
		if ((this.heard.get(topic) ?? 0) > Date.now() - BELIEVED_MS) return true;
		try {
			const listeners = await this.sources.resources.subscriptionsOf(topic, options);
			if (listeners.length === 0) return false;
		} catch {
			return null;
		}
		this.heard.set(topic, Date.now());
		return true;
	}
}

function stored(sent: readonly Sent[], matched: Stored['matched']): readonly Outcome<Stored>[] {
	return sent.map((outcome) => (outcome.ok ? { ok: true, cursor: outcome.messageId, matched } : outcome));
}

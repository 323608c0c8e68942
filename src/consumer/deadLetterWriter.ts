/**
 * Puts events into the dead letters: published and confirmed with the whole story first, then acknowledged.
 */
import { backoffDelay, RECONNECT_BACKOFF } from '../kernel/backoff';
import { messageOf } from '../kernel/errors';
import { toDeadLetter, type DeadLetterFacts } from './deadLetterMessage';
import type { FailureHistory } from './inbox';
import type { Session } from './session';
import type { ConsumerHost, ConsumerSettings, DeadLetterReason, RunFailure } from './types';
import { deliveryInfo, type GivenUp, type Work } from './work';

export interface DeadLetter {
	readonly work: Work;
	readonly reason: DeadLetterReason;
	readonly error: string;
	readonly history: FailureHistory;
	readonly run?: RunFailure;
}

/** Why it is given up. */
type Story = Pick<DeadLetterFacts, 'reason' | 'error' | 'history' | 'run'>;

export class DeadLetterWriter {
	constructor(
		private readonly settings: ConsumerSettings,
		private readonly host: ConsumerHost,
	) {}

	/**
	 * @param beforeAck runs once the dead letter is stored, before the original is let go
	 * @returns false when the session ended first: the original is delivered again
	 */
	async write(letter: DeadLetter, beforeAck?: () => Promise<void>): Promise<boolean> {
		const { work, ...story } = letter;
		return await this.store(work, story, beforeAck);
	}

	/** Bytes that are no event, or an event that is not what the schema asks for: kept as it is, or discarded, as *Bad Payload* says. */
	async writeBadPayload(of: GivenUp, { reason, error }: Pick<DeadLetter, 'reason' | 'error'>): Promise<void> {
		const story = { reason, error, history: of.history };
		if (this.settings.badPayload !== 'discard') {
			await this.store(of, story);
			return;
		}
		await of.session.settle({ delivery: of.delivery, as: 'ack' });
		this.host.logger.warn(`Event ${eventIdOf(of)} is discarded by ${this.settings.group} (${reason}): ${error}`);
		this.observe('discarded', of, story);
	}

	private async store(of: GivenUp, story: Story, beforeAck?: () => Promise<void>): Promise<boolean> {
		const { settings, host } = this;
		const { from, group } = settings;
		const { session, delivery } = of;
		const eventId = eventIdOf(of);
		// A dead letter that a listener cannot process stays where it is: reading it did not remove it.
		const kept = settings.deadLetter && from.kind !== 'dead-letters';
		if (kept) {
			const at = host.clock.now();
			const id = of.event?.event_id ?? null;
			const facts = { ...story, eventId: id, source: from, group, at, position: delivery.cursor };
			if (!(await this.publish(session, toDeadLetter(delivery.message, facts), from))) return false;
			host.logger.warn(`Event ${eventId} went to the dead letters of ${group} (${story.reason}): ${story.error}`);
		} else {
			host.logger.error(`Event ${eventId} is given up by ${group} (${story.reason}): ${story.error}`);
		}
		await beforeAck?.();
		await session.settle({ delivery, as: 'ack' });
		this.observe(kept ? 'dead-letter' : 'discarded', of, story);
		return true;
	}

	private observe(kind: 'dead-letter' | 'discarded', of: GivenUp, { reason, error, run = {} }: Story): void {
		const { settings, host } = this;
		const delivery = deliveryInfo(of, settings, host);
		const about = { at: host.clock.now(), eventId: eventIdOf(of), event: of.event, delivery };
		host.observe({ kind, ...about, reason, error, run });
	}

	/** Until it is stored or the session ends: an event is never let go before. */
	private async publish(
		session: Session,
		message: ReturnType<typeof toDeadLetter>,
		of: DeadLetterFacts['source'],
	): Promise<boolean> {
		const { host, settings } = this;
		const to = { kind: 'dead-letters', of, group: settings.group } as const;
		for (let failures = 1; !session.over.aborted; failures += 1) {
			try {
				const options = { ...session.call(), provision: settings.provision };
				const [outcome] = await session.connection.publish(to, [message], options);
				if (outcome?.ok) return true;
				throw outcome?.error ?? new Error('The broker gave no outcome');
			} catch (error) {
				host.logger.warn(`A dead letter could not be stored and is tried again: ${messageOf(error)}`);
				const waitMs = backoffDelay(RECONNECT_BACKOFF, failures, host.random());
				await host.clock.sleep(waitMs, session.over).catch(() => undefined);
			}
		}
		return false;
	}
}

function eventIdOf({ event, delivery }: GivenUp): string {
	return event?.event_id ?? delivery.message.id;
}

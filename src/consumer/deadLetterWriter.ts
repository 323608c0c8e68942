/**
 * Puts events into the dead letters: published and confirmed with the whole story first, then acknowledged.
 */
import type { Delivery } from '../broker/types';
import { backoffDelay, RECONNECT_BACKOFF } from '../kernel/backoff';
import { messageOf } from '../kernel/errors';
import { failureHistoryOf } from './bookkeeping';
import { toDeadLetter, type DeadLetterFacts } from './deadLetterMessage';
import type { FailureHistory } from './inbox';
import type { Session } from './session';
import type { ConsumerHost, ConsumerSettings, DeadLetterReason, RunFailure } from './types';
import type { Work } from './work';

export interface DeadLetter {
	readonly work: Work;
	readonly reason: DeadLetterReason;
	readonly error: string;
	readonly history: FailureHistory;
	readonly run?: RunFailure;
}

/** Bytes that are no event, which then have no id, or an event that is not what the schema asks for. */
export type BadPayload = Pick<DeadLetterFacts, 'reason' | 'error' | 'eventId'>;

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
		const { work, reason, error, history, run } = letter;
		const { delivery, session } = work;
		const eventId = work.event.event_id;
		return await this.store(session, delivery, { reason, error, history, eventId, ...(run && { run }) }, beforeAck);
	}

	/** Kept as it is, or discarded, as *Bad Payload* says. */
	async writeBadPayload(session: Session, delivery: Delivery, bad: BadPayload): Promise<void> {
		if (this.settings.badPayload === 'discard') {
			const eventId = bad.eventId ?? delivery.message.id;
			await session.settle({ delivery, as: 'ack' });
			this.host.logger.warn(`Event ${eventId} is discarded by ${this.settings.group} (${bad.reason}): ${bad.error}`);
			this.host.observe({ kind: 'discarded', eventId, error: bad.error });
			return;
		}
		await this.store(session, delivery, { ...bad, history: failureHistoryOf(delivery.message) });
	}

	private async store(
		session: Session,
		delivery: Delivery,
		story: Pick<DeadLetterFacts, 'reason' | 'error' | 'history' | 'run' | 'eventId'>,
		beforeAck?: () => Promise<void>,
	): Promise<boolean> {
		const { settings, host } = this;
		const { from, group } = settings;
		const eventId = story.eventId ?? delivery.message.id;
		// A dead letter that a listener cannot process stays where it is: reading it did not remove it.
		const kept = settings.deadLetter && from.kind !== 'dead-letters';
		if (kept) {
			const facts = { ...story, source: from, group, at: host.clock.now(), position: delivery.cursor };
			if (!(await this.publish(session, toDeadLetter(delivery.message, facts), from))) return false;
			host.logger.warn(`Event ${eventId} went to the dead letters of ${group} (${story.reason}): ${story.error}`);
		} else {
			host.logger.error(`Event ${eventId} is given up by ${group} (${story.reason}): ${story.error}`);
		}
		await beforeAck?.();
		await session.settle({ delivery, as: 'ack' });
		host.observe(
			kept
				? { kind: 'dead-letter', eventId, reason: story.reason, error: story.error }
				: { kind: 'discarded', eventId, error: story.error },
		);
		return true;
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

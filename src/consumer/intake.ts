/**
 * From a delivery to work: decoding, identity, and everything that is decided before a run.
 */
import type { Delivery } from '../broker/types';
import { decodeMessage } from '../event/codec';
import type { EventEnvelope } from '../event/envelope';
import { matcherOf } from '../event/typePattern';
import { failureHistoryOf, redrivesOf } from './bookkeeping';
import { readDeadLetter } from './deadLetterMessage';
import { gate, type Gate } from './gate';
import type { Session } from './session';
import type { ConsumerHost, ConsumerSettings, DeadLetterReason } from './types';
import { channelOf, type Work } from './work';

export type Admission =
	| { readonly work: Work; readonly gate: Gate }
	/** Bytes that are no event. */
	| { readonly work: null; readonly reason: DeadLetterReason; readonly error: string };

export class Intake {
	private readonly matches: (type: string, version: string) => boolean;

	constructor(
		private readonly settings: ConsumerSettings,
		private readonly host: ConsumerHost,
	) {
		this.matches = matcherOf(settings.types);
	}

	admit(session: Session, delivery: Delivery): Admission {
		const { settings, host } = this;
		const now = host.clock.now();
		const channel = channelOf(settings);
		const decoded = decodeMessage(delivery.message, {
			broker: host.broker,
			channel,
			cursor: delivery.cursor,
			receivedAt: now,
		});
		const listensToDeadLetters = settings.from.kind === 'dead-letters';
		if (!decoded.ok && !listensToDeadLetters) return { work: null, reason: decoded.reason, error: decoded.error };

		const event = decoded.ok ? decoded.event : unreadableEvent(delivery, channel, now);
		const redrives = redrivesOf(delivery.message);
		const deadLetter = listensToDeadLetters
			? readDeadLetter(delivery.cursor, delivery.message, { channel, group: '' })
			: null;
		const work: Work = {
			delivery,
			session,
			event,
			redrives,
			deadLetter,
			inboxKey: inboxKey([
				host.broker,
				channel,
				settings.group,
				session.subscription.generation,
				deadLetter ? `dead:${deadLetter.id}` : redrives,
				event.source,
				event.event_id,
			]),
			receivedAt: now,
			history: failureHistoryOf(delivery.message),
		};
		// A dead letter is shown whatever it is: it has been judged already.
		if (deadLetter) {
			const wanted = !decoded.ok || this.matches(event.event_type, event.event_version);
			return { work, gate: wanted ? { open: true } : { open: false, as: 'filtered' } };
		}
		return {
			work,
			gate: gate({ event, delivery, carried: work.history, settings, matches: this.matches, now }),
		};
	}
}

/** Parts are escaped, so that no two identities run together. */
function inboxKey(parts: readonly (string | number)[]): string {
	return parts.map((part) => encodeURIComponent(part)).join('/');
}

/** What a listener to dead letters sees of bytes that never were an event. */
function unreadableEvent(delivery: Delivery, channel: string, now: number): EventEnvelope {
	const at = new Date(now).toISOString();
	return {
		event_id: delivery.message.id,
		event_type: delivery.message.type || 'unreadable.message',
		event_version: '1.0',
		occurred_at: at,
		source: `unknown/${channel}`,
		payload: { data_base64: Buffer.from(delivery.message.body).toString('base64') },
		metadata: { correlation_id: delivery.message.id, hops: 0, timestamp: at },
	};
}

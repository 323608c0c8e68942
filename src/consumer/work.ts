/**
 * One delivery on its way from intake to settlement.
 */
import type { Delivery } from '../broker/types';
import type { EventEnvelope } from '../event/envelope';
import { failureHistoryOf, redrivesOf } from './bookkeeping';
import type { FailureHistory } from './inbox';
import type { Session } from './session';
import type { ConsumerHost, ConsumerSettings, DeadLetterInfo, DeliveryInfo, ReceivedEvent } from './types';

export interface Work {
	readonly delivery: Delivery;
	/** Where it came from; settled there or nowhere. */
	readonly session: Session;
	readonly event: EventEnvelope;
	/** How often it was redriven. */
	readonly redrives: number;
	/** Present when dead letters are listened to. */
	readonly deadLetter: DeadLetterInfo | null;
	/** Identity in the inbox: the same for every delivery of one event to one group. */
	readonly inboxKey: string;
	/** Milliseconds since the epoch. */
	readonly receivedAt: number;
	/** Failed runs so far, as far as known. */
	readonly history: FailureHistory;
}

/** A delivery that is given up: work, or bytes that are no event. */
export type GivenUp = Omit<Work, 'event' | 'deadLetter' | 'inboxKey'> & { readonly event: EventEnvelope | null };

export function undecoded(session: Session, delivery: Delivery, receivedAt: number): GivenUp {
	const { message } = delivery;
	const history = failureHistoryOf(message);
	return { delivery, session, event: null, redrives: redrivesOf(message), receivedAt, history };
}

/** The work as the handler sees it. */
export function receivedEvent(work: Work, settings: ConsumerSettings, host: ConsumerHost): ReceivedEvent {
	const { event, deadLetter, delivery } = work;
	return {
		event,
		delivery: deliveryInfo(work, settings, host),
		...(deadLetter === null ? {} : { deadLetter }),
		...(delivery.stored === undefined ? {} : { stored: delivery.stored }),
	};
}

export function deliveryInfo(work: GivenUp, settings: ConsumerSettings, host: ConsumerHost): DeliveryInfo {
	return {
		broker: host.broker,
		channel: channelOf(settings),
		group: settings.group,
		attempt: work.history.failures + 1,
		max_attempts: settings.retry.maxAttempts,
		position: work.delivery.cursor,
		received_at: new Date(work.receivedAt).toISOString(),
		redrives: work.redrives,
	};
}

/** The channel, or the existing queue or topic, that is read. */
export function channelOf({ from }: Pick<ConsumerSettings, 'from'>): string {
	const source = from.kind === 'dead-letters' ? from.of : from;
	return source.kind === 'channel' ? source.channel : source.name;
}

/**
 * One delivery on its way from intake to settlement.
 */
import type { Delivery } from '../broker/types';
import type { EventEnvelope } from '../event/envelope';
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

export function deliveryInfo(work: Work, settings: ConsumerSettings, host: ConsumerHost): DeliveryInfo {
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

/**
 * What a settlement changes in the store, besides the position of the reader.
 */
import type { HeldSettlement } from '../../broker/handOut';
import type { Change } from '../sql/commands';
import { packKept } from './message';

/** What a delivery is: an event of the log, or something that was parked. */
export type Native =
	{ readonly kind: 'event'; readonly position: number } | { readonly kind: 'parked'; readonly id: number };

/**
 * A delivery that is to come again is parked, so that the position of the log can go on.
 * @param now milliseconds since the epoch
 */
export function changesOf(settlement: HeldSettlement<Native>, subscription: string, now: number): readonly Change[] {
	const { native, delivery } = settlement;
	if (settlement.as === 'release') return [];
	if (settlement.as === 'ack') {
		return native.kind === 'event' ? [] : [{ do: 'removeParked', args: { ids: [native.id] } }];
	}
	const { message, cursor, lane, stored } = delivery;
	const headers = { ...message.headers, ...settlement.headers };
	const kept = packKept({ message: { ...message, headers }, cursor, ...(stored === undefined ? {} : { stored }) });
	const dueAt = now + settlement.delayMs;
	if (native.kind === 'parked') return [{ do: 'repark', args: { id: native.id, message: kept, dueAt } }];
	return [{ do: 'park', args: { subscription, state: 'due', entries: [{ lane, message: kept, dueAt }] } }];
}

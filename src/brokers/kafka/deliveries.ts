/**
 * From a record of a partition to a delivery: where it is, whose key counts, and what is nobody's business.
 */
import type { Delivery } from '../../broker/types';
import type { Lane } from './lane';
import { groupOfDeadLetters, type Reading } from './names';
import type { IncomingRecord } from './protocol';
import { toMessage } from './records';

/** False for what is only a sign: a dead letter that was removed, and the trace of a group. */
export function isMessage(reading: Reading, { tierMs }: Pick<Lane, 'tierMs'>, { value }: IncomingRecord): boolean {
	return value !== null || !(reading.isDeadLetters || tierMs !== null);
}

export function toDelivery(reading: Reading, lane: Lane, record: IncomingRecord): Delivery {
	const { topic, partition, tierMs } = lane;
	const hasOwnKey = tierMs === null && !reading.isDeadLetters;
	const message = toMessage(record, `${topic}:${partition}:${record.offset}`, hasOwnKey);
	const cursor = cursorOf(reading, lane, record);
	return { message, receives: 1, lane: message.orderingKey ?? '', cursor, leaseUntil: null };
}

/** Of a dead letter its id; of a copy for later something that no start takes. */
function cursorOf(reading: Reading, { topic, partition, tierMs }: Lane, { offset, key }: IncomingRecord): string {
	if (tierMs !== null) return `retry.${tierMs}:${partition}:${offset}`;
	if (!reading.isDeadLetters) return `${partition}:${offset}`;
	const id = key?.toString() ?? `${partition}:${offset}`;
	return reading.topics ? id : `${groupOfDeadLetters(reading.channelTopic, topic) ?? ''}/${id}`;
}

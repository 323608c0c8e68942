/**
 * Stored events as n8n items: the event's fields at the top level, and its place in the store beside them.
 */
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import type { EventEnvelope } from '../../src/event/envelope';
import type { Place, StoredEvent } from '../../src/store/types';
import { toData } from './items';

export function storedItem(stored: StoredEvent, itemIndex: number): INodeExecutionData {
	const { stream, version, position, recordedAt, event } = stored;
	return {
		json: toData({ ...event, stored: { stream, version, position, recorded_at: isoTime(recordedAt) } }),
		pairedItem: { item: itemIndex },
	};
}

export interface Appended {
	readonly event: EventEnvelope;
	readonly stream: string;
	readonly place: Place;
	/** What else is said of it, beside `stored`. */
	readonly beside: IDataObject;
}

export function appendedItem({ event, stream, place, beside }: Appended, itemIndex: number): INodeExecutionData {
	const { version, position, isNew } = place;
	return {
		json: toData({ ...event, stored: { stream, version, position, is_new: isNew }, ...beside }),
		pairedItem: { item: itemIndex },
	};
}

/** @param time milliseconds since the epoch */
export function isoTime(time: number): string {
	return new Date(time).toISOString();
}

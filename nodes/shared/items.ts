/**
 * Events as n8n items, and items as events.
 *
 * The envelope's fields stand at the top level, so that `{{ $json.payload.order_id }}` works; what is not part of the
 * event stands beside them as `delivery`, `dead_letter` or `published`.
 */
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import type { Stored } from '../../src/broker/types';
import type { DeadLetterItem } from '../../src/consumer/deadLetters';
import type { DeadLetterInfo, ReceivedEvent } from '../../src/consumer/types';
import type { EventEnvelope, Json } from '../../src/event/envelope';

/** What our nodes put beside the event, and what therefore never is a part of it. */
const BESIDE = ['delivery', 'dead_letter', 'published', 'stored'] as const;

/**
 * Where an item with the payload only keeps its event: beside `json`, so that a person does not see it and the next
 * Event Bus node still finds the cause.
 */
const HIDDEN = 'eventBus';

export function receivedItem(received: ReceivedEvent, output: 'event' | 'payload'): INodeExecutionData {
	const { event, delivery, deadLetter, stored } = received;
	const json = {
		...event,
		delivery,
		...(deadLetter ? { dead_letter: deadLetter } : {}),
		...(stored ? { stored } : {}),
	};
	if (output === 'event') return { json: toData(json) };
	return { json: payloadData(event.payload), [HIDDEN]: toData({ ...json, payload: null }) };
}

export interface Published extends Stored {
	readonly broker: string;
	readonly channel: string;
}

export function publishedItem(event: EventEnvelope, published: Published, itemIndex: number): INodeExecutionData {
	const { broker, channel, cursor, matched } = published;
	return {
		json: toData({ ...event, published: { broker, channel, position: cursor, matched } }),
		pairedItem: { item: itemIndex },
	};
}

export function eventItem(event: EventEnvelope, itemIndex: number): INodeExecutionData {
	return { json: toData(event), pairedItem: { item: itemIndex } };
}

/** Bytes that are no event have `raw` (base64) in place of an event. */
export function deadLetterItem(letter: DeadLetterItem, itemIndex: number): INodeExecutionData {
	const { event, raw, deadLetter } = letter;
	const dead_letter: DeadLetterInfo = deadLetter;
	return {
		json: toData(event === null ? { raw, dead_letter } : { ...event, dead_letter }),
		pairedItem: { item: itemIndex },
	};
}

/** The event an item is, without what stands beside it; null when it is none. */
export function eventOf(json: unknown): EventEnvelope | null {
	if (!isObject(json)) return null;
	const { event_id, event_type, metadata } = json;
	if (typeof event_id !== 'string' || typeof event_type !== 'string' || !isObject(metadata)) return null;
	const event = { ...json };
	for (const name of BESIDE) delete event[name];
	return event as unknown as EventEnvelope;
}

/**
 * The event that was delivered as this item: one that has `delivery`. What a publish returned is none, whatever it
 * copied: it is an effect, and two effects in a row have the same cause.
 *
 * @param item what n8n gives for an item: the item, or with binary mode *combined* its JSON alone
 */
export function deliveredEventOf(item: unknown): EventEnvelope | null {
	if (!isObject(item)) return null;
	const candidates = [item.json, item[HIDDEN], item];
	const delivered = candidates.find((json) => isObject(json) && isObject(json.delivery) && !('published' in json));
	return eventOf(delivered);
}

/** A payload that is not an object (a list, a number) cannot be the JSON of an item by itself. */
function payloadData(payload: Json): IDataObject {
	return isObject(payload) ? toData(payload) : toData({ payload });
}

/** n8n's own type of JSON; the value is ours and is JSON already. */
export function toData(value: object): IDataObject {
	return value as IDataObject;
}

export function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * What the panels ask of a new event, the same in every node that makes one.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import type { Json } from '../../src/event/envelope';
import type { PayloadCheck } from '../../src/event/payloadSchema';
import { checkEventType } from '../../src/event/typePattern';
import { EventBusError } from '../../src/kernel/errors';
import { eventOf } from './items';
import { type JsonLabel, parsedJson } from './jsonParameter';
import { choice, collection, number, present, requiredText, text, time } from './parameters';
import { payloadCheckOf } from './payloadCheck';

export type EventSettingsContext = Pick<IExecuteFunctions, 'getNodeParameter' | 'getTimezone'>;

const SECOND_MS = 1000;

/** What the user gave of an event; what is absent follows from the cause or is new. */
export interface EventSettings {
	readonly type: string;
	readonly payload: Json;
	/** null: the payload may be anything. */
	readonly payloadCheck: PayloadCheck | null;
	readonly version?: string;
	readonly source?: string;
	readonly subject?: string;
	readonly orderingKey?: string;
	readonly eventId?: string;
	readonly correlationId?: string;
	readonly dataSchema?: string;
	/** Milliseconds since the epoch. */
	readonly occurredAt?: number;
	/** Milliseconds since the epoch. */
	readonly expiresAt?: number;
}

/**
 * @param now milliseconds since the epoch
 * @param defaultType for a reply, whose type may be left open
 * @throws EventBusError `settings`
 */
export function readEvent(
	context: EventSettingsContext,
	item: INodeExecutionData,
	itemIndex: number,
	now: number,
	defaultType = '',
): EventSettings {
	const read = (name: string, otherwise: string): unknown => context.getNodeParameter(name, itemIndex, otherwise);
	const options = collection(context.getNodeParameter('options', itemIndex, {}));
	const expiresAfter = number('Expires After', options.expiresAfter) ?? 0;
	return {
		type: eventTypeOf(read('eventType', '') || defaultType),
		payload: contentOf(PAYLOAD, read('payloadSource', 'inputItem'), () => read('payload', '{}'), item),
		payloadCheck: payloadCheckOf('Payload Schema', options, 'payloadSchema'),
		...present('version', text(options.eventVersion)),
		...present('source', text(options.source)),
		...present('subject', text(options.subject)),
		...present('orderingKey', text(options.orderingKey)),
		...present('eventId', text(options.eventId)),
		...present('correlationId', text(options.correlationId)),
		...present('dataSchema', text(options.dataSchema)),
		...present('occurredAt', time('Occurred At', options.occurredAt, context.getTimezone())),
		...present('expiresAt', expiresAfter > 0 ? now + expiresAfter * SECOND_MS : undefined),
	};
}

const PAYLOAD: JsonLabel = {
	what: 'The payload',
	parameter: 'Payload JSON',
	example: '{ "order_id": "ord_1" }',
};

/**
 * What *Input Item* or *JSON* gives. Of an item that is an event only its payload goes on, never its envelope or delivery.
 *
 * @param source the choice: inputItem or json
 * @throws EventBusError `settings`
 */
export function contentOf(
	label: JsonLabel,
	source: unknown,
	readJson: () => unknown,
	{ json }: INodeExecutionData,
): Json {
	if (choice(label.what, source, ['inputItem', 'json']) === 'json') return parsedJson(label, readJson());
	return eventOf(json)?.payload ?? (json as Json);
}

/** What an expression that found nothing leaves in a text. */
const MISSED = /(^|\.)(undefined|null|NaN|\[object Object\])(\.|$)/;

function eventTypeOf(value: unknown): string {
	const type = requiredText('Event Type', value);
	if (MISSED.test(type)) {
		throw new EventBusError('settings', `The event type came out as "${type}"`, {
			hint: 'An expression in Event Type found nothing in this item: check the names of the fields it uses',
		});
	}
	return checkEventType(type);
}

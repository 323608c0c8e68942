/**
 * Events as messages, in four formats, and messages of any format as events.
 *
 * Publishing checks everything that receiving checks, so nothing is published that cannot be read again. Numbers are JSON
 * numbers: -0 becomes 0.
 */
import type { WireMessage } from '../broker/types';
import { EventBusError, messageOf } from '../kernel/errors';
import { toHeaders } from './cloudEventHeaders';
import { toCloudEvent, toStructuredJson } from './cloudEvents';
import { CLOUDEVENTS_CONTENT_TYPE, EVENT_BUS_CONTENT_TYPE } from './contentType';
import { Decoder, undecodable, type Decoded, type WireFormat } from './decoder';
import type { EventEnvelope, Json } from './envelope';
import type { Origin } from './foreignMessage';
import { DEFAULT_LIMITS, type EventLimits } from './limits';
import { payloadData } from './opaqueData';
import { orderingKeyOf } from './orderingKey';
import { checkEnvelope } from './parseEnvelope';
import { tooLarge } from './plainJson';

export type { Decoded, WireFormat } from './decoder';
export type { Origin } from './foreignMessage';

/**
 * @throws EventBusError `settings` when the event breaks a rule of the envelope, `too-large`
 */
export function encodeEvent(
	event: EventEnvelope,
	format: WireFormat,
	limits: EventLimits = DEFAULT_LIMITS,
): WireMessage {
	const checked = checkEnvelope(event, NOTHING_IS_MISSING, limits);
	const { body, headers } = write(checked, format);
	const bytes = Object.entries(headers).reduce(
		(sum, [name, value]) => sum + name.length + Buffer.byteLength(value),
		body.byteLength,
	);
	if (bytes > limits.maxBytes) throw tooLarge(`The event ${checked.event_type}`, String(bytes), limits);
	const expiresAt = checked.metadata.expires_at;
	return {
		id: checked.event_id,
		type: checked.event_type,
		body,
		headers,
		orderingKey: orderingKeyOf(checked),
		...(expiresAt === undefined ? {} : { expiresAt: Date.parse(expiresAt) }),
	};
}

/** The event in a message, whoever sent it; what counts as undecodable says `Decoder`. Never throws. */
export function decodeMessage(message: WireMessage, origin: Origin, limits: EventLimits = DEFAULT_LIMITS): Decoded {
	try {
		const bytes = message.body.byteLength;
		if (bytes > limits.maxBytes) return undecodable(tooLarge('The message', String(bytes), limits).message);
		return new Decoder(message, origin, limits).decode();
	} catch (error) {
		return undecodable(messageOf(error));
	}
}

const NOTHING_IS_MISSING = {
	eventId: (): never => {
		throw new EventBusError('settings', 'event_id is missing', { hint: 'Publish it as a new event, which gets an id' });
	},
	source: 'unknown',
	arrivedAt: new Date(0).toISOString(),
};

function write(event: EventEnvelope, format: WireFormat): Pick<WireMessage, 'body' | 'headers'> {
	switch (format) {
		case 'event-bus':
			return { body: jsonBytes(event), headers: { 'content-type': EVENT_BUS_CONTENT_TYPE } };
		case 'cloudevents':
			return { body: Buffer.from(toStructuredJson(event)), headers: { 'content-type': CLOUDEVENTS_CONTENT_TYPE } };
		case 'cloudevents-binary': {
			const { attributes, opaque } = toCloudEvent(event, false);
			const contentType = String(attributes['datacontenttype']);
			return {
				body: opaque ?? jsonBytes(event.payload),
				headers: { 'content-type': contentType, ...toHeaders(attributes) },
			};
		}
		case 'raw': {
			const { opaque, contentType } = payloadData(event);
			return { body: opaque ?? jsonBytes(event.payload), headers: { 'content-type': contentType } };
		}
	}
}

function jsonBytes(value: Json | EventEnvelope): Uint8Array {
	return Buffer.from(JSON.stringify(value));
}

/**
 * Stored events as messages of the broker seam, and messages that are kept beside the log.
 */
import type { StoredPlace, WireMessage } from '../../broker/types';
import { encodeEvent } from '../../event/codec';
import type { StoredEvent } from '../types';

/** With what makes it recognisable when it is handed out again: the place it had in the log. */
export interface KeptMessage {
	readonly message: WireMessage;
	readonly cursor: string;
	/** Absent for what was parked from outside: a redrive. */
	readonly stored?: StoredPlace;
}

export function messageOf({ event }: StoredEvent): WireMessage {
	return encodeEvent(event, 'event-bus');
}

/** As JSON text; a body is bytes. */
export function packKept({ message, cursor, stored }: KeptMessage): string {
	return JSON.stringify({ ...message, body: Buffer.from(message.body).toString('base64'), cursor, stored });
}

interface Packed extends Omit<WireMessage, 'body'>, Omit<KeptMessage, 'message'> {
	/** Base64. */
	readonly body: string;
}

export function unpackKept(text: string): KeptMessage {
	const { body, cursor, stored, ...rest } = JSON.parse(text) as Packed;
	const message = { ...rest, body: new Uint8Array(Buffer.from(body, 'base64')) };
	return { message, cursor, ...(stored === undefined ? {} : { stored }) };
}

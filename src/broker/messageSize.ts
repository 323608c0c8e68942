/**
 * How large a message is, and what is said of one that is larger than a broker takes.
 */
import { EventBusError } from '../kernel/errors';
import type { WireMessage } from './types';

/** Body and headers, bytes. */
export function messageSize({ body, headers }: WireMessage): number {
	return Object.entries(headers).reduce(
		(sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
		body.byteLength,
	);
}

/** @param maxBytes the bound it exceeds */
export function tooLargeMessage(message: WireMessage, maxBytes: number): EventBusError {
	return new EventBusError(
		'too-large',
		`The event ${message.id} has ${messageSize(message)} bytes; the limit is ${maxBytes}`,
		{ hint: 'Store large content elsewhere and publish a reference to it' },
	);
}

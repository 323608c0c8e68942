/**
 * What can happen to a link, by the names that the client library gives its errors.
 */
import { messageOf } from '../../kernel/errors';

const CLOSED = 'KafkaJSConnectionClosedError';
const FAILED = 'KafkaJSConnectionError';
const REFUSED_LOGIN = 'KafkaJSSASLAuthenticationError';

/** It was the way to the server that failed, not the server that said no. */
const LINK_ERRORS: ReadonlySet<string> = new Set([
	FAILED,
	CLOSED,
	'KafkaJSRequestTimeoutError',
	'KafkaJSLockTimeout',
	'KafkaJSTimeout',
	'LinkClosedError',
	'ClosedAtOnceError',
]);

const CLOSED_BY_SERVER = /ECONNRESET|EPIPE|closed by the server|before secure TLS connection/i;
const TLS_TEXT = /certificate|self.signed|SSL routines|ERR_TLS|ERR_SSL|EPROTO|wrong version number|alert number/i;

/** We have closed it. */
export class LinkClosedError extends Error {
	override readonly name = 'LinkClosedError';

	constructor() {
		super('The link is closed');
	}
}

/** The server has closed it before it answered anything: it may speak another protocol than we do, or is about to stop. */
export class ClosedAtOnceError extends Error {
	override readonly name = 'ClosedAtOnceError';

	constructor(cause: unknown) {
		super('The server closes the connection at once', { cause });
	}
}

export function isLinkError(error: unknown): boolean {
	return LINK_ERRORS.has(nameOf(error)) && !isTlsError(error);
}

/** Certificates that do not fit. */
export function isTlsError(error: unknown): boolean {
	return nameOf(error) === FAILED && TLS_TEXT.test(messageOf(error));
}

export function isRefusedLogin(error: unknown): boolean {
	return nameOf(error) === REFUSED_LOGIN || /sasl|authentication/i.test(messageOf(error));
}

export function isClosedByServer(error: unknown): boolean {
	return nameOf(error) === CLOSED || (nameOf(error) === FAILED && CLOSED_BY_SERVER.test(messageOf(error)));
}

/** Whether the sockets are of no further use. */
export function breaksLink(error: unknown): boolean {
	return LINK_ERRORS.has(nameOf(error)) || isRefusedLogin(error);
}

function nameOf(error: unknown): string {
	return typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : '';
}

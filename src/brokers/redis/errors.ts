/**
 * What Redis and its client say, as our errors. Messages of the server never hold a password, and keep their first word.
 */
import { EventBusError, isEventBusError, messageOf, type ErrorCode } from '../../kernel/errors';

interface Meaning {
	readonly code: ErrorCode;
	readonly what: string;
	readonly hint?: string;
	readonly retryable?: boolean;
}

/** By the first word of an error reply. */
const REPLIES: Readonly<Record<string, Meaning>> = {
	NOAUTH: { code: 'auth', what: 'Redis wants a login', hint: 'Give user and password in the credential' },
	WRONGPASS: { code: 'auth', what: 'Redis refused the login', hint: 'Check user and password in the credential' },
	NOPERM: {
		code: 'auth',
		what: 'The Redis user lacks a right',
		hint: 'Grant the commands and keys that the documentation of this broker lists (ACL SETUSER)',
	},
	DENIED: {
		code: 'auth',
		what: 'Redis is in protected mode and takes no connections from here',
		hint: 'Set a password, or bind it to an address that may be reached',
	},
	OOM: {
		code: 'storage',
		what: 'Redis has no memory left',
		hint: 'Raise maxmemory, shorten the retention, or remove dead letters',
		retryable: true,
	},
	MISCONF: {
		code: 'storage',
		what: 'Redis cannot store to its disk',
		hint: 'Look at the disk and the log of the server',
		retryable: true,
	},
	WRONGTYPE: {
		code: 'conflict',
		what: 'A key of this name exists and is no stream',
		hint: 'Use another name, or remove the key',
	},
	READONLY: { code: 'unreachable', what: 'This Redis is a replica by now' },
	LOADING: { code: 'unreachable', what: 'Redis is loading its data' },
	MASTERDOWN: { code: 'unreachable', what: 'This Redis is a replica without its master' },
	CLUSTERDOWN: { code: 'unreachable', what: 'The Redis Cluster is down' },
	TRYAGAIN: { code: 'unreachable', what: 'The Redis Cluster is moving this key' },
	UNBLOCKED: { code: 'unreachable', what: 'Redis became a replica' },
	NOREPLICAS: { code: 'unreachable', what: 'Redis has too few replicas to accept a write' },
	MOVED: { code: 'unreachable', what: 'The key is on another node of the Cluster by now' },
	ASK: { code: 'unreachable', what: 'The key is moving to another node of the Cluster' },
	BUSY: { code: 'unreachable', what: 'Redis is busy with a script' },
	NOGROUP: { code: 'closed', what: 'The consumer group is gone from the server' },
};

/** What the client says when the link is gone, by name of the class. */
const LINK_ERRORS: ReadonlySet<string> = new Set([
	'ClientClosedError',
	'ClientOfflineError',
	'SocketClosedUnexpectedlyError',
	'SocketTimeoutError',
	'DisconnectsClientError',
	'ReconnectStrategyError',
]);

const NO_ANSWER = 'Check host and port, that Redis is running, and whether this port speaks TLS';

const TLS_CODE = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO)/;

/** The first word of an error reply: 'NOSCRIPT'. '' when it is none. */
export function replyWord(error: unknown): string {
	return /^(?:ERR )?([A-Z]{2,})\b/.exec(messageOf(error))?.[1] ?? '';
}

/**
 * @param doing what was being done, as it continues "while …"
 */
export function redisError(cause: unknown, doing: string): EventBusError {
	if (isEventBusError(cause)) return cause;
	const message = messageOf(cause);
	const known =
		REPLIES[replyWord(cause)] ?? REPLIES[/\b(NOPERM|NOGROUP|OOM|READONLY|WRONGTYPE)\b/.exec(message)?.[1] ?? ''];
	if (known) {
		const { code, what, hint, retryable } = known;
		return new EventBusError(code, `${what} (while ${doing}): ${message.slice(0, 300)}`, {
			cause,
			...(hint !== undefined && { hint }),
			...(retryable !== undefined && { retryable }),
		});
	}
	const { name, code } = describe(cause);
	if (/invalid password|without any password configured/i.test(message)) {
		return new EventBusError('auth', `Redis refused the login while ${doing}: ${message.slice(0, 300)}`, {
			cause,
			hint: 'Check user and password in the credential',
		});
	}
	if (TLS_CODE.test(code) || /certificate|alert/i.test(message)) {
		return new EventBusError('auth', `The TLS handshake with Redis failed while ${doing}: ${message.slice(0, 300)}`, {
			cause,
			hint: 'Check the certificates in the credential, and that this port speaks TLS',
		});
	}
	if (name === 'ConnectionTimeoutError') return unreachable(cause, doing, 'it did not answer in time');
	if (code !== '' || LINK_ERRORS.has(name)) return unreachable(cause, doing, code === '' ? 'the link broke' : code);
	if (name === 'TimeoutError' || name === 'AbortError') {
		return new EventBusError('timeout', `Redis did not answer in time while ${doing}`, { cause, hint: NO_ANSWER });
	}
	return new EventBusError('bug', `${message.slice(0, 300)} (while ${doing})`, { cause });
}

/** The server lives, and another try may succeed on the same link. */
const PASSING: ReadonlySet<string> = new Set(['BUSY', 'TRYAGAIN', 'NOREPLICAS', 'CLUSTERDOWN', 'MOVED', 'ASK']);

/** Whether the link it came over is of no further use. */
export function endsLink(cause: unknown, error: EventBusError): boolean {
	return error.code === 'unreachable' && !PASSING.has(replyWord(cause));
}

function unreachable(cause: unknown, doing: string, why: string): EventBusError {
	return new EventBusError('unreachable', `Redis did not answer while ${doing}: ${why}`, {
		cause,
		hint: NO_ANSWER,
	});
}

function describe(cause: unknown): { readonly name: string; readonly code: string } {
	if (typeof cause !== 'object' || cause === null) return { name: '', code: '' };
	const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
	// Errors of the client are known by their class, those of Node by their name.
	const isNamed = 'name' in cause && typeof cause.name === 'string' && cause.name !== 'Error';
	return { name: isNamed ? String(cause.name) : cause.constructor.name, code };
}

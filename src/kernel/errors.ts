/**
 * The one error type of the library.
 *
 * An error is written for the person who reads it in n8n: what was being done, what happened, what to change.
 * The stable `code` is for programs. Secrets never enter a message or a hint.
 */

export type ErrorCode =
	/** A value the user gave cannot work. */
	| 'settings'
	/** The broker refused the login or the permission. */
	| 'auth'
	/** Nothing answers at the address. */
	| 'unreachable'
	/** It answered too late. */
	| 'timeout'
	/** An exchange, topic, queue or file that somebody else must create does not exist. */
	| 'not-found'
	/** It exists with other settings. */
	| 'conflict'
	/** The event is larger than the broker or the limits take. */
	| 'too-large'
	/** The bytes are not an event and cannot be made one. */
	| 'undecodable'
	/** A newer major version of the wire format. */
	| 'unsupported-version'
	/** The delivery belongs to somebody else by now. */
	| 'lease-lost'
	/** Somebody wrote first. */
	| 'version-conflict'
	/** The storage is full, read-only or damaged. */
	| 'storage'
	/** The workflow run failed. */
	| 'handler'
	/** This broker cannot do it. */
	| 'unsupported'
	/** The connection or subscription was closed meanwhile. */
	| 'closed'
	/** Our mistake. */
	| 'bug';

export interface EventBusErrorOptions {
	/** What the reader can change, as an instruction. */
	readonly hint?: string;
	/** Whether the same call may succeed later without a change. Default: by code. */
	readonly retryable?: boolean;
	/** Earliest useful retry, milliseconds from now. */
	readonly retryAfterMs?: number;
	/** Of a `version-conflict`: the version that was found in place of the expected one; 0: none. */
	readonly actualVersion?: number;
	readonly cause?: unknown;
}

const RETRYABLE: ReadonlySet<ErrorCode> = new Set([
	'unreachable',
	'timeout',
	'version-conflict',
	'lease-lost',
	'handler',
	'closed',
]);

export class EventBusError extends Error {
	override readonly name = 'EventBusError';
	readonly hint: string | undefined;
	readonly retryable: boolean;
	readonly retryAfterMs: number | undefined;
	readonly actualVersion: number | undefined;

	constructor(
		readonly code: ErrorCode,
		message: string,
		options: EventBusErrorOptions = {},
	) {
		super(message, options.cause === undefined ? undefined : { cause: options.cause });
		this.hint = options.hint;
		this.retryable = options.retryable ?? RETRYABLE.has(code);
		this.retryAfterMs = options.retryAfterMs;
		this.actualVersion = options.actualVersion;
	}
}

/**
 * Recognises our error by shape, so that two copies of the package in one process still agree.
 */
export function isEventBusError(error: unknown): error is EventBusError {
	return error instanceof Error && error.name === 'EventBusError' && 'code' in error;
}

/**
 * Any thrown value as an `EventBusError`; what is already one is returned unchanged.
 *
 * @param doing what was being done, as it continues "while …"
 */
export function toEventBusError(cause: unknown, doing: string, code: ErrorCode = 'bug'): EventBusError {
	if (isEventBusError(cause)) return cause;
	return new EventBusError(code, `${messageOf(cause)} (while ${doing})`, { cause });
}

/** The message of anything that can be thrown; by shape, because errors of Node's own come from another realm in a sandbox. */
export function messageOf(error: unknown): string {
	if (typeof error === 'object' && error !== null && 'message' in error) return String(error.message);
	return typeof error === 'string' ? error : 'unknown cause';
}

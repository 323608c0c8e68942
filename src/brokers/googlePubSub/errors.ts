/**
 * What Google and its client say, as our errors: by the status of the call, with what to change.
 */
import { EventBusError, isEventBusError, messageOf, type ErrorCode } from '../../kernel/errors';

interface Meaning {
	readonly code: ErrorCode;
	readonly what: string;
	readonly hint?: string;
	readonly retryAfterMs?: number;
}

/** Status codes of gRPC. */
const STATUS = {
	cancelled: 1,
	unknown: 2,
	invalidArgument: 3,
	deadlineExceeded: 4,
	notFound: 5,
	alreadyExists: 6,
	permissionDenied: 7,
	resourceExhausted: 8,
	failedPrecondition: 9,
	aborted: 10,
	unimplemented: 12,
	internal: 13,
	unavailable: 14,
	unauthenticated: 16,
} as const;

const REACH = 'Check the endpoint or the emulator if one is given, and that this machine may reach it';

const LOGIN: Meaning = {
	code: 'auth',
	what: 'Google does not accept the login',
	hint: 'Check that the service account key is whole, of this account, and not deleted; and the clock of this machine',
};
const NO_LOGIN: Meaning = {
	code: 'auth',
	what: 'No login of Google was found',
	hint: 'Give a service account key, or run n8n where Google provides a login: GOOGLE_APPLICATION_CREDENTIALS, workload identity, or the service account of the machine',
};
const NO_PROJECT: Meaning = {
	code: 'not-found',
	what: 'There is no such project, or the login may not see it',
	hint: 'Check Project ID: it is the ID, such as my-project-123, not the name',
};
const API_OFF: Meaning = {
	code: 'auth',
	what: 'Pub/Sub is not switched on in this project',
	hint: 'Enable the Cloud Pub/Sub API in the project, and wait a few minutes',
};
const TOO_LARGE: Meaning = {
	code: 'too-large',
	what: 'The message is larger than Pub/Sub takes',
	hint: 'Store the large part elsewhere (a file, a database) and publish a reference to it',
};

const MEANINGS: ReadonlyMap<number, Meaning> = new Map([
	[STATUS.cancelled, { code: 'closed', what: 'The call was cut short' }],
	[STATUS.unknown, { code: 'unreachable', what: 'Google cannot answer at the moment' }],
	[
		STATUS.invalidArgument,
		{ code: 'settings', what: 'Google does not take this', hint: 'Change what the message names' },
	],
	[STATUS.deadlineExceeded, { code: 'unreachable', what: 'Google did not answer in time', hint: REACH }],
	[
		STATUS.notFound,
		{
			code: 'not-found',
			what: 'There is no such topic or subscription',
			hint: 'Check name and project, create it, or let Provision create it',
		},
	],
	[STATUS.alreadyExists, { code: 'conflict', what: 'It exists already', hint: 'Use another name' }],
	[
		STATUS.permissionDenied,
		{
			code: 'auth',
			what: 'Google denies this to the login',
			hint: 'Give the service account the role that allows it, on the project or on that topic or subscription. The page about this broker lists what is needed',
		},
	],
	[
		STATUS.resourceExhausted,
		{
			code: 'unreachable',
			what: 'A quota of Google is used up',
			hint: 'It is tried again; raise the quota if it goes on',
			retryAfterMs: 1000,
		},
	],
	[
		STATUS.failedPrecondition,
		{
			code: 'conflict',
			what: 'The topic or subscription is in no state for this',
			hint: 'A subscription with push, with an export, or without its topic cannot be read. Use another one',
		},
	],
	[STATUS.aborted, { code: 'unreachable', what: 'Google cannot answer at the moment' }],
	[
		STATUS.unimplemented,
		{ code: 'unsupported', what: 'This server cannot do it', hint: 'An emulator knows only a part of Pub/Sub' },
	],
	[STATUS.internal, { code: 'unreachable', what: 'Google cannot answer at the moment' }],
	[STATUS.unavailable, { code: 'unreachable', what: 'Google did not answer', hint: REACH }],
	[STATUS.unauthenticated, LOGIN],
] as const satisfies readonly (readonly [number, Meaning])[]);

/** The status of a call that failed; null for what is none. */
export function statusOf(cause: unknown): number | null {
	if (typeof cause !== 'object' || cause === null) return null;
	const code: unknown = Reflect.get(cause, 'code');
	return typeof code === 'number' && code >= 1 && code <= 16 ? code : null;
}

/** @param doing what was being done, as it continues "while …" */
export function googleError(cause: unknown, doing: string): EventBusError {
	if (isEventBusError(cause)) return cause;
	const text = bareText(messageOf(cause));
	const status = statusOf(cause);
	const meaning = meaningOfText(text, status) ?? MEANINGS.get(status ?? 0);
	if (!meaning) return new EventBusError('bug', `${text} (while ${doing})`, { cause });
	const { what, hint, retryAfterMs } = meaning;
	return new EventBusError(meaning.code, `${what} (while ${doing}): ${text}`, {
		cause,
		...(hint !== undefined && { hint }),
		...(retryAfterMs !== undefined && { retryAfterMs }),
	});
}

/** Whether the login itself is refused: no call of this connection will succeed any more. */
export function endsLogin(cause: unknown): boolean {
	const meaning = meaningOfText(bareText(messageOf(cause)), statusOf(cause));
	return statusOf(cause) === STATUS.unauthenticated || meaning === LOGIN || meaning === NO_LOGIN;
}

export function isLate(cause: unknown): boolean {
	return statusOf(cause) === STATUS.deadlineExceeded;
}

/** Of a request that names something Google does not know, or a value it does not take. */
export function isInvalid(error: unknown): boolean {
	return error instanceof EventBusError && statusOf(error.cause) === STATUS.invalidArgument;
}

/** Nobody heard of the call: the link is broken. */
export function isAway(error: unknown): boolean {
	return error instanceof EventBusError && statusOf(error.cause) === STATUS.unavailable;
}

export function existsAlready(error: unknown): boolean {
	return error instanceof EventBusError && statusOf(error.cause) === STATUS.alreadyExists;
}

export function isMissing(error: unknown): boolean {
	return isEventBusError(error) && error.code === 'not-found';
}

export function isForbidden(error: unknown): boolean {
	return error instanceof EventBusError && statusOf(error.cause) === STATUS.permissionDenied;
}

function meaningOfText(text: string, status: number | null): Meaning | null {
	if (/could not load the default credentials|unable to detect a project id/i.test(text)) return NO_LOGIN;
	// What the token server says, before any call is made.
	if (/invalid_grant|invalid_client|invalid jwt|DECODER routines|asymmetric key/i.test(text)) return LOGIN;
	if (status === STATUS.notFound && /project not found/i.test(text)) return NO_PROJECT;
	if (/has not been used in project|it is disabled/i.test(text)) return API_OFF;
	if (status === STATUS.invalidArgument && /too large|exceeds? (the )?(maximum|limit)|size/i.test(text))
		return TOO_LARGE;
	if (status === STATUS.unavailable && /certificate|self.signed|handshake|SSL|TLS/i.test(text)) {
		return {
			code: 'auth',
			what: 'The TLS handshake failed',
			hint: 'Give the CA Certificate of the endpoint, and the client certificate if it asks for one',
		};
	}
	return null;
}

/** '5 NOT_FOUND: Resource not found' without its beginning. */
function bareText(message: string): string {
	return message.replace(/^\d+ [A-Z_]+: /, '').slice(0, 400);
}

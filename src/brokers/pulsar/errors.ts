/**
 * What Pulsar says, as our errors: the admin API and the WebSocket service in HTTP, the service later in codes.
 */
import { EventBusError, isEventBusError, messageOf, type ErrorCode } from '../../kernel/errors';
import { asObject, asText, parseJson } from './replies';

/** What was answered, as the cause of an error. */
class Refusal extends Error {
	constructor(
		readonly status: number,
		reason: string,
	) {
		super(reason);
	}
}

interface Meaning {
	readonly code: ErrorCode;
	readonly what: string;
	readonly hint?: string;
	readonly retryable?: boolean;
}

const LOGIN: Meaning = {
	code: 'auth',
	what: 'Pulsar refused the login',
	hint: 'Check the token or the client certificate, and that the token has not expired',
};
const RIGHTS: Meaning = {
	code: 'auth',
	what: 'Pulsar denies this to the login',
	hint: 'Grant produce and consume on the namespace; to create and remove topics the role must be an admin of the tenant. Or set Provision to Off',
};
const NO_TENANT: Meaning = {
	code: 'not-found',
	what: 'Pulsar has no such tenant',
	hint: 'Check Tenant in the credential, or create it (pulsar-admin tenants create)',
};
const NO_NAMESPACE: Meaning = {
	code: 'not-found',
	what: 'Pulsar has no such namespace',
	hint: 'Check Tenant and Namespace in the credential, or create it (pulsar-admin namespaces create)',
};
const NO_SUBSCRIPTION: Meaning = {
	code: 'not-found',
	what: 'Pulsar has no such subscription',
	hint: 'Create it, check the consumer group, or let Provision create it',
};
const NO_TOPIC: Meaning = {
	code: 'not-found',
	what: 'Pulsar has no such topic',
	hint: 'Create it, check its name, or let Provision create it',
};
const OTHER_MODE: Meaning = {
	code: 'conflict',
	what: 'The subscription is read in another way at the moment',
	hint: 'All readers of a consumer group must have the same Order: Shared without, Key_Shared with order by key',
};
const QUOTA: Meaning = {
	code: 'storage',
	what: 'Pulsar takes no messages: the backlog quota of the namespace is used up',
	hint: 'Have the subscriptions read or removed that hold the oldest messages, or raise the quota',
	retryable: true,
};
const TOO_LARGE: Meaning = {
	code: 'too-large',
	what: 'The message is larger than Pulsar takes',
	hint: 'Store large content elsewhere and publish a reference to it, or raise maxMessageSize and webSocketMaxTextFrameSize of the server',
};
const BUSY: Meaning = { code: 'unreachable', what: 'Pulsar cannot do it at the moment' };
const LATE: Meaning = { code: 'timeout', what: 'Pulsar did not answer in time' };

/** The first that fits, before the status is looked at. */
const BY_TEXT: readonly (readonly [RegExp, Meaning])[] = [
	[/tenant\b.*(not found|does not exist)/i, NO_TENANT],
	[/namespace\b.*(not found|does not exist)|policies not found/i, NO_NAMESPACE],
	[/different type|ConsumerBusy/i, OTHER_MODE],
	[/subscription\b.*(not found|does not exist)/i, NO_SUBSCRIPTION],
	[/quota/i, QUOTA],
	[/exceeds? .*(size|limit)|too large|InvalidMessage/i, TOO_LARGE],
	[/not authorized|unauthorized|don't have permission/i, RIGHTS],
];

/** @param text of the answer, in whatever form */
export function statusError(status: number, text: string, doing: string): EventBusError {
	const reason = reasonOf(text);
	const known = status === 401 ? LOGIN : (BY_TEXT.find(([pattern]) => pattern.test(reason))?.[1] ?? byStatus(status));
	const said = reason === '' ? `status ${status}` : `${reason} (status ${status})`;
	return errorOf(known, said, doing, new Refusal(status, reason));
}

/** Whether the login is known, and lacks a right. */
export function isForbidden(error: unknown): boolean {
	return isEventBusError(error) && error.cause instanceof Refusal && error.cause.status === 403;
}

/** @param reason as the service gives it with the code of the close */
export function closeError(code: number, reason: string, doing: string): EventBusError {
	if (code === 1009) return errorOf(TOO_LARGE, reason, doing);
	const said = reason === '' ? `code ${code}` : `${reason} (code ${code})`;
	return new EventBusError('unreachable', `Pulsar closed the connection while ${doing}: ${said}`);
}

/** What is said of a message that was not stored. */
export function sendError(reason: string, doing: string): EventBusError {
	const known =
		BY_TEXT.find(([pattern]) => pattern.test(reason))?.[1] ?? (/timeout|timed out/i.test(reason) ? LATE : BUSY);
	return errorOf(known, reason, doing);
}

/** Of the way there: no name, no answer, no trust. */
export function networkError(cause: unknown, doing: string): EventBusError {
	if (isEventBusError(cause)) return cause;
	const code = codeOf(cause);
	const text = messageOf(cause).slice(0, 300);
	if (/^(EPROTO|CERT_|ERR_TLS|ERR_SSL|ERR_OSSL|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO)/.test(code)) {
		return new EventBusError('auth', `The TLS handshake with Pulsar failed while ${doing}: ${text}`, {
			cause,
			hint: 'Check CA Certificate, Client Certificate and Server Name, and that this port speaks TLS',
		});
	}
	return new EventBusError('unreachable', `Pulsar did not answer while ${doing}: ${code === '' ? text : code}`, {
		cause,
		hint: 'Check the host and the port of the web service, and that webSocketServiceEnabled is true',
	});
}

/** What a person can use of an answer: the reason in JSON, or the title of a page. */
export function reasonOf(text: string): string {
	const reason = asText(asObject(parseJson(text))['reason']);
	if (reason !== '') return reason.slice(0, 400);
	const plain = text
		.replaceAll('&quot;', '"')
		.replaceAll('&apos;', "'")
		.replaceAll('&lt;', '<')
		.replaceAll('&gt;', '>')
		.replaceAll('&amp;', '&');
	const nested = /"errorMsg"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(plain)?.[1];
	if (nested !== undefined) return nested.slice(0, 400);
	const title = /<title>(?:Error \d+ )?([\s\S]*?)<\/title>/i.exec(plain)?.[1];
	return (title ?? plain.replaceAll(/<[^>]*>/g, ' ')).replaceAll(/\s+/g, ' ').trim().slice(0, 400);
}

function byStatus(status: number): Meaning {
	switch (status) {
		case 403:
			return RIGHTS;
		case 404:
			return NO_TOPIC;
		case 409:
			return { code: 'conflict', what: 'Pulsar has something else there' };
		case 412:
			return { code: 'conflict', what: 'Pulsar cannot do it in this state' };
		case 413:
			return TOO_LARGE;
		case 408:
		case 504:
			return LATE;
		case 400:
			return { code: 'settings', what: 'Pulsar does not take this' };
		case 405:
		case 501:
			return { code: 'unsupported', what: 'This Pulsar cannot do it', hint: 'Version 2.11 or later is needed' };
		default:
			return BUSY;
	}
}

function errorOf(
	{ code, what, hint, retryable }: Meaning,
	said: string,
	doing: string,
	cause?: Refusal,
): EventBusError {
	return new EventBusError(code, `${what} (while ${doing}): ${said}`, {
		cause,
		...(hint !== undefined && { hint }),
		...(retryable !== undefined && { retryable }),
	});
}

function codeOf(cause: unknown): string {
	const code: unknown = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : '';
	return typeof code === 'string' ? code : '';
}

/**
 * What RabbitMQ and its client say, as our errors. The server never tells a password.
 */
import { EventBusError, isEventBusError, messageOf, type ErrorCode } from '../../kernel/errors';

/** What the server says when it closes a channel or a connection (AMQP 0-9-1, and RabbitMQ's texts). */
export const REPLY = {
	connectionForced: 320,
	invalidPath: 402,
	accessRefused: 403,
	notFound: 404,
	resourceLocked: 405,
	preconditionFailed: 406,
	notAllowed: 530,
	notImplemented: 540,
	internalError: 541,
} as const;

interface Meaning {
	readonly code: ErrorCode;
	readonly what: string;
	readonly hint?: string;
	readonly retryable?: boolean;
}

const CREDENTIALS = 'Check user and password in the credential';

/** By the code of the reply, then by its text; the first that fits. */
const MEANINGS: readonly (readonly [code: number, text: RegExp, meaning: Meaning])[] = [
	[REPLY.accessRefused, /Login was refused/, { code: 'auth', what: 'RabbitMQ refused the login', hint: CREDENTIALS }],
	[
		REPLY.accessRefused,
		/reserved prefix/,
		{ code: 'settings', what: 'RabbitMQ keeps this name for itself', hint: 'Use a name that does not begin with amq.' },
	],
	[
		REPLY.accessRefused,
		/exclusive/,
		{ code: 'conflict', what: 'Another program reads this queue exclusively', hint: 'Use another queue' },
	],
	[
		REPLY.accessRefused,
		/./,
		{
			code: 'auth',
			what: 'The RabbitMQ user lacks a right',
			hint: 'Grant it (rabbitmqctl set_permissions; the documentation of this broker lists what is needed), or set Provision to Verify or Off if it is the right to configure',
		},
	],
	[REPLY.notFound, /no (queue|exchange|binding)/, { code: 'not-found', what: 'RabbitMQ does not have it' }],
	// A queue that is there, and whose node is starting or away.
	[REPLY.notFound, /./, { code: 'unreachable', what: 'The queue cannot be reached at the moment' }],
	[
		REPLY.resourceLocked,
		/./,
		{ code: 'unreachable', what: 'The queue belongs to another connection, and is free when that one ends' },
	],
	[
		REPLY.preconditionFailed,
		/inequivalent arg/,
		{
			code: 'conflict',
			what: 'It exists with other settings',
			hint: 'Use another name, set Provision to Verify to use it as it is, or delete it if it is not needed',
		},
	],
	[
		REPLY.preconditionFailed,
		/larger than|max size/,
		{
			code: 'too-large',
			what: 'The message is larger than this RabbitMQ takes',
			hint: 'Store large content elsewhere and publish a reference to it, or raise max_message_size of the server',
		},
	],
	[
		REPLY.preconditionFailed,
		/delivery acknowledgement .* timed out/i,
		{
			code: 'closed',
			what: 'RabbitMQ took the events back, because they were not acknowledged within its consumer_timeout',
			hint: 'Shorten Max Processing Time, or raise consumer_timeout of the server',
		},
	],
	[REPLY.preconditionFailed, /./, { code: 'conflict', what: 'RabbitMQ refused it' }],
	[REPLY.connectionForced, /./, { code: 'unreachable', what: 'RabbitMQ is shutting down' }],
	[
		REPLY.notAllowed,
		/./,
		{
			code: 'auth',
			what: 'RabbitMQ does not allow it',
			hint: 'Check the virtual host, and that the user may use it',
		},
	],
	[REPLY.notImplemented, /./, { code: 'unsupported', what: 'This RabbitMQ cannot do it' }],
	[REPLY.internalError, /./, { code: 'unreachable', what: 'RabbitMQ could not do it at the moment' }],
];

const TLS_CODE = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO)/;
const TLS_TEXT = /certificate|SSL routines|wrong version number|alert/i;

const LINK_TEXT =
	/Channel ended|channel closed|Channel clos|Connection clos|Heartbeat timeout|Unexpected close|Socket closed|ETIMEDOUT/i;

/** The code with which the server closed a channel or connection; null: it was not the server. */
export function replyCode(cause: unknown): number | null {
	if (typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'number')
		return cause.code;
	// A handshake that fails has it in its text only.
	const [, code] = /: (\d{3}) \(/.exec(messageOf(cause)) ?? [];
	return code === undefined ? null : Number(code);
}

/**
 * @param doing what was being done, as it continues "while …"
 */
export function rabbitmqError(cause: unknown, doing: string): EventBusError {
	if (isEventBusError(cause)) return cause;
	const text = serverText(messageOf(cause));
	const reply = replyCode(cause);
	const [, , meaning] = MEANINGS.find(([code, pattern]) => code === reply && pattern.test(text)) ?? [];
	if (meaning) {
		const { code, what, hint, retryable } = meaning;
		return new EventBusError(code, `${what} (while ${doing}): ${text}`, {
			cause,
			...(hint !== undefined && { hint }),
			...(retryable !== undefined && { retryable }),
		});
	}
	if (/Expected ConnectionOpenOk/.test(text)) {
		return new EventBusError('auth', 'RabbitMQ has no such virtual host, or the user may not use it', {
			cause,
			hint: 'Check Virtual Host in the credential, and the permissions of the user (rabbitmqctl list_user_permissions)',
		});
	}
	if (/SASL mechanism/.test(text)) {
		return new EventBusError('settings', `RabbitMQ does not offer this way to log in: ${text}`, {
			cause,
			hint: 'For a login by certificate, enable the plugin rabbitmq_auth_mechanism_ssl and EXTERNAL on the server',
		});
	}
	const code = systemCode(cause);
	if (TLS_CODE.test(code) || TLS_TEXT.test(text)) {
		return new EventBusError('auth', `The TLS handshake with RabbitMQ failed while ${doing}: ${text}`, {
			cause,
			hint: 'Check the certificates in the credential, and that this port speaks TLS',
		});
	}
	if (reply !== null || code !== '' || LINK_TEXT.test(text)) {
		return new EventBusError('unreachable', `RabbitMQ cannot be reached (while ${doing}): ${text}`, {
			cause,
			hint: 'Check host and port, and that the server runs',
		});
	}
	return new EventBusError('bug', `${text} (while ${doing})`, { cause });
}

export function missingQueue(name: string): EventBusError {
	return new EventBusError('not-found', `RabbitMQ has no queue "${name}"`, {
		hint: 'Create it, check its name and the virtual host, or let Provision create it',
	});
}

export function missingExchange(name: string): EventBusError {
	return new EventBusError('not-found', `RabbitMQ has no exchange "${name}"`, {
		hint: 'Create it, check its name and the virtual host, or let Provision create it',
	});
}

/** 'NOT_FOUND - no queue …' of what the client makes of it. */
function serverText(message: string): string {
	const [, text] = /with message "(.*)"/s.exec(message) ?? [];
	return (text ?? message).slice(0, 300);
}

function systemCode(cause: unknown): string {
	const found = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : '';
	return typeof found === 'string' ? found : '';
}

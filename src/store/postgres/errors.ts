/**
 * What PostgreSQL, its client and the way there say, as our errors. None of them tells a password.
 */
import { EventBusError, isEventBusError, messageOf, type ErrorCode } from '../../kernel/errors';

interface Meaning {
	readonly code: ErrorCode;
	readonly what: string;
	readonly hint?: string;
	readonly retryable?: boolean;
}

const LOGIN: Meaning = {
	code: 'auth',
	what: 'PostgreSQL refused the login',
	hint: 'Check user and password in the credential, and pg_hba.conf of the server',
};
const STARTING: Meaning = {
	code: 'unreachable',
	what: 'PostgreSQL is starting or shutting down',
	hint: 'Wait until the server runs again',
};
const CUT: Meaning = { code: 'unreachable', what: 'The connection to PostgreSQL was lost' };
const COLLIDED: Meaning = {
	code: 'timeout',
	what: 'Others changed the same data again and again',
	hint: 'Try again',
};
const HELD: Meaning = {
	code: 'timeout',
	what: 'PostgreSQL did not finish in time',
	hint: 'Look for a transaction that is left open (pg_stat_activity), or a server that is overloaded',
};
const GONE: Meaning = {
	code: 'storage',
	what: 'The tables of the event store are gone',
	hint: 'Restore them from a backup. With the next call they are made again, and are empty',
};
const FOREIGN: Meaning = {
	code: 'settings',
	what: 'The schema holds tables of another program',
	hint: 'Name a schema of its own for the event store',
};

/** By SQLSTATE (www.postgresql.org/docs/current/errcodes-appendix.html), or the first two characters of it: its class. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
	'28P01': LOGIN,
	'28000': LOGIN,
	'3D000': {
		code: 'settings',
		what: 'PostgreSQL has no such database',
		hint: 'Create it (CREATE DATABASE), or correct Database in the credential',
	},
	'42501': {
		code: 'auth',
		what: 'The PostgreSQL user lacks a right',
		hint: 'Grant it: the documentation (PostgreSQL, rights) lists what is needed',
	},
	'53300': {
		code: 'unreachable',
		what: 'PostgreSQL has no connection left',
		hint: 'Lower Connections in the credential, or raise max_connections of the server',
	},
	'53100': { code: 'storage', what: 'The disk of PostgreSQL is full', hint: 'Free space on the disk of the server' },
	'53': { code: 'unreachable', what: 'PostgreSQL is short of resources', hint: 'Look into the log of the server' },
	'25006': {
		code: 'storage',
		what: 'This PostgreSQL server cannot be written',
		hint: 'Connect to the primary, not to a replica, and check default_transaction_read_only',
	},
	'57P01': STARTING,
	'57P02': STARTING,
	'57P03': STARTING,
	'25P03': CUT,
	'08': CUT,
	'40001': COLLIDED,
	'40P01': COLLIDED,
	'55P03': HELD,
	'57014': HELD,
	'42P01': GONE,
	'3F000': GONE,
	'42703': FOREIGN,
	'42P07': FOREIGN,
	'58': { code: 'storage', what: 'PostgreSQL cannot use its disk', hint: 'Look into the log of the server' },
	XX001: { code: 'storage', what: 'The data of PostgreSQL is damaged', hint: 'Restore it from a backup' },
	XX002: { code: 'storage', what: 'An index of PostgreSQL is damaged', hint: 'Build it again (REINDEX)' },
};

/** What Node and the client say, in their codes or their texts. */
const LINK_CODE = /^E(CONN|PIPE|TIMEDOUT|HOST|NET|AI_AGAIN|NOTFOUND|ADDR)|^ENOENT$|^EACCES$/;
const LINK_TEXT = /Connection terminated|not queryable|timeout expired|Client was closed/;
const POOL_TEXT = /timeout exceeded when trying to connect/;
const TLS_CODE = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO)/;
const TLS_TEXT = /support SSL|SSL connection|certificate|SSL routines|wrong version number/i;

/**
 * @param doing what was being done, as it continues "while …"
 */
export function postgresError(cause: unknown, doing: string): EventBusError {
	if (isEventBusError(cause)) return cause;
	const text = messageOf(cause).slice(0, 300);
	const make = ({ code, what, hint, retryable }: Meaning) =>
		new EventBusError(code, `${what} (while ${doing}): ${text}`, {
			cause,
			...(hint !== undefined && { hint }),
			...(retryable !== undefined && { retryable }),
		});
	const code = codeOf(cause);
	const meaning = MEANINGS[code] ?? (isSqlState(code) ? MEANINGS[code.slice(0, 2)] : undefined);
	if (meaning) return make(meaning);
	if (/no pg_hba\.conf entry/.test(text)) return make(LOGIN);
	if (/password must be a string|SASL/i.test(text)) return make(LOGIN);
	if (TLS_CODE.test(code) || TLS_TEXT.test(text)) {
		return make({
			code: 'auth',
			what: 'The TLS handshake with PostgreSQL failed',
			hint: 'Check the certificates in the credential, and that the server has ssl turned on',
		});
	}
	if (POOL_TEXT.test(text)) {
		return make({
			code: 'timeout',
			what: 'No connection became free in time',
			hint: 'Raise Connections in the credential, or look for what keeps PostgreSQL busy',
		});
	}
	if (LINK_CODE.test(code) || LINK_TEXT.test(text)) {
		return make({
			code: 'unreachable',
			what: 'PostgreSQL cannot be reached',
			hint: 'Check host and port, and that the server runs',
		});
	}
	return new EventBusError('bug', `${text} (while ${doing})`, { cause });
}

/** The transaction was given up because of another one: the same may succeed at once. */
export function isCollision(error: unknown): boolean {
	const code = codeOf(isEventBusError(error) ? error.cause : error);
	return code === '40001' || code === '40P01';
}

/** Somebody dropped what the engine works on. */
export function isSchemaGone(error: unknown): boolean {
	return MEANINGS[codeOf(isEventBusError(error) ? error.cause : error)] === GONE;
}

/** A commit whose answer never came. */
export function commitInDoubt(cause: unknown): EventBusError {
	return new EventBusError(
		'unreachable',
		`The connection to PostgreSQL was lost during the commit, so this may have been stored or not: ${messageOf(cause)}`,
		{ cause, hint: 'Repeat it with the same ids: what is stored already is not stored twice' },
	);
}

export function tooLate(doing: string): EventBusError {
	return new EventBusError('timeout', `PostgreSQL did not answer in time while ${doing}`, {
		hint: 'It may have been stored all the same. Repeat it with the same ids: what is stored already is not stored twice',
	});
}

function isSqlState(code: string): boolean {
	return /^[0-9A-Z]{5}$/.test(code);
}

/** Of the server or of Node; an attempt at several addresses has one inside. */
function codeOf(cause: unknown): string {
	if (typeof cause !== 'object' || cause === null) return '';
	if ('code' in cause && typeof cause.code === 'string') return cause.code;
	return cause instanceof AggregateError ? codeOf(cause.errors[0]) : '';
}

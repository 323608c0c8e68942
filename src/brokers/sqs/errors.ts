/**
 * What AWS and its client say, as our errors: by the code of the error, with what to change.
 *
 * A refused signature comes with the request that should have been signed, session token included, so that text and its
 * cause are left out.
 */
import { EventBusError, isEventBusError, messageOf, type ErrorCode } from '../../kernel/errors';

interface Meaning {
	readonly code: ErrorCode;
	readonly what: string;
	readonly hint?: string;
	readonly retryAfterMs?: number;
	/** The text of the error may hold what nobody should see. */
	readonly isSecret?: boolean;
}

const RIGHTS: Meaning = {
	code: 'auth',
	what: 'AWS denies this to the login',
	hint: 'Allow the action that the message names, on that resource, in the policy of the user or role. The page about this broker lists what is needed',
};
const KEYS: Meaning = {
	code: 'auth',
	what: 'AWS does not know the access key',
	hint: 'Check Access Key ID, and that the key is active; the keys of a session need their Session Token',
};
const SIGNATURE: Meaning = {
	code: 'auth',
	what: 'AWS refused the signature',
	hint: 'Check Secret Access Key and Region, and the clock of this machine',
	isSecret: true,
};
const EXPIRED: Meaning = {
	code: 'auth',
	what: 'The session of AWS has expired',
	hint: 'Give keys that last, or the login of what runs here, which renews itself',
	isSecret: true,
};
const NO_QUEUE: Meaning = {
	code: 'not-found',
	what: 'There is no such queue',
	hint: 'Check name, region and account, create it, or let Provision create it',
};
const NO_TOPIC: Meaning = {
	code: 'not-found',
	what: 'There is no such topic',
	hint: 'Check name, region and account, create it, or let Provision create it',
};
const THROTTLED: Meaning = {
	code: 'unreachable',
	what: 'AWS wants fewer requests',
	hint: 'It is tried again; raise the quota if it goes on',
	retryAfterMs: 1000,
};
const AWAY: Meaning = { code: 'unreachable', what: 'AWS cannot answer at the moment' };
const KMS: Meaning = {
	code: 'auth',
	what: 'The key that encrypts the queue or topic cannot be used',
	hint: 'Allow kms:GenerateDataKey and kms:Decrypt on it, also for sns.amazonaws.com, and check that it is enabled',
};
const TOO_LARGE: Meaning = {
	code: 'too-large',
	what: 'The message is larger than the queue or topic takes',
	hint: 'Store the large part elsewhere (a file, a database) and publish a reference to it',
};
const TOO_MANY: Meaning = {
	code: 'conflict',
	what: 'A limit of AWS is reached',
	hint: 'Remove some, or ask AWS for more',
};

/** Whoever answers is not AWS itself, or says it in another format. */
const REFUSED: Meaning = {
	code: 'auth',
	what: 'AWS refuses the request',
	hint: 'Check Access Key ID, Secret Access Key, and what their user may do',
};

/** Names as they are after `bareCode`. */
const CODES: Readonly<Record<string, Meaning>> = {
	AccessDenied: RIGHTS,
	AuthorizationError: RIGHTS,
	UnauthorizedOperation: RIGHTS,
	InvalidClientTokenId: KEYS,
	UnrecognizedClient: KEYS,
	InvalidAccessKeyId: KEYS,
	MissingAuthenticationToken: KEYS,
	InvalidSecurity: KEYS,
	SignatureDoesNotMatch: SIGNATURE,
	InvalidSignature: SIGNATURE,
	IncompleteSignature: SIGNATURE,
	RequestExpired: SIGNATURE,
	RequestTimeTooSkewed: SIGNATURE,
	ExpiredToken: EXPIRED,
	QueueDoesNotExist: NO_QUEUE,
	NonExistentQueue: NO_QUEUE,
	InvalidAddress: NO_QUEUE,
	NotFound: NO_TOPIC,
	ResourceNotFound: NO_TOPIC,
	QueueNameExists: {
		code: 'conflict',
		what: 'A queue of this name exists with other settings',
		hint: 'Use another name, or change the queue',
	},
	QueueDeletedRecently: {
		code: 'unreachable',
		what: 'A queue of this name was deleted less than a minute ago',
		hint: 'AWS lets it be made again after 60 seconds',
		retryAfterMs: 60_000,
	},
	PurgeQueueInProgress: {
		code: 'unreachable',
		what: 'The queue is being emptied already',
		hint: 'AWS allows it once in 60 seconds',
		retryAfterMs: 60_000,
	},
	OverLimit: { ...THROTTLED, what: 'Too many events of the queue are in flight', hint: 'Lower Max In Flight' },
	RequestThrottled: THROTTLED,
	Throttling: THROTTLED,
	Throttled: THROTTLED,
	TooManyRequests: THROTTLED,
	ConcurrentAccess: THROTTLED,
	ServiceUnavailable: AWAY,
	InternalFailure: AWAY,
	InternalError: AWAY,
	KmsAccessDenied: KMS,
	KmsDisabled: KMS,
	KmsInvalidKeyUsage: KMS,
	KmsInvalidState: KMS,
	KmsNotFound: KMS,
	KmsOptInRequired: KMS,
	KmsThrottled: THROTTLED,
	KmsThrottling: THROTTLED,
	BatchRequestTooLong: TOO_LARGE,
	FilterPolicyLimitExceeded: TOO_MANY,
	SubscriptionLimitExceeded: TOO_MANY,
	TopicLimitExceeded: TOO_MANY,
	TagLimitExceeded: TOO_MANY,
};

const NETWORK =
	/^(ECONN|ENOTFOUND|EAI_|EPIPE|ETIMEDOUT|EHOST|ENET|EPROTO|CERT_|ERR_TLS|ERR_SSL|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO)/;

const NETWORK_TEXT = /\b(?:ECONN[A-Z]+|ENOTFOUND|EAI_[A-Z]+|EPIPE|ETIMEDOUT|EHOST[A-Z]+|ENET[A-Z]+|socket hang up)\b/;

/** 'AccessDenied' of 'AccessDeniedException' and of 'AWS.SimpleQueueService.AccessDenied'. '' for what has no code. */
export function bareCode(cause: unknown): string {
	if (typeof cause !== 'object' || cause === null) return '';
	const texts = ['Code', 'code', 'name'].flatMap((key) => {
		const value: unknown = Reflect.get(cause, key);
		return typeof value === 'string' && value !== 'Error' ? [value] : [];
	});
	return (texts[0] ?? '')
		.replace(/^.*[.#]/, '')
		.replace(/Exception$/, '')
		.replace(/^KMS/, 'Kms');
}

/** @param doing what was being done, as it continues "while …" */
export function awsError(cause: unknown, doing: string): EventBusError {
	if (isEventBusError(cause)) return cause;
	const [code, text] = [bareCode(cause), messageOf(cause).slice(0, 400)];
	// An error that the client does not recognise as one is wrapped, and its code is left in the text only.
	const network = NETWORK.test(code) ? code : NETWORK_TEXT.exec(text)?.[0];
	if (network !== undefined) return networkError(cause, network, text, doing);
	if (code === 'Timeout' || code === 'TimeoutError' || code === 'AbortError') {
		return new EventBusError('unreachable', `AWS did not answer in time while ${doing}`, { cause, hint: REACH });
	}
	if (code === 'CredentialsProviderError') return loginError(cause, text, doing);
	const meaning = CODES[code] ?? meaningOfText(text) ?? meaningOfStatus(cause);
	if (!meaning)
		return new EventBusError('bug', `${text} (${code === '' ? 'no code' : code}, while ${doing})`, { cause });
	const { what, hint, retryAfterMs, isSecret = false } = meaning;
	const told = isSecret ? code : `${code}: ${text}`;
	return new EventBusError(meaning.code, `${what} (while ${doing}): ${told}`, {
		...(isSecret ? {} : { cause }),
		...(hint !== undefined && { hint }),
		...(retryAfterMs !== undefined && { retryAfterMs }),
	});
}

/** An entry of a batch that was refused. */
export function entryError(
	{ Code, Message }: { readonly Code?: string | undefined; readonly Message?: string | undefined },
	doing: string,
): EventBusError {
	return awsError({ code: Code ?? 'InternalFailure', message: Message ?? 'no reason given' }, doing);
}

/** Whether the login itself is refused: no call of this connection will succeed any more. */
export function endsLogin(cause: unknown): boolean {
	const meaning = CODES[bareCode(cause)];
	return meaning === KEYS || meaning === SIGNATURE || meaning === EXPIRED;
}

/** The receipt is of no use: the message is visible again, or somebody else's. */
export function isStaleReceipt({
	Code,
	Message,
}: {
	readonly Code?: string | undefined;
	readonly Message?: string | undefined;
}): boolean {
	const code = bareCode({ code: Code });
	if (code === 'ReceiptHandleIsInvalid' || code === 'MessageNotInflight') return true;
	return code === 'InvalidParameterValue' && /not available for visibility|does not exist|receipt/i.test(Message ?? '');
}

const REACH = 'Check the region, the endpoint if one is given, and that this machine may reach it';

function networkError(cause: unknown, code: string, text: string, doing: string): EventBusError {
	if (/^(EPROTO|CERT_|ERR_TLS|ERR_SSL|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO)/.test(code)) {
		return new EventBusError('auth', `The TLS handshake with AWS failed while ${doing}: ${text}`, {
			cause,
			hint: 'Check the endpoint; a private authority is made known to n8n by NODE_EXTRA_CA_CERTS',
		});
	}
	return new EventBusError('unreachable', `AWS did not answer while ${doing}: ${code === 'ENOTFOUND' ? text : code}`, {
		cause,
		hint: REACH,
	});
}

function loginError(cause: unknown, text: string, doing: string): EventBusError {
	return new EventBusError('auth', `No login of AWS was found (while ${doing}): ${text}`, {
		cause,
		hint: 'Give an access key, or run n8n where AWS provides a login: environment, profile, pod, task or instance',
	});
}

function meaningOfText(text: string): Meaning | null {
	if (/must be shorter than|message too long|exceeds? the (maximum|limit).*size|too long/i.test(text)) return TOO_LARGE;
	if (/region is missing/i.test(text)) return { code: 'settings', what: 'AWS has no region', hint: 'Give the region' };
	if (/not authorized to perform/i.test(text)) return RIGHTS;
	if (/could not load credentials|unable to locate credentials/i.test(text)) return KEYS;
	return null;
}

function meaningOfStatus(cause: unknown): Meaning | null {
	const metadata: unknown = typeof cause === 'object' && cause !== null ? Reflect.get(cause, '$metadata') : null;
	const status: unknown =
		typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, 'httpStatusCode') : null;
	if (typeof status !== 'number') return null;
	if (status >= 500) return AWAY;
	if (status === 401 || status === 403) return REFUSED;
	return status === 429 ? THROTTLED : null;
}

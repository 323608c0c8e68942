/**
 * What Kafka and its client say, as our errors. Neither ever tells a password; what the client says of addresses stays.
 */
import { EventBusError, isEventBusError, messageOf, type ErrorCode } from '../../kernel/errors';
import { ClosedAtOnceError, isLinkError, isRefusedLogin, isTlsError } from './linkErrors';
import { CODE, KafkaError } from './protocol';

interface Meaning {
	readonly code: ErrorCode;
	readonly what: string;
	readonly hint?: string;
	readonly retryable?: boolean;
}

const RIGHTS = 'Grant the rights that the documentation of this broker lists (kafka-acls)';

const MEANINGS: Readonly<Record<number, Meaning>> = {
	[CODE.unknownServerError]: {
		code: 'unreachable',
		what: 'Kafka has an internal error',
		hint: 'See the log of the server',
	},
	[CODE.unknownTopic]: {
		code: 'not-found',
		what: 'Kafka has no such topic',
		hint: 'Create it, check its name, or let Provision create it',
	},
	[CODE.messageTooLarge]: {
		code: 'too-large',
		what: 'The message is larger than the topic takes',
		hint: 'Store large content elsewhere and publish a reference to it, or raise max.message.bytes of the topic',
	},
	[CODE.recordListTooLarge]: { code: 'too-large', what: 'The message is larger than a segment of the topic' },
	[CODE.offsetMetadataTooLarge]: {
		code: 'settings',
		what: 'Kafka takes too few bytes beside a position',
		hint: 'Set offset.metadata.max.bytes of the servers to 4096, which is its default',
	},
	[CODE.invalidTopic]: { code: 'settings', what: 'Kafka does not take this name for a topic' },
	[CODE.invalidSessionTimeout]: {
		code: 'settings',
		what: 'Kafka does not take the lease as a session timeout',
		hint: 'Use a lease between group.min.session.timeout.ms and group.max.session.timeout.ms of the server',
	},
	[CODE.topicAuthorization]: { code: 'auth', what: 'The Kafka user lacks a right on the topic', hint: RIGHTS },
	[CODE.groupAuthorization]: { code: 'auth', what: 'The Kafka user lacks a right on the group', hint: RIGHTS },
	[CODE.clusterAuthorization]: { code: 'auth', what: 'The Kafka user lacks a right on the cluster', hint: RIGHTS },
	[CODE.saslAuthenticationFailed]: {
		code: 'auth',
		what: 'Kafka refused the login',
		hint: 'Check Login, user and password in the credential',
	},
	[CODE.invalidPartitions]: { code: 'settings', what: 'Kafka does not take this number of partitions' },
	[CODE.invalidReplicationFactor]: {
		code: 'settings',
		what: 'Kafka does not take this replication factor',
		hint: 'Use at most as many replicas as there are brokers, or -1 for the default of the cluster',
	},
	[CODE.invalidConfig]: { code: 'settings', what: 'Kafka refused a setting of the topic' },
	[CODE.policyViolation]: { code: 'settings', what: 'A policy of the cluster forbids such a topic' },
	[CODE.inconsistentProtocol]: {
		code: 'conflict',
		what: 'Another program reads with this group.id',
		hint: 'Use another consumer group',
	},
	[CODE.nonEmptyGroup]: {
		code: 'conflict',
		what: 'The consumer group has members',
		hint: 'Stop its consumers first',
	},
	[CODE.kafkaStorage]: { code: 'storage', what: 'Kafka cannot store to its disk', retryable: true },
	[CODE.requestTimedOut]: { code: 'timeout', what: 'Kafka could not store it in time' },
	[CODE.notEnoughReplicas]: { code: 'unreachable', what: 'Too few replicas of the partition are in sync' },
	[CODE.notEnoughReplicasAfterAppend]: { code: 'unreachable', what: 'Too few replicas of the partition are in sync' },
	[CODE.leaderNotAvailable]: { code: 'unreachable', what: 'The partition has no leader at the moment' },
	[CODE.notLeader]: { code: 'unreachable', what: 'The partition has moved to another broker' },
	[CODE.coordinatorLoading]: { code: 'unreachable', what: 'The coordinator of the group is starting' },
	[CODE.coordinatorNotAvailable]: { code: 'unreachable', what: 'The group has no coordinator at the moment' },
	[CODE.notCoordinator]: { code: 'unreachable', what: 'The coordinator of the group has moved' },
	[CODE.notController]: { code: 'unreachable', what: 'The controller of the cluster has moved' },
};

/** The same request may succeed a moment later, perhaps at another server. */
const PASSING: ReadonlySet<number> = new Set([
	CODE.unknownServerError,
	CODE.leaderNotAvailable,
	CODE.notLeader,
	CODE.requestTimedOut,
	CODE.coordinatorLoading,
	CODE.coordinatorNotAvailable,
	CODE.notCoordinator,
	CODE.notController,
	CODE.notEnoughReplicas,
	CODE.notEnoughReplicasAfterAppend,
	CODE.fencedLeaderEpoch,
	CODE.unknownLeaderEpoch,
	CODE.kafkaStorage,
]);

/** By what Node says of a handshake that failed. */
const TLS_HINTS: readonly (readonly [RegExp, string])[] = [
	[
		/altname|does not match|Hostname\/IP/i,
		'Connect by a name that is in the certificate of the server, or give that name as Server Name in the credential',
	],
	[/has expired|not yet valid/i, 'Renew the certificate of the server'],
	[
		/unable to|self.signed|issuer/i,
		'Give the certificate of the authority that signed the server’s as CA Certificate in the credential',
	],
	[/alert/i, 'Give Client Certificate and Client Key in the credential, signed by an authority that the server knows'],
];

export function isPassing(code: number): boolean {
	return PASSING.has(code);
}

/** Whether trying again on the same subscription can help. */
export function mayPass(error: unknown): boolean {
	return error instanceof KafkaError ? isPassing(error.code) : isLinkError(error);
}

/** Throws for every code but 0. @param what 'the topic orders' */
export function check(errorCode: number, what: string): void {
	if (errorCode !== CODE.none) throw new KafkaError(errorCode, what);
}

/** @param doing what was being done, as it continues "while …" */
export function kafkaError(cause: unknown, doing: string): EventBusError {
	if (isEventBusError(cause)) return cause;
	if (cause instanceof KafkaError) {
		const known = MEANINGS[cause.code];
		const { code, hint, retryable } = known ?? { code: 'bug' };
		return new EventBusError(
			code,
			`${known?.what ?? `Kafka answered with error ${cause.code}`} (while ${doing}): ${cause.message}`,
			{ cause, ...(hint !== undefined && { hint }), ...(retryable !== undefined && { retryable }) },
		);
	}
	const message = messageOf(cause).slice(0, 300);
	if (isTlsError(cause)) {
		return new EventBusError('auth', `The TLS handshake with Kafka failed while ${doing}: ${message}`, {
			cause,
			hint: TLS_HINTS.find(([text]) => text.test(message))?.[1] ?? 'Check the certificates in the credential',
		});
	}
	if (cause instanceof ClosedAtOnceError) {
		return new EventBusError('unreachable', `Kafka closes the connection at once, without a word (while ${doing})`, {
			cause,
			hint: 'Check in the credential whether this port wants Use TLS and a Login, and whether Kafka is running well',
		});
	}
	if (isLinkError(cause)) {
		return new EventBusError('unreachable', `Kafka did not answer while ${doing}: ${message}`, {
			cause,
			hint: 'Check the addresses in the credential, and that Kafka announces addresses that can be reached from here (advertised.listeners)',
		});
	}
	if (isRefusedLogin(cause)) {
		return new EventBusError('auth', `Kafka refused the login while ${doing}: ${message}`, {
			cause,
			hint: /SASL state/i.test(message)
				? 'This port takes no login: choose Login None in the credential, or the port that takes one'
				: 'Check Login, user and password in the credential',
		});
	}
	return new EventBusError('bug', `${message} (while ${doing})`, { cause });
}

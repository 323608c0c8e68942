/**
 * A dead letter on the wire: the original message, byte for byte, with the reason in headers named `eb-dl-…`.
 */
import type { Source, WireMessage } from '../broker/types';
import { DEAD_LETTER_HEADER, HEADER } from '../event/headers';
import { headerText, redrivesOf } from './bookkeeping';
import type { FailureHistory } from './inbox';
import type { DeadLetterInfo, DeadLetterReason, RunFailure } from './types';

/** Headers that speak of deliveries that are over; they must not travel on with a redrive. */
const OF_PAST_DELIVERIES: ReadonlySet<string> = new Set<string>([
	...Object.values(DEAD_LETTER_HEADER),
	HEADER.failures,
	HEADER.firstFailureAt,
	HEADER.lastFailureAt,
	HEADER.lastError,
	HEADER.notBefore,
]);

const REASONS: ReadonlySet<string> = new Set<DeadLetterReason>([
	'max_attempts',
	'permanent',
	'rejected',
	'undecodable',
	'unsupported_version',
	'invalid_payload',
	'hop_limit',
	'key_held',
	'broker',
	'expired',
	'timeout',
	'waiting',
]);

export interface DeadLetterFacts {
	readonly reason: DeadLetterReason;
	/** Name and message of the last error. */
	readonly error: string;
	readonly source: Source;
	readonly group: string;
	/** Milliseconds since the epoch. */
	readonly at: number;
	readonly history: FailureHistory;
	readonly position: string;
	readonly run?: Pick<RunFailure, 'workflowId' | 'executionId'>;
	/** Kept, so that a foreign message has the same id after a redrive. */
	readonly eventId: string | null;
}

export function toDeadLetter(message: WireMessage, facts: DeadLetterFacts): WireMessage {
	const { history, run } = facts;
	const headers: Record<string, string> = {
		...withoutPast(message.headers),
		[DEAD_LETTER_HEADER.reason]: facts.reason,
		[DEAD_LETTER_HEADER.error]: headerText(facts.error),
		[DEAD_LETTER_HEADER.attempts]: String(history.failures),
		[DEAD_LETTER_HEADER.channel]: nameOf(facts.source),
		[DEAD_LETTER_HEADER.group]: facts.group,
		[DEAD_LETTER_HEADER.at]: String(facts.at),
		[DEAD_LETTER_HEADER.position]: facts.position,
	};
	if (history.firstFailureAt !== null) {
		headers[DEAD_LETTER_HEADER.firstFailureAt] = String(history.firstFailureAt);
		headers[DEAD_LETTER_HEADER.lastFailureAt] = String(facts.at);
	}
	if (run?.workflowId !== undefined) headers[DEAD_LETTER_HEADER.workflowId] = run.workflowId;
	if (run?.executionId !== undefined) headers[DEAD_LETTER_HEADER.executionId] = run.executionId;
	if (facts.eventId !== null) headers[HEADER.eventId] = facts.eventId;
	return { ...timeless(message), id: `${message.id}:dead:${redrivesOf(message)}`, headers };
}

/** Reads the reason back. A message that the broker itself dead-lettered has none of our headers: reason `broker`. */
export function readDeadLetter(
	id: string,
	message: WireMessage,
	fallback: { channel: string; group: string },
): DeadLetterInfo {
	const { headers } = message;
	const reason = headers[DEAD_LETTER_HEADER.reason] ?? '';
	const firstFailureAt = isoTime(headers[DEAD_LETTER_HEADER.firstFailureAt]);
	const lastFailureAt = isoTime(headers[DEAD_LETTER_HEADER.lastFailureAt]);
	const workflowId = headers[DEAD_LETTER_HEADER.workflowId];
	const executionId = headers[DEAD_LETTER_HEADER.executionId];
	return {
		id,
		reason: isReason(reason) ? reason : 'broker',
		error: headers[DEAD_LETTER_HEADER.error] ?? 'The broker gave the message up',
		attempts: Number(headers[DEAD_LETTER_HEADER.attempts] ?? 0),
		channel: headers[DEAD_LETTER_HEADER.channel] ?? fallback.channel,
		group: headers[DEAD_LETTER_HEADER.group] ?? fallback.group,
		dead_lettered_at: isoTime(headers[DEAD_LETTER_HEADER.at]) ?? new Date(0).toISOString(),
		...(firstFailureAt === undefined ? {} : { first_failure_at: firstFailureAt }),
		...(lastFailureAt === undefined ? {} : { last_failure_at: lastFailureAt }),
		...(workflowId === undefined ? {} : { workflow_id: workflowId }),
		...(executionId === undefined ? {} : { execution_id: executionId }),
		position: headers[DEAD_LETTER_HEADER.position] ?? '',
		redrives: redrivesOf(message),
	};
}

/** The message as the group gets it again: the original, with attempts reset and one redrive more. */
export function toRedrive(message: WireMessage): WireMessage {
	const redrives = redrivesOf(message) + 1;
	const id = message.id.replace(/:dead:\d+$/, '').replace(/:redrive:\d+$/, '');
	return {
		...timeless(message),
		// A new id for each redrive: a broker that drops equal ids (SQS FIFO, 5 minutes) would drop the redrive.
		id: `${id}:redrive:${redrives}`,
		headers: { ...withoutPast(message.headers), [HEADER.redrives]: String(redrives) },
	};
}

export function nameOf(source: Source): string {
	return source.kind === 'channel' ? source.channel : source.name;
}

/** Neither a delay nor an expiry of the original applies to a dead letter. */
function timeless({ id, type, body, headers, orderingKey }: WireMessage): WireMessage {
	return { id, type, body, headers, ...(orderingKey === undefined ? {} : { orderingKey }) };
}

function withoutPast(headers: WireMessage['headers']): Record<string, string> {
	return Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_PAST_DELIVERIES.has(name)));
}

function isReason(text: string): text is DeadLetterReason {
	return REASONS.has(text);
}

function isoTime(text: string | undefined): string | undefined {
	const time = Number(text);
	return text === undefined || !Number.isFinite(time) ? undefined : new Date(time).toISOString();
}

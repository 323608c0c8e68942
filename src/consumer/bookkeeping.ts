/**
 * What a message carries for us between two deliveries, in headers named `eb-…`.
 *
 * A retry copy takes its failures along, so that attempts survive restarts and are the same on every broker.
 */
import type { WireMessage } from '../broker/types';
import { HEADER } from '../event/headers';
import type { FailureHistory } from './inbox';

/** Long enough to recognise an error, short enough for every broker's header limits. */
const MAX_ERROR_LENGTH = 1000;

type Headers = Readonly<Record<string, string>>;

export function failureHistoryOf(message: WireMessage): FailureHistory {
	return {
		failures: numberOf(message.headers, HEADER.failures) ?? 0,
		firstFailureAt: numberOf(message.headers, HEADER.firstFailureAt),
		lastError: message.headers[HEADER.lastError] ?? null,
		notBefore: numberOf(message.headers, HEADER.notBefore) ?? message.notBefore ?? null,
	};
}

/** How often the message was redriven from the dead letters. */
export function redrivesOf(message: WireMessage): number {
	return numberOf(message.headers, HEADER.redrives) ?? 0;
}

/** The history with one more failed run. */
export function withFailure(history: FailureHistory, at: number, error: string): FailureHistory {
	return {
		failures: history.failures + 1,
		firstFailureAt: history.firstFailureAt ?? at,
		lastError: shortError(error),
		notBefore: null,
	};
}

/** The headers of a retry copy. */
export function retryHeaders(history: FailureHistory, eventId: string, at: number, notBefore: number): Headers {
	return {
		[HEADER.failures]: String(history.failures),
		...(history.firstFailureAt === null ? {} : { [HEADER.firstFailureAt]: String(history.firstFailureAt) }),
		[HEADER.lastFailureAt]: String(at),
		...(history.lastError === null ? {} : { [HEADER.lastError]: headerText(history.lastError) }),
		...deferHeaders(eventId, notBefore),
	};
}

/** The headers of a message that is put off without a failed run. */
export function deferHeaders(eventId: string, notBefore: number): Headers {
	return { [HEADER.notBefore]: String(notBefore), [HEADER.eventId]: eventId };
}

/**
 * Of the two places that count failures the one that knows more: a retry copy carries headers, a message that was only
 * held has its count in the inbox.
 */
export function mergeHistories(carried: FailureHistory, inbox: FailureHistory): FailureHistory {
	return inbox.failures > carried.failures ? inbox : { ...carried, notBefore: inbox.notBefore ?? carried.notBefore };
}

export function shortError(error: string): string {
	return error.length > MAX_ERROR_LENGTH ? `${error.slice(0, MAX_ERROR_LENGTH - 1)}…` : error;
}

/** Header values travel as one line of printable text on every broker. */
export function headerText(text: string): string {
	return shortError(text.replace(/[\u0000-\u001f\u007f]+/g, ' '));
}

function numberOf(headers: Headers, name: string): number | null {
	const text = headers[name];
	if (text === undefined) return null;
	const value = Number(text);
	return Number.isFinite(value) ? value : null;
}

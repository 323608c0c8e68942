/**
 * Event types, and the patterns a group of consumers listens to.
 *
 * A type is dot-separated words. In a pattern `*` stands for exactly one word and `#` for any number of words, also none.
 * A pattern may carry a version with the same wildcards: `order.created@1.*`.
 */
import { EventBusError } from '../kernel/errors';
import { MAX_LENGTH } from './limits';

/** More is a list of services, not of what one service wants; SNS and RabbitMQ get slow or refuse far above. */
const MAX_PATTERNS = 50;

/** ASCII only, so that a type is as long in bytes as in characters; `/` and `:` occur in CloudEvents types. */
const WORD = /^[A-Za-z0-9_:/-]+$/;
const ALLOWED = 'letters, digits and _ - : / in words separated by dots';
const ONE = '*';
const ANY = '#';

export type EventMatcher = (type: string, version: string) => boolean;

/**
 * The patterns as every member of a group must give them: trimmed, each once, sorted.
 *
 * @throws EventBusError `settings`
 */
export function checkTypePatterns(patterns: readonly string[]): readonly string[] {
	const trimmed = patterns.map((pattern) => pattern.trim());
	if (trimmed.length === 0) {
		throw new EventBusError('settings', 'No event type is given', {
			hint: 'Name at least one type, such as order.created, or # for every event',
		});
	}
	trimmed.forEach(parsePattern);
	const distinct = [...new Set(trimmed)].sort();
	if (distinct.length > MAX_PATTERNS) {
		throw new EventBusError('settings', `${distinct.length} event types are given, and ${MAX_PATTERNS} are allowed`, {
			hint: 'Use wildcards: order.* stands for every type of two words that begins with order',
		});
	}
	return distinct;
}

/**
 * Whether a type and a version match one of the patterns. Takes at most (words of the type × words of the patterns) steps.
 *
 * @throws EventBusError `settings` for a pattern that `checkTypePatterns` refuses
 */
export function matcherOf(patterns: readonly string[]): EventMatcher {
	const parsed = patterns.map((pattern) => parsePattern(pattern.trim()));
	return (type, version) => {
		const typeWords = type.split('.');
		const versionWords = version.split('.');
		return parsed.some(
			(pattern) => matchesWords(pattern.type, typeWords) && matchesWords(pattern.version, versionWords),
		);
	};
}

/** Whether the text has wildcards: it cannot be the type of an event. */
export function isPattern(type: string): boolean {
	return type.includes(ONE) || type.includes(ANY);
}

/**
 * The type under which an event is published, trimmed.
 *
 * @throws EventBusError `settings`
 */
export function checkEventType(type: string): string {
	const trimmed = type.trim();
	if (isPattern(trimmed)) {
		throw new EventBusError('settings', `"${shorten(trimmed)}" is a pattern, not the type of an event`, {
			hint: 'Publish under one type, such as order.created; wildcards belong to the trigger that listens',
		});
	}
	if (trimmed.includes('@')) {
		throw new EventBusError('settings', `The event type "${shorten(trimmed)}" contains an @`, {
			hint: 'Give the version of an event in its own field; only patterns carry it in the type',
		});
	}
	checkLength(trimmed, 'event type');
	checkWords(trimmed, 'event type', false);
	return trimmed;
}

/** Whether `checkEventType` takes it. */
export function isEventType(type: string): boolean {
	return type.length <= MAX_LENGTH.event_type && type.split('.').every((word) => WORD.test(word));
}

/**
 * The version under which an event is published, trimmed: words as in a type, so that patterns can name it.
 *
 * @throws EventBusError `settings`
 */
export function checkEventVersion(version: string): string {
	const trimmed = version.trim();
	checkWords(trimmed, 'event version', false);
	return trimmed;
}

interface Pattern {
	readonly type: readonly string[];
	readonly version: readonly string[];
}

function parsePattern(pattern: string): Pattern {
	checkLength(pattern, 'pattern');
	const at = pattern.indexOf('@');
	if (at < 0) return { type: checkWords(pattern, 'pattern', true), version: [ANY] };
	return {
		type: checkWords(pattern.slice(0, at), 'pattern', true),
		version: checkWords(pattern.slice(at + 1), 'version in a pattern', true),
	};
}

function checkWords(text: string, what: string, wildcards: boolean): readonly string[] {
	const words = text.split('.');
	for (const word of words) {
		if (wildcards && (word === ONE || word === ANY)) continue;
		if (WORD.test(word)) continue;
		throw new EventBusError('settings', `The ${what} "${shorten(text)}" ${problemOf(word, text)}`, {
			hint: hintFor(word, text),
		});
	}
	return words;
}

function problemOf(word: string, text: string): string {
	if (text === '') return 'is empty';
	if (word === '') return 'has an empty word';
	if (isPattern(word)) return `has a wildcard inside the word "${shorten(word)}"`;
	return `has a word with other characters, "${shorten(word)}"`;
}

function hintFor(word: string, text: string): string {
	if (text === '') return 'Name a type, such as order.created, or # for every event';
	if (word === '') return 'Remove the dot at the begin or end, or one of two dots that follow each other';
	if (isPattern(word)) return 'A wildcard stands for whole words: order.* or order.#, not ord*';
	if (word.includes(',')) return 'Give several types as several entries of the list';
	return `Use ${ALLOWED}`;
}

function checkLength(text: string, what: string): void {
	if (text.length <= MAX_LENGTH.event_type) return;
	throw new EventBusError(
		'settings',
		`The ${what} "${shorten(text)}" is longer than ${MAX_LENGTH.event_type} characters`,
		{
			hint: 'Use a shorter one; what differs from event to event belongs into the subject or the payload',
		},
	);
}

function shorten(text: string): string {
	return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/**
 * Glob matching over words. After a mismatch only the latest `#` takes one word more: an earlier one could not reach
 * further, so nothing is tried twice and many `#` cost no more than one.
 */
function matchesWords(pattern: readonly string[], words: readonly string[]): boolean {
	let at = 0;
	let wordAt = 0;
	let lastAny = -1;
	let resumeAt = 0;
	while (wordAt < words.length) {
		const expected = pattern[at];
		if (expected === ANY) {
			lastAny = at++;
			resumeAt = wordAt;
		} else if (expected === ONE || (expected !== undefined && expected === words[wordAt])) {
			at++;
			wordAt++;
		} else if (lastAny >= 0) {
			at = lastAny + 1;
			wordAt = ++resumeAt;
		} else {
			return false;
		}
	}
	while (pattern[at] === ANY) at++;
	return at === pattern.length;
}

/**
 * Where events are that are in no channel of the bus, as a flow map calls it.
 *
 * A map shows who publishes to and who reads from a place. Of some places it cannot know everybody.
 */

/** The log of the event store: what is appended is kept there, whether or not anybody reads it. */
export const EVENT_STORE = 'event store';

const DEAD_LETTERS = 'dead letters of ';
const EXISTING = 'existing ';

/** What a trigger on dead letters reads. */
export function deadLettersOf(channel: string): string {
	return `${DEAD_LETTERS}${channel}`;
}

/** A queue, topic or stream that somebody else owns. */
export function existing(name: string): string {
	return `${EXISTING}${name}`;
}

/** A value of a workflow that is known only when it runs: n8n marks expressions so. */
export function isExpression(text: string): boolean {
	return text.startsWith('=');
}

/** Whether others publish there that a map does not show. */
export function hasUnknownPublishers(place: string): boolean {
	return place.startsWith(DEAD_LETTERS) || place.startsWith(EXISTING) || isExpression(place);
}

/** Whether an event that nobody on the map reads is all right there. */
export function hasUnknownReaders(place: string): boolean {
	return place.startsWith(EVENT_STORE) || place.startsWith(EXISTING) || isExpression(place);
}

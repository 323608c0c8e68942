/**
 * What a queue of ours says about itself in its tags: whose it is, what the group wants, and who reads it.
 *
 * Values of tags take letters, digits, blanks and a few marks, so the wildcards of patterns are written as others.
 */
import { createHash } from 'node:crypto';

const SOURCE = 'event-bus:source';
const GROUP = 'event-bus:group';
const TYPES = 'event-bus:types';
const LIFETIME = 'event-bus:lifetime';
const TOPIC = 'event-bus:topic';
const MEMBER = 'event-bus:member:';

const MAX_VALUE_LENGTH = 256;

export type Tags = Readonly<Record<string, string>>;

export interface QueueFacts {
	/** 'channel orders', 'queue legacy', 'dead letters of channel orders'. */
	readonly source: string;
	readonly group: string;
	readonly types: readonly string[];
	readonly lifetime: 'durable' | 'ephemeral';
	/** ARN of the topic it is subscribed to; '' for none. */
	readonly topic: string;
}

export interface Member {
	readonly id: string;
	readonly types: string;
	/** Milliseconds since the epoch. */
	readonly joinedAt: number;
	/** Gone, if it was not heard of until then, milliseconds since the epoch. */
	readonly until: number;
}

export function factTags({ source, group, types, lifetime, topic }: QueueFacts): Record<string, string> {
	return { [SOURCE]: source, [GROUP]: group, [LIFETIME]: lifetime, [TYPES]: typesTag(types), [TOPIC]: topic };
}

/** null: the queue is none of ours. */
export function readFacts(tags: Tags): QueueFacts | null {
	const { [SOURCE]: source, [GROUP]: group, [TYPES]: types = '', [TOPIC]: topic = '' } = tags;
	if (source === undefined || group === undefined) return null;
	const lifetime = tags[LIFETIME] === 'ephemeral' ? 'ephemeral' : 'durable';
	return { source, group, types: readTypes(types), lifetime, topic };
}

export function memberTag({ id, types, joinedAt, until }: Member): Record<string, string> {
	return { [memberKey(id)]: `${joinedAt} ${until} ${types}` };
}

/** @param id as `memberId` gives it */
export function memberKey(id: string): string {
	return `${MEMBER}${id}`;
}

/** What a consumer is called in a tag. */
export function memberId(consumer: string): string {
	return /^[\w-]{1,80}$/.test(consumer) ? consumer : codeOf([consumer]);
}

export function readMembers(tags: Tags): readonly Member[] {
	return Object.entries(tags).flatMap(([key, value]) => {
		if (!key.startsWith(MEMBER)) return [];
		const [joinedAt = '', until = '', types = ''] = value.split(' ');
		return [{ id: key.slice(MEMBER.length), joinedAt: Number(joinedAt), until: Number(until), types }];
	});
}

/** Equal for equal types. */
export function codeOf(types: readonly string[]): string {
	return createHash('sha256').update(JSON.stringify(types)).digest('hex').slice(0, 16);
}

/** Whether the tags say other types than these. */
export function saysOtherTypes(tags: Tags, types: readonly string[]): boolean {
	return tags[TYPES] !== typesTag(types);
}

function typesTag(types: readonly string[]): string {
	const text = types.join(' ').replaceAll('*', '=').replaceAll('#', '+');
	return text.length <= MAX_VALUE_LENGTH ? text : `code ${codeOf(types)}`;
}

function readTypes(text: string): readonly string[] {
	if (text === '' || /^code [0-9a-f]{16}$/.test(text)) return [];
	return text.replaceAll('=', '*').replaceAll('+', '#').split(' ');
}

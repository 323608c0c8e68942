/**
 * What things are called at Google, where an id has 3 to 255 letters, digits and -_.~+%, begins with a letter, and not
 * with "goog".
 *
 * A topic keeps the name of its channel. What belongs to a channel is joined with `~`, which no name of ours can hold.
 */
import { createHash } from 'node:crypto';
import type { Source, SubscribeOptions } from '../../broker/types';

const JOIN = '~';
/** Before a channel whose name Google would not take. */
const CODED = `eb${JOIN}`;
/** Parts that can be no channel after it, because Google takes them as they are. */
const TEMPORARY = `${CODED}tmp${JOIN}`;
const EXISTING = `${CODED}existing${JOIN}`;
const RETRY = `${JOIN}retry`;
const DEAD_LETTERS = `${JOIN}dead-letters`;
const ORDERED = `${JOIN}ordered`;
/** Where the name of a group stands otherwise. */
const EVERY_GROUP = JOIN;
const MAX_LENGTH = 255;
const HASH_LENGTH = 20;

const PROJECT = /^(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

export function isProjectId(text: string): boolean {
	return PROJECT.test(text);
}

export function topicId(channel: string): string {
	return isId(channel) ? channel : `${CODED}${channel}`;
}

/** null: this topic is no channel. */
export function channelOfTopic(id: string): string | null {
	const channel = id.startsWith(CODED) ? id.slice(CODED.length) : id;
	return channel.includes(JOIN) || topicId(channel) !== id ? null : channel;
}

export type GroupKind = Pick<SubscribeOptions, 'lifetime' | 'ordered'>;

/** The subscription of a group that reads a channel, or the dead letters of a source. Its order can never be changed. */
export function groupId(from: SubscribeOptions['from'], group: string, { lifetime, ordered }: GroupKind): string {
	const temporary = lifetime === 'ephemeral' ? TEMPORARY : '';
	return shortened(`${temporary}${baseOf(from)}${JOIN}${group}${ordered ? ORDERED : ''}`);
}

/** The topic of a group's copies, and the subscription that reads them. */
export function retryId(of: SubscribeOptions['from'], group: string): string {
	return shortened(`${baseOf(of)}${JOIN}${group}${RETRY}`);
}

/** The topic with the dead letters of all groups of a source. */
export function deadLetterTopicId(of: Source): string {
	return shortened(`${baseOf(of)}${DEAD_LETTERS}`);
}

/** The subscription that keeps the dead letters of one group. */
export function deadLetterId(of: Source, group: string): string {
	return shortened(`${baseOf(of)}${JOIN}${group}${DEAD_LETTERS}`);
}

/** 'projects/p/topics/orders' of 'orders'; what is a path already is left. */
export function pathOf(project: string, kind: 'topics' | 'subscriptions', id: string): string {
	return id.startsWith('projects/') ? id : `projects/${project}/${kind}/${id}`;
}

/** 'orders' of 'projects/p/topics/orders'. */
export function bareId(path: string): string {
	return path.split('/').at(-1) ?? path;
}

function baseOf(from: SubscribeOptions['from']): string {
	switch (from.kind) {
		case 'channel':
			return topicId(from.channel);
		case 'existing':
			return `${EXISTING}${from.name.replaceAll(/[^A-Za-z0-9._-]/g, '+')}`;
		case 'dead-letters':
			return `${baseOf(from.of)}${from.group === null ? EVERY_GROUP : `${JOIN}${from.group}`}${DEAD_LETTERS}`;
	}
}

function isId(name: string): boolean {
	return /^(?!goog)[A-Za-z].{2,}$/i.test(name);
}

function shortened(id: string): string {
	if (id.length <= MAX_LENGTH) return id;
	const hash = createHash('sha256').update(id).digest('hex').slice(0, HASH_LENGTH);
	return `${id.slice(0, MAX_LENGTH - JOIN.length - HASH_LENGTH)}${JOIN}${hash}`;
}

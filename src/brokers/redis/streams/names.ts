/**
 * The keys of a stream and of what is ours beside it. All of them lie in one slot of a Cluster, so that a script may
 * touch them at once, and the stream keeps its plain name.
 */
import type { Source, SubscribeOptions } from '../../../broker/types';
import { EventBusError } from '../../../kernel/errors';
import { hashTagOf } from '../slot';

/** Set: every channel of ours; the janitor goes by it. */
export const CHANNELS = 'event-bus:channels';
/** Set: streams of others that a group of ours reads: swept, and never trimmed. */
export const EXISTING = 'event-bus:existing';
export const JANITOR = 'event-bus:janitor';

/** What belongs to a channel as a whole. */
export interface ChannelKeys {
	readonly stream: string;
	/** Of the groups that read the stream. */
	readonly home: string;
	/** Hash: the channel's retention. */
	readonly channel: string;
	/** Set: groups that have dead letters. */
	readonly deadLetterGroups: string;
	/** Set: homes of groups that listen to dead letters. */
	readonly listeners: string;
}

export interface GroupKeys {
	/** Hash: what the group reads and how. */
	readonly record: string;
	/** Sorted set: until when each member is known to live. */
	readonly members: string;
	/** The one member that reads, where order is kept. */
	readonly active: string;
	/** Stream: what only this group gets. */
	readonly ready: string;
	/** Sorted set: copies by the time they are due. */
	readonly retry: string;
}

/** @throws EventBusError `unsupported` when the name has a lone }, which no hash tag can hold, and `isCluster` */
export function channelKeys(stream: string, isCluster: boolean): ChannelKeys {
	const prefix = prefixOf(stream, isCluster);
	return {
		stream,
		home: prefix,
		channel: `${prefix}/channel`,
		deadLetterGroups: `${prefix}/dead-letters`,
		listeners: `${prefix}/listeners`,
	};
}

export function groupKeys(home: string, group: string): GroupKeys {
	const prefix = `${home}${group}`;
	return {
		record: `${prefix}/group`,
		members: `${prefix}/members`,
		active: `${prefix}/active`,
		ready: `${prefix}/ready`,
		retry: `${prefix}/retry`,
	};
}

/** Hash: the types of every group, by its name. */
export function groupsKey(home: string): string {
	return `${home}/groups`;
}

export function deadLettersKey({ home }: ChannelKeys, group: string): string {
	return `${home}${group}/dead-letters`;
}

/** Where the records of the groups are that read this. */
export function homeOf(from: SubscribeOptions['from'], isCluster: boolean): string {
	const keys = channelKeys(streamOf(from), isCluster);
	if (from.kind !== 'dead-letters') return keys.home;
	return from.group === null ? `${keys.deadLetterGroups}:` : `${deadLettersKey(keys, from.group)}:`;
}

/** The stream that somebody would name. */
export function streamOf(from: SubscribeOptions['from'] | Source): string {
	if (from.kind === 'dead-letters') return streamOf(from.of);
	return from.kind === 'channel' ? from.channel : from.name;
}

function prefixOf(stream: string, isCluster: boolean): string {
	// Two colons, or {a} of somebody else and the channel a would share their keys.
	if (hashTagOf(stream) !== null) return `${stream}::`;
	if (stream.includes('}') && isCluster) {
		throw new EventBusError('unsupported', `In a Cluster nothing can be kept beside the stream "${stream}"`, {
			hint: 'The name has a } without a hash tag before it: use a stream with another name',
		});
	}
	return `{${stream}}:`;
}

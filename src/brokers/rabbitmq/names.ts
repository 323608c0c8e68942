/**
 * Exchanges and queues by name. Channels and groups have neither `:` nor `/` in theirs (src/broker/names), so no two of
 * these are the same; where an existing queue is the source, a `/` follows its name.
 */
import type { Address, Source, SubscribeOptions } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';

/** Takes the copies whose delay is over back to the queue they came from. */
export const RETURN_EXCHANGE = 'event-bus.return';
/** Exchange and queue of copies whose queue is gone meanwhile. Without it they would block those behind them. */
export const UNCLAIMED = 'event-bus.unclaimed';
/** Records of the channels that were made. */
export const CHANNELS = 'event-bus.channels';
export const CHANNELS_TURNS = 'event-bus.channels.turns';

const MAX_BYTES = 255;

type DeadLetters = Extract<Address, { kind: 'dead-letters' }>;

/** Exchange and queue of copies that wait so long. */
export function tierName(delayMs: number): string {
	return `event-bus.delay.${delayMs}`;
}

/** The exchange or queue that somebody would name. */
export function nativeName(source: Source): string {
	return source.kind === 'channel' ? source.channel : source.name;
}

/** Records of the groups that read the source or its dead letters. */
export function recordsQueue(source: Source): string {
	return fitting(`${home(source)}:groups`);
}

/** Decides whose turn it is to look through the records or the dead letters of a source. */
export function turnsQueue(source: Source): string {
	return fitting(`${home(source)}:turns`);
}

/** Routes dead letters by the name of their group, also to those who listen to them. */
export function deadLetterExchange(source: Source): string {
	return fitting(`${home(source)}:dead`);
}

export function deadLetterQueue(source: Source, group: string): string {
	return fitting(`${home(source)}${group}:dead`);
}

/** What a group reads. */
export interface GroupNames {
	/** Identity of its record, and the key by which copies come back: the same whatever kind of queue it has. */
	readonly key: string;
	readonly queue: string;
}

/** @param ordered is part of the name, for it cannot be changed */
export function groupNames(from: Source | DeadLetters, group: string, ordered: boolean): GroupNames {
	// An existing queue is read itself.
	if (from.kind === 'existing') return { key: `${from.name}/${group}`, queue: from.name };
	const key = fitting(from.kind === 'channel' ? `${home(from)}${group}` : `${listenersOf(from)}:${group}`);
	return { key, queue: ordered ? fitting(`${key}:ordered`) : key };
}

export function sourceOf(from: SubscribeOptions['from'] | Address): Source {
	return from.kind === 'dead-letters' || from.kind === 'group' ? from.of : from;
}

function listenersOf({ of, group }: DeadLetters): string {
	return group === null ? deadLetterExchange(of) : deadLetterQueue(of, group);
}

function home(source: Source): string {
	return source.kind === 'channel' ? `${source.channel}:` : `${source.name}/`;
}

function fitting(name: string): string {
	if (Buffer.byteLength(name) <= MAX_BYTES) return name;
	throw new EventBusError('settings', `"${name.slice(0, 60)}…" is too long for the name of a queue`, {
		hint: `RabbitMQ takes ${MAX_BYTES} bytes: use shorter names`,
	});
}

/**
 * What things are called on AWS, where a name takes letters, digits, dashes and underscores.
 *
 * A dot is written as two underscores, and a topic keeps the name of its channel. What belongs to a channel is joined
 * with four, which no name of ours can hold. A name that could be misread, or is too long, carries a code after three.
 */
import { createHash } from 'node:crypto';
import type { Source, SubscribeOptions } from '../../broker/types';

const FIFO = '.fifo';
const DOT = '__';
const JOIN = '____';
const CODED = '___';
const DEAD_LETTERS = `${JOIN}dlq`;
const LISTENERS = `${JOIN}dead-letters`;
/** Parts that begin as no channel and no group can. */
const TEMPORARY = '_tmp';
const EXISTING = '_existing';
const OF_DEAD_LETTERS = '_dead';
const EVERY_GROUP = '_all';
const OURS: ReadonlySet<string> = new Set([TEMPORARY, EXISTING, OF_DEAD_LETTERS, EVERY_GROUP]);

export const EPHEMERAL_PREFIX = `${TEMPORARY}${JOIN}`;

/** SQS allows 80; what may follow has its place. */
const MAX_QUEUE_LENGTH = 80 - DEAD_LETTERS.length - FIFO.length;
const HASH_LENGTH = 20;
const HEAD_LENGTH = MAX_QUEUE_LENGTH - CODED.length - HASH_LENGTH;

export interface Naming {
	readonly fifo: boolean;
}

export function topicName(channel: string, { fifo }: Naming): string {
	return withSuffix(topicBase(channel), fifo);
}

/** null: this topic is no channel. */
export function channelOfTopic(topic: string, { fifo }: Naming): string | null {
	if (isFifoName(topic) !== fifo) return null;
	const base = withoutSuffix(topic);
	const coded = /^___([0-9a-f]+)$/.exec(base)?.[1];
	if (coded !== undefined) return Buffer.from(coded, 'hex').toString();
	return base.includes(CODED) ? null : base.replaceAll(DOT, '.');
}

/** The topic that shows dead letters to whoever listens to them. */
export function listenersTopicName(of: Source, { fifo }: Naming): string {
	const base = of.kind === 'channel' ? topicBase(of.channel) : queueBase([bareName(of.name), EXISTING]);
	return withSuffix(`${base}${LISTENERS}`, fifo);
}

/** The queue of a group that reads a channel, or the dead letters of a source. */
export function groupQueueName(
	from: SubscribeOptions['from'],
	group: string,
	{ fifo, ephemeral = false }: Naming & { readonly ephemeral?: boolean },
): string {
	return withSuffix(groupBase(from, group, ephemeral), fifo);
}

export function deadLetterQueueName(of: Source, group: string, { fifo }: Naming): string {
	return withSuffix(`${groupBase(of, group, false)}${DEAD_LETTERS}`, fifo);
}

/** Every dead letter queue of this source begins with it; those of others may, too. */
export function deadLetterPrefix(of: Source): string {
	const first = of.kind === 'channel' ? of.channel : bareName(of.name);
	return plain(`${first}..`).slice(0, HEAD_LENGTH);
}

export function isDeadLetterQueue(queue: string): boolean {
	return withoutSuffix(queue).endsWith(DEAD_LETTERS);
}

export function isFifoName(name: string): boolean {
	return name.endsWith(FIFO);
}

/** 'orders' of a queue's name, URL or ARN. */
export function bareName(name: string): string {
	return withoutSuffix(name.split(/[/:]/).at(-1) ?? name);
}

function groupBase(from: SubscribeOptions['from'], group: string, ephemeral: boolean): string {
	return queueBase([...(ephemeral ? [TEMPORARY] : []), ...partsOf(from), group]);
}

function partsOf(from: SubscribeOptions['from']): readonly string[] {
	switch (from.kind) {
		case 'channel':
			return [from.channel];
		case 'existing':
			return [bareName(from.name), EXISTING];
		case 'dead-letters':
			return [...partsOf(from.of), from.group ?? EVERY_GROUP, OF_DEAD_LETTERS];
	}
}

function topicBase(channel: string): string {
	return isPlain(channel) ? plain(channel) : `${CODED}${Buffer.from(channel).toString('hex')}`;
}

function queueBase(parts: readonly string[]): string {
	const base = plain(parts.join('..'));
	if (base.length <= MAX_QUEUE_LENGTH && parts.every((part) => OURS.has(part) || isPlain(part))) return base;
	const hash = createHash('sha256').update(parts.join('..')).digest('hex').slice(0, HASH_LENGTH);
	return `${base.slice(0, HEAD_LENGTH)}${CODED}${hash}`;
}

function plain(name: string): string {
	return name.replaceAll('.', DOT).replaceAll(/[^A-Za-z0-9_-]/g, '-');
}

/** Whether every run of underscores in the plain name can be read one way only. */
function isPlain(name: string): boolean {
	return !/^_|__|_\.|\._|_$|[^A-Za-z0-9._-]/.test(name);
}

function withSuffix(base: string, fifo: boolean): string {
	return fifo ? `${base}${FIFO}` : base;
}

function withoutSuffix(name: string): string {
	return isFifoName(name) ? name.slice(0, -FIFO.length) : name;
}

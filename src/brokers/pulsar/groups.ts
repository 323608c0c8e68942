/**
 * What a subscription of ours says about itself in its properties and in the names of its consumers: what the group
 * wants, how it came to where it stands, and who reads it.
 */
import { createHash } from 'node:crypto';
import type { SubscribeOptions } from '../../broker/types';
import { asList, asText, parseJson } from './replies';
import type { ConsumerState, SubscriptionState } from './topics';

const PROPERTY = {
	types: 'event-bus.types',
	generation: 'event-bus.generation',
	retentionMs: 'event-bus.retention-ms',
	readAt: 'event-bus.read-at',
} as const;

const CONSUMER = 'event-bus';

export interface GroupFacts {
	readonly types: readonly string[];
	readonly generation: number;
	readonly retentionMs: number;
	/** When somebody read it last, milliseconds since the epoch. */
	readonly readAt: number;
}

export function toProperties({ types, generation, retentionMs, readAt }: GroupFacts): Record<string, string> {
	return {
		[PROPERTY.types]: JSON.stringify(types),
		[PROPERTY.generation]: String(generation),
		[PROPERTY.retentionMs]: String(retentionMs),
		[PROPERTY.readAt]: String(readAt),
	};
}

/** Those of others beside ours stay. */
export function withFacts(properties: Readonly<Record<string, string>>, facts: GroupFacts): Record<string, string> {
	return { ...properties, ...toProperties(facts) };
}

/** null: the subscription was not made by us. */
export function factsOf({ properties }: Pick<SubscriptionState, 'properties'>): GroupFacts | null {
	const types = properties[PROPERTY.types];
	if (types === undefined) return null;
	return {
		types: asList(parseJson(types)).map(asText),
		generation: Number(properties[PROPERTY.generation]) || 1,
		retentionMs: Number(properties[PROPERTY.retentionMs]) || Infinity,
		readAt: Number(properties[PROPERTY.readAt]) || 0,
	};
}

/** Shown in the server's list of consumers; equal types are seen in it. */
export function consumerName({ types, consumer }: Pick<SubscribeOptions, 'types' | 'consumer'>): string {
	return `${CONSUMER}.${codeOf(types)}.${consumer}`;
}

export function isOurConsumer({ name }: ConsumerState): boolean {
	return name.startsWith(`${CONSUMER}.`);
}

/** A reader of ours that wants other types and was there before this one. */
export function rivalOf(me: ConsumerState, consumers: readonly ConsumerState[]): ConsumerState | null {
	const code = codeIn(me);
	const rivals = consumers.filter((one) => isOurConsumer(one) && one.name !== me.name && codeIn(one) !== code);
	return rivals.find(({ since, name }) => since < me.since || (since === me.since && name < me.name)) ?? null;
}

function codeIn({ name }: ConsumerState): string {
	return name.split('.')[1] ?? '';
}

function codeOf(types: readonly string[]): string {
	return createHash('sha256').update(JSON.stringify(types)).digest('hex').slice(0, 12);
}

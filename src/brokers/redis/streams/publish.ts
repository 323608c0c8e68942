/**
 * Publishing: one entry a message, all in one go, each confirmed or refused for itself.
 */
import { messageSize, tooLargeMessage } from '../../../broker/messageSize';
import type { Address, Outcome, PublishOptions, Stored, WireMessage } from '../../../broker/types';
import { HEADER } from '../../../event/headers';
import { matcherOf } from '../../../event/typePattern';
import { EventBusError, toEventBusError } from '../../../kernel/errors';
import type { RedisLink } from '../client';
import { toFields } from './entry';
import { missingStream } from './membership';
import { channelKeys, deadLettersKey, groupKeys, groupsKey, streamOf, type ChannelKeys } from './names';

/** Other calls of the same link wait behind it, milliseconds. */
const MAX_REPLICA_WAIT_MS = 2000;

interface Target {
	readonly key: string;
	/** What is missing when the stream may not be made and is not there; null: it is made. */
	readonly missing: EventBusError | null;
	readonly channel: ChannelKeys;
	readonly to: Address;
}

export interface PublishLimits {
	readonly maxBytes: number;
	/** How many replicas must have it. */
	readonly replicas: number;
}

export async function publishTo(
	link: RedisLink,
	to: Address,
	messages: readonly WireMessage[],
	options: PublishOptions,
	{ maxBytes, replicas }: PublishLimits,
): Promise<readonly Outcome<Stored>[]> {
	const target = targetOf(to, options, link.isCluster);
	const { key, missing, channel } = target;
	const call = { signal: options.signal, timeoutMs: options.timeoutMs, doing: `publishing to ${key}` };
	if (to.kind === 'dead-letters') {
		// First, so that no dead letter is ever out of sight.
		await link.call(key, ['SADD', channel.deadLetterGroups, String(to.group)], call);
	}
	const command = ['XADD', key, ...(missing === null ? [] : ['NOMKSTREAM']), '*'];
	const adding = messages.map(async (message): Promise<Outcome<{ readonly cursor: string }>> => {
		if (messageSize(message) > maxBytes) return { ok: false, error: tooLargeMessage(message, maxBytes) };
		try {
			const id = await link.call(key, [...command, ...toFields(message, null)], call);
			return id === null && missing !== null ? { ok: false, error: missing } : { ok: true, cursor: String(id) };
		} catch (error) {
			return { ok: false, error: toEventBusError(error, call.doing, 'unreachable') };
		}
	});
	const wanted = matching(link, target, call);
	const added = await Promise.all(adding);
	const matched = await wanted;
	const unsafe = replicas > 0 && added.some(({ ok }) => ok) ? await missingReplicas(link, key, replicas, call) : null;
	if (unsafe) return added.map((outcome) => (outcome.ok ? { ok: false, error: unsafe } : outcome));
	return added.map((outcome, index) => {
		const message = messages[index];
		return outcome.ok && message ? { ...outcome, matched: matched(message) } : (outcome as Outcome<Stored>);
	});
}

function targetOf(to: Address, { provision }: PublishOptions, isCluster: boolean): Target {
	const channel = channelKeys(streamOf(to.kind === 'group' ? to.of : to), isCluster);
	switch (to.kind) {
		case 'channel':
		case 'existing': {
			const mayCreate = to.kind === 'channel' && provision === 'create';
			return { key: channel.stream, missing: mayCreate ? null : missingStream(channel.stream), channel, to };
		}
		case 'group': {
			// Nobody would ever read what is given to a group that does not exist.
			const missing = new EventBusError(
				'not-found',
				`The consumer group "${to.group}" of "${channel.stream}" does not exist`,
				{ hint: 'Activate a trigger with this consumer group first' },
			);
			return { key: groupKeys(channel.home, to.group).ready, missing, channel, to };
		}
		case 'dead-letters':
			if (to.group === null) {
				throw new EventBusError('bug', 'Dead letters belong to a group');
			}
			return { key: deadLettersKey(channel, to.group), missing: null, channel, to };
	}
}

/** Which messages a group wants, of those that exist after the publish. */
async function matching(
	link: RedisLink,
	{ channel, to }: Target,
	call: PublishCall,
): Promise<(message: WireMessage) => Stored['matched']> {
	if (to.kind !== 'channel' && to.kind !== 'existing') return () => 'yes';
	try {
		const key = groupsKey(channel.home);
		const [types, all] = await Promise.all([
			link.call(channel.stream, ['HVALS', key], call),
			link.call(channel.stream, ['XINFO', 'GROUPS', channel.stream], call),
		]);
		const groups = types as readonly string[];
		// A group of others takes everything.
		if ((all as readonly unknown[]).length > groups.length) return () => 'yes';
		const wants = matcherOf(groups.flatMap((one) => JSON.parse(one) as string[]));
		return ({ type, headers }) => {
			if (groups.length === 0) return 'no';
			// What a foreign message is, its readers find out.
			if (type === '') return 'unknown';
			return wants(type, headers[HEADER.eventVersion] ?? '1.0') ? 'yes' : 'no';
		};
	} catch {
		return () => 'unknown';
	}
}

/** Of what this link has sent before. @returns null: enough of them have it */
async function missingReplicas(
	link: RedisLink,
	key: string,
	wanted: number,
	call: PublishCall,
): Promise<EventBusError | null> {
	try {
		const waitMs = Math.min(call.timeoutMs, MAX_REPLICA_WAIT_MS);
		const have = Number(await link.call(key, ['WAIT', String(wanted), String(waitMs)], call));
		if (have >= wanted) return null;
		return new EventBusError(
			'timeout',
			`Only ${have} of ${wanted} replicas of Redis have the event (while ${call.doing})`,
			{
				hint: 'Look at the replicas, or lower Confirmed by Replicas in the credential',
			},
		);
	} catch (error) {
		return toEventBusError(error, call.doing, 'unreachable');
	}
}

type PublishCall = Parameters<RedisLink['call']>[2];

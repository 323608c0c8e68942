/**
 * Being a member of a group: joining it with a position, showing that one lives, and leaving.
 */
import { randomUUID } from 'node:crypto';
import type { FixedStart, SubscribeOptions } from '../../../broker/types';
import { checkTypePatterns } from '../../../event/typePattern';
import { EventBusError, messageOf } from '../../../kernel/errors';
import type { Logger } from '../../../kernel/logger';
import type { RedisLink } from '../client';
import { LEAVE } from './deliveryScripts';
import { BEAT, JOIN } from './groupScripts';
import { channelKeys, groupKeys, groupsKey, homeOf, streamOf, type GroupKeys } from './names';
import { Sources } from './sources';

/** A member that was not heard of for so long is dead, milliseconds. */
const MEMBER_TTL_MS = 15_000;
const BEAT_MS = 5000;
const CALL_MS = 10_000;
/** The least that the right to read in order lasts, milliseconds: shorter, and a busy machine would lose it. */
const MIN_ACTIVE_MS = 3000;

export class Membership {
	private constructor(
		private readonly link: RedisLink,
		private readonly options: SubscribeOptions,
		readonly name: string,
		readonly keys: GroupKeys,
		readonly sources: Sources,
		readonly generation: number,
		private readonly home: string,
	) {
		this.groupLeaseMs = options.leaseMs;
	}

	/** The longest lease of the members that live, milliseconds: what is idle for longer belongs to a dead one. */
	groupLeaseMs: number;

	/** How often `beat` is due, milliseconds. */
	get beatMs(): number {
		return Math.min(BEAT_MS, Math.floor(this.activeMs / 3));
	}

	/** How long the right to read in order lasts without a word, milliseconds. */
	get activeMs(): number {
		return Math.max(this.options.leaseMs, MIN_ACTIVE_MS);
	}

	/** @throws EventBusError `conflict` | `not-found` | `settings` */
	static async join(link: RedisLink, options: SubscribeOptions, logger: Logger): Promise<Membership> {
		const { from, group, consumer, types, lifetime, ordered, retentionMs, leaseMs, provision, start, signal } = options;
		const call = { signal, timeoutMs: CALL_MS };
		const home = homeOf(from, link.isCluster);
		const keys = groupKeys(home, group);
		const sources = await Sources.of(link, options, call);
		// Never the same twice: what a former self held is not ours.
		const name = `${consumer}.${randomUUID().slice(0, 8)}`;
		const mayCreate = provision === 'create';
		const { channel } = channelKeys(streamOf(from), link.isCluster);
		const reply = await link.run(
			JOIN,
			[keys.record, keys.members, groupsKey(home), keys.ready, keys.retry, channel, ...sources.current],
			[
				group,
				name,
				JSON.stringify(checkTypePatterns(types)),
				lifetime,
				ordered ? '1' : '0',
				String(retentionMs),
				String(leaseMs),
				String(MEMBER_TTL_MS),
				from.kind === 'dead-letters' || (mayCreate && from.kind === 'channel') ? '1' : '0',
				// What only lives for a test or a reply is ours alone.
				mayCreate || lifetime === 'ephemeral' || from.kind === 'dead-letters' ? '1' : '0',
				start.at === 'committed' ? 'committed' : 'fixed',
				startId(start.at === 'committed' ? start.otherwise : start),
			],
			{ ...call, doing: `joining the consumer group ${group}` },
		);
		const [state, first = '', second = ''] = reply as readonly string[];
		if (state !== 'ok') throw refusal(state ?? '', first, second, options);
		if (second === 'lost') {
			logger.warn(
				`The consumer group ${group} of ${streamOf(from)} had lost its position on Redis and reads everything that is kept`,
			);
		}
		return new Membership(link, options, name, keys, sources, Number(first), home);
	}

	/** False when the group was removed, or set back by somebody else. */
	async beat(): Promise<boolean> {
		const { record, members, active } = this.keys;
		const lease = await this.link.run(
			BEAT,
			[record, members, active],
			[
				this.name,
				String(MEMBER_TTL_MS),
				String(this.generation),
				this.options.ordered ? '1' : '0',
				String(this.activeMs),
			],
			{ signal: this.link.lost, timeoutMs: CALL_MS, doing: 'showing that a consumer lives' },
		);
		if (Number(lease) >= 0) this.groupLeaseMs = Math.max(Number(lease), this.options.leaseMs);
		return Number(lease) >= 0;
	}

	/** Frees what is held. Without an answer the lease does it. */
	async leave(timeoutMs: number, logger: Logger): Promise<void> {
		const { ready, retry, active, record, members } = this.keys;
		const keys = [ready, retry, active, record, members, groupsKey(this.home), ...this.sources.current];
		const call = { signal: this.link.lost, timeoutMs, doing: 'leaving the consumer group' };
		await this.link.run(LEAVE, keys, [this.options.group, this.name], call).catch((error: unknown) => {
			logger.debug(`A consumer could not say goodbye; its lease ends by itself: ${messageOf(error)}`);
		});
	}
}

/** The id after which a group begins. */
function startId(start: FixedStart): string {
	switch (start.at) {
		case 'earliest':
			return '0';
		case 'latest':
			return '$';
		case 'time':
			// Ids begin with the time; this is the last possible one before it.
			return start.time <= 0 ? '0' : `${Math.ceil(start.time) - 1}-18446744073709551615`;
		case 'cursor':
			if (/^\d+(-\d+)?$/.test(start.cursor)) return start.cursor;
			throw new EventBusError('settings', `"${start.cursor.slice(0, 60)}" is no position in a Redis stream`, {
				hint: 'Use the id of an entry, such as 1767225600000-0',
			});
	}
}

function refusal(state: string, first: string, second: string, options: SubscribeOptions): EventBusError {
	const stream = streamOf(options.from);
	const name = `The consumer group "${options.group}" of "${stream}"`;
	switch (state) {
		case 'other-types': {
			const theirs = (JSON.parse(first) as string[]).join(', ');
			return new EventBusError(
				'conflict',
				`${name} is already read with the event types ${theirs} (by ${second}), not ${options.types.join(', ')}`,
				{ hint: 'Use another consumer group, or the same event types in every trigger of this group' },
			);
		}
		case 'other-order':
			return new EventBusError(
				'conflict',
				`${name} is already read ${first === '1' ? 'in order by key' : 'without order'} (by ${second})`,
				{ hint: 'Use another consumer group, or the same Order setting in every trigger of this group' },
			);
		case 'no-stream':
			return new EventBusError('conflict', `The Redis key "${stream}" is a ${first}, not a stream`, {
				hint: 'Use another name, or remove the key',
			});
		case 'no-group':
			return new EventBusError('not-found', `${name} does not exist`, {
				hint: 'Create it (XGROUP CREATE), or set Provision to Create',
			});
		default:
			return missingStream(stream);
	}
}

export function missingStream(stream: string): EventBusError {
	return new EventBusError('not-found', `The Redis stream "${stream}" does not exist`, {
		hint: 'Create it, or set Provision to Create',
	});
}

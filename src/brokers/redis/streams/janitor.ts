/**
 * Looks after every stream in use, from whichever instance comes first: groups nobody reads any more, entries nobody needs.
 *
 * Each step is one script, so two janitors at work do no harm; the lock only saves the work.
 */
import type { CallOptions } from '../../../broker/types';
import { messageOf } from '../../../kernel/errors';
import type { Logger } from '../../../kernel/logger';
import type { RedisLink } from '../client';
import type { ServerFacts } from '../serverFacts';
import { SWEEP, TRIM } from './groupScripts';
import { channelKeys, CHANNELS, EXISTING, groupKeys, groupsKey, JANITOR, type ChannelKeys } from './names';
import type { Registry } from './registry';
import { deadLetterStreams } from './sources';

/** How often a janitor comes by, milliseconds. */
export const ROUND_MS = 10_000;
const CALL_MS = 10_000;
/** Where no group ever said, milliseconds: 14 days. */
const DEFAULT_RETENTION_MS = 14 * 24 * 60 * 60 * 1000;

export interface JanitorHost {
	readonly link: RedisLink;
	readonly registry: Registry;
	readonly facts: ServerFacts;
	readonly logger: Logger;
	/** How long entries stay that every group has settled, milliseconds. */
	readonly keepMs: number;
}

export class Janitor {
	private readonly timer: NodeJS.Timeout;
	private readonly announced = new Set<string>();
	private working: Promise<void> = Promise.resolve();

	constructor(private readonly host: JanitorHost) {
		this.timer = setInterval(() => {
			this.working = this.round();
		}, ROUND_MS);
		this.timer.unref();
	}

	async stop(): Promise<void> {
		clearInterval(this.timer);
		await this.working;
	}

	private async round(): Promise<void> {
		try {
			const lock = ['SET', JANITOR, '1', 'NX', 'PX', String(ROUND_MS - 1000)];
			const call = this.call();
			if ((await this.host.link.call(JANITOR, lock, { ...call, doing: 'looking for work' })) !== null)
				await this.tidy();
		} catch (error) {
			if (!this.host.link.lost.aborted) this.host.logger.debug(`Looking after the streams failed: ${messageOf(error)}`);
		}
	}

	/** One round, now. */
	async tidy(): Promise<void> {
		const isFull = await this.host.facts.isUnderPressure(this.call()).catch(() => false);
		for (const list of [CHANNELS, EXISTING]) {
			for (const stream of await this.host.registry.list(list, this.call())) {
				const keys = channelKeys(stream, this.host.link.isCluster);
				// Ids in the streams of others need not be times, and nothing there is ours to take.
				await this.sweep(keys, keys.home, [stream], list === CHANNELS);
				await this.sweepListeners(keys);
				const left = list === CHANNELS ? await this.trim(keys, isFull) : await this.exists(stream);
				if (!left) await this.host.registry.strike(list, stream, this.call());
			}
		}
	}

	private async sweep(keys: ChannelKeys, home: string, streams: readonly string[], expires: boolean): Promise<void> {
		const groups = groupsKey(home);
		const call = { ...this.call(), doing: `looking after ${keys.stream}` };
		const names = (await this.host.link.call(groups, ['HKEYS', groups], call)) as readonly string[];
		for (const group of names) {
			const { record, members, active, ready, retry } = groupKeys(home, group);
			const reply = await this.host.link.run(
				SWEEP,
				[record, members, active, ready, retry, groups, ...streams],
				[group, expires ? '1' : '0'],
				call,
			);
			const [state, unread, remainingMs, expired] = reply as readonly [string, number, number, number];
			this.tell(keys.stream, group, { state, unread, remainingMs, expired });
		}
	}

	/** Groups that listen to dead letters. Those never expire unread. */
	private async sweepListeners(keys: ChannelKeys): Promise<void> {
		const call = { ...this.call(), doing: `looking after ${keys.stream}` };
		const homes = (await this.host.link.call(keys.listeners, ['SMEMBERS', keys.listeners], call)) as readonly string[];
		if (homes.length === 0) return;
		const streams = await deadLetterStreams(this.host.link, keys, this.call());
		for (const home of homes) {
			const isOfAll = home === `${keys.deadLetterGroups}:`;
			await this.sweep(keys, home, isOfAll ? streams : streams.filter((key) => home === `${key}:`), false);
		}
	}

	private tell(
		stream: string,
		group: string,
		{ state, unread, remainingMs, expired }: { state: string; unread: number; remainingMs: number; expired: number },
	): void {
		const name = `The consumer group ${group} of ${stream}`;
		if (expired > 0)
			this.host.logger.warn(`${name} did not read ${expired} events within its retention; they are skipped`);
		if (state === 'removed') {
			this.host.logger.warn(
				`${name} was not read for longer than its retention and is removed, with ${unread} unread events`,
			);
		}
		const key = `${stream} ${group}`;
		if (state === 'kept') this.announced.delete(key);
		if (state !== 'ends' || unread === 0 || this.announced.has(key)) return;
		this.announced.add(key);
		const hours = Math.ceil(remainingMs / 3_600_000);
		this.host.logger.warn(`${name} is not read by anybody. In ${hours} h it is removed, with ${unread} unread events`);
	}

	private async trim({ stream, home, channel }: ChannelKeys, isFull: boolean): Promise<boolean> {
		const keys = [stream, groupsKey(home), channel];
		const args = [home, String(DEFAULT_RETENTION_MS), String(isFull ? 0 : this.host.keepMs)];
		return Number(await this.host.link.run(TRIM, keys, args, { ...this.call(), doing: `trimming ${stream}` })) >= 0;
	}

	private async exists(stream: string): Promise<boolean> {
		return (
			(await this.host.link.call(stream, ['EXISTS', stream], { ...this.call(), doing: `looking at ${stream}` })) === 1
		);
	}

	private call(): CallOptions {
		return { signal: this.host.link.lost, timeoutMs: CALL_MS };
	}
}

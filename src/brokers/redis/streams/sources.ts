/**
 * The streams a group reads: one, or the dead letters of every group of a channel, which become more with time.
 */
import type { CallOptions, SubscribeOptions } from '../../../broker/types';
import type { RedisLink } from '../client';
import { replyWord } from '../errors';
import { channelKeys, deadLettersKey, streamOf, type ChannelKeys } from './names';

export class Sources {
	private constructor(
		private readonly link: RedisLink,
		private readonly group: string,
		private readonly channel: ChannelKeys,
		private keys: readonly string[],
		/** Whether more may come. */
		readonly grows: boolean,
	) {}

	static async of(
		link: RedisLink,
		{ from, group }: Pick<SubscribeOptions, 'from' | 'group'>,
		call: CallOptions,
	): Promise<Sources> {
		const channel = channelKeys(streamOf(from), link.isCluster);
		if (from.kind !== 'dead-letters') return new Sources(link, group, channel, [channel.stream], false);
		if (from.group !== null) return new Sources(link, group, channel, [deadLettersKey(channel, from.group)], false);
		return new Sources(link, group, channel, await deadLetterStreams(link, channel, call), true);
	}

	get current(): readonly string[] {
		return this.keys;
	}

	/** Dead letters of a group that had none before are all new to us. */
	async refresh(call: CallOptions): Promise<void> {
		if (!this.grows) return;
		const found = await deadLetterStreams(this.link, this.channel, call);
		const added = found.filter((key) => !this.keys.includes(key));
		await Promise.all(
			added.map(async (key) => {
				const create = ['XGROUP', 'CREATE', key, this.group, '0', 'MKSTREAM'];
				await this.link.call(key, create, { ...call, doing: `listening to ${key}` }).catch((error: unknown) => {
					if (replyWord(error instanceof Error ? error.cause : error) !== 'BUSYGROUP') throw error;
				});
			}),
		);
		this.keys = [...this.keys, ...added];
	}
}

/** The streams with the dead letters of each group, sorted by name. */
export async function deadLetterStreams(
	link: RedisLink,
	channel: ChannelKeys,
	call: CallOptions,
): Promise<readonly string[]> {
	return (await deadLetterGroups(link, channel, call)).map((group) => deadLettersKey(channel, group));
}

export async function deadLetterGroups(
	link: RedisLink,
	{ deadLetterGroups: key }: ChannelKeys,
	call: CallOptions,
): Promise<readonly string[]> {
	const groups = await link.call(key, ['SMEMBERS', key], { ...call, doing: 'listing groups with dead letters' });
	return [...(groups as readonly string[])].sort();
}

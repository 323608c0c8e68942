/**
 * Who listens now: all there is to know of a channel, which exists as long as somebody does.
 */
import type { CallOptions, ChannelState, Source, TopologyPort } from '../../../broker/types';
import type { RedisLink, Reply } from '../client';
import type { Losses } from './losses';
import { listeningTo } from './names';

/** Of Redis itself and of Sentinel: '__sentinel__:hello'. */
const INTERNAL = /^__/;

export function topologyOn(link: RedisLink, losses: Losses): TopologyPort {
	return {
		inspect: async (sources, options) =>
			await Promise.all(sources.map(async (source) => await inspect(link, losses, source, options))),
		channels: async (options) => {
			const lists = await everywhere(link, ['PUBSUB', 'CHANNELS'], options);
			const names = new Set(
				lists.flatMap((list) => (list as readonly string[]).filter((name) => !INTERNAL.test(name))),
			);
			return [...names].sort();
		},
		plan: async () => await Promise.resolve([]),
		apply: async () => await Promise.resolve(),
	};
}

async function inspect(link: RedisLink, losses: Losses, source: Source, options: CallOptions): Promise<ChannelState> {
	const { to, name } = listeningTo(source);
	const listeners = to === 'channel' ? await countListeners(link, name, options) : null;
	return {
		source,
		exists: listeners !== 0,
		messages: null,
		oldestMs: null,
		groups: [],
		native: { ...(listeners !== null && { listeners }), lostHere: losses.of(name) },
	};
}

async function countListeners(link: RedisLink, name: string, options: CallOptions): Promise<number> {
	const counts = await everywhere(link, ['PUBSUB', 'NUMSUB', name], options);
	return counts.reduce<number>((sum, reply) => sum + Number((reply as readonly Reply[])[1] ?? 0), 0);
}

/** In a Cluster every node knows its own listeners only. */
async function everywhere(link: RedisLink, args: readonly string[], options: CallOptions): Promise<readonly Reply[]> {
	const nodes = await link.masters(options.signal);
	return await Promise.all(
		nodes.map(async (node) => await node.call(args, { ...options, doing: 'asking who listens' })),
	);
}

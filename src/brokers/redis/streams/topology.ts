/**
 * What exists on the server, and making or removing it.
 */
import type {
	Address,
	CallOptions,
	ChannelState,
	GroupState,
	Source,
	TopologyChange,
	TopologyPort,
} from '../../../broker/types';
import type { RedisLink } from '../client';
import { INSPECT } from './groupScripts';
import {
	channelKeys,
	CHANNELS,
	deadLettersKey,
	EXISTING,
	groupKeys,
	groupsKey,
	streamOf,
	type ChannelKeys,
} from './names';
import type { Registry } from './registry';
import { deadLetterGroups } from './sources';

export function topologyOn(link: RedisLink, registry: Registry): TopologyPort {
	return new StreamTopology(link, registry);
}

type RawGroup = readonly [
	name: string,
	types: string,
	lifetime: string,
	members: number,
	backlog: number,
	inFlight: number,
	oldestMs: number,
	expired: number,
	lastRead: number,
	retentionMs: number,
	deadLetters: number,
	isOurs: number,
];

class StreamTopology implements TopologyPort {
	constructor(
		private readonly link: RedisLink,
		private readonly registry: Registry,
	) {}

	async inspect(sources: readonly Source[], options: CallOptions): Promise<readonly ChannelState[]> {
		return await Promise.all(sources.map(async (source) => await this.inspectOne(source, options)));
	}

	async channels(options: CallOptions): Promise<readonly string[]> {
		const names = await this.registry.list(CHANNELS, options);
		const exist = await Promise.all(names.map(async (name) => await this.exists(name, options)));
		return names.filter((_name, index) => exist[index]);
	}

	async plan(
		wanted: { readonly present: readonly Address[]; readonly absent: readonly Address[] },
		options: CallOptions,
	): Promise<readonly TopologyChange[]> {
		const present = await Promise.all(wanted.present.map(async (address) => await this.planCreation(address, options)));
		const absent = await Promise.all(wanted.absent.map(async (address) => await this.planRemoval(address, options)));
		return [...present, ...absent].filter((change) => change !== null);
	}

	async apply(changes: readonly TopologyChange[], options: CallOptions): Promise<void> {
		for (const { action, address } of changes) {
			if (action === 'delete') await this.remove(address, options);
			else if (address.kind === 'channel') await this.create(address, options);
		}
	}

	private async inspectOne(source: Source, options: CallOptions): Promise<ChannelState> {
		const keys = this.keysOf(source);
		const reply = (await this.link.run(INSPECT, [keys.stream, groupsKey(keys.home)], [keys.home], {
			...options,
			doing: `inspecting ${keys.stream}`,
		})) as readonly [number, string, readonly RawGroup[]] | null;
		if (reply === null) return { source, exists: false, messages: null, oldestMs: null, groups: [], native: {} };
		const [messages, firstId, raw] = reply;
		const groups = raw.map(groupState).sort((a, b) => (a.group < b.group ? -1 : 1));
		const ages = groups.flatMap(({ oldestMs }) => (oldestMs === null ? [] : [oldestMs]));
		return {
			source,
			exists: true,
			messages,
			oldestMs: ages.length === 0 ? null : Math.max(...ages),
			groups,
			native: { key: keys.stream, ...(firstId === '' ? {} : { firstId }) },
		};
	}

	private async planCreation(address: Address, options: CallOptions): Promise<TopologyChange | null> {
		// Groups are made by their first reader, dead letters by the first one, and an existing stream by somebody else.
		if (address.kind !== 'channel' || (await this.exists(address.channel, options))) return null;
		return {
			action: 'create',
			address,
			resource: address.channel,
			summary: `Create the stream "${address.channel}"`,
			destructive: false,
		};
	}

	private async planRemoval(address: Address, options: CallOptions): Promise<TopologyChange | null> {
		const of = address.kind === 'group' || address.kind === 'dead-letters' ? address.of : address;
		const keys = this.keysOf(of);
		const change = { action: 'delete', address, destructive: true } as const;
		if (address.kind === 'dead-letters') {
			const groups = await this.deadLetterGroupsOf(address, keys, options);
			const counts = await Promise.all(
				groups.map(async (group) => await this.length(deadLettersKey(keys, group), options)),
			);
			if (groups.length === 0 || (address.group !== null && counts[0] === 0)) return null;
			const count = counts.reduce((sum, one) => sum + one, 0);
			const resource = groups.map((group) => deadLettersKey(keys, group)).join(', ');
			return { ...change, resource, summary: `Delete ${count} dead letters of "${keys.stream}"` };
		}
		const [state] = await this.inspect([of], options);
		if (address.kind === 'group') {
			const group = state?.groups.find((one) => one.group === address.group);
			if (!group) return null;
			const unread = (group.backlog ?? 0) + (group.inFlight ?? 0);
			const summary = `Delete the consumer group "${group.group}" of "${keys.stream}" with ${unread} unread events`;
			return { ...change, resource: `${keys.stream}:${group.group}`, summary };
		}
		if (address.kind === 'existing') {
			const ours = await this.groupsOf(keys.home, options);
			if (ours.length === 0) return null;
			const summary = `Delete our consumer groups of "${keys.stream}" (${ours.join(', ')}); the stream itself stays`;
			return { ...change, resource: keys.stream, summary };
		}
		const isKnown = state?.exists === true || (await this.groupsOf(keys.home, options)).length > 0;
		if (!isKnown) return null;
		const summary = `Delete the stream "${keys.stream}" with ${state?.messages ?? 0} events and its consumer groups`;
		return { ...change, resource: keys.stream, summary };
	}

	private async create({ channel }: Extract<Address, { kind: 'channel' }>, options: CallOptions): Promise<void> {
		const call = { ...options, doing: `creating the stream ${channel}` };
		if (!(await this.exists(channel, options))) {
			// An empty stream is made by a group that is gone at once.
			await this.link.call(channel, ['XGROUP', 'CREATE', channel, 'event-bus', '$', 'MKSTREAM'], call);
			await this.link.call(channel, ['XGROUP', 'DESTROY', channel, 'event-bus'], call);
		}
		await this.registry.note({ kind: 'channel', channel }, options);
	}

	private async remove(address: Address, options: CallOptions): Promise<void> {
		const of = address.kind === 'group' || address.kind === 'dead-letters' ? address.of : address;
		const keys = this.keysOf(of);
		if (address.kind === 'group') {
			await this.removeGroup(keys.home, address.group, [keys.stream], options);
		} else if (address.kind === 'dead-letters') {
			await this.removeDeadLetters(address, keys, options);
		} else {
			for (const group of await this.groupsOf(keys.home, options)) {
				await this.removeGroup(keys.home, group, [keys.stream], options);
			}
			const stream = address.kind === 'channel' ? [keys.stream] : [];
			await this.delete([...stream, groupsKey(keys.home), keys.channel], options);
			await this.registry.strike(address.kind === 'channel' ? CHANNELS : EXISTING, keys.stream, options);
		}
	}

	private async removeGroup(
		home: string,
		group: string,
		streams: readonly string[],
		options: CallOptions,
	): Promise<void> {
		const call = { ...options, doing: `deleting the consumer group ${group}` };
		for (const stream of streams) {
			if (await this.exists(stream, options)) await this.link.call(stream, ['XGROUP', 'DESTROY', stream, group], call);
		}
		const { record, members, active, ready, retry } = groupKeys(home, group);
		await this.delete([record, members, active, ready, retry], options);
		await this.link.call(groupsKey(home), ['HDEL', groupsKey(home), group], call);
	}

	private async removeDeadLetters(
		address: Extract<Address, { kind: 'dead-letters' }>,
		keys: ChannelKeys,
		options: CallOptions,
	): Promise<void> {
		const call = { ...options, doing: `deleting the dead letters of ${keys.stream}` };
		for (const group of await this.deadLetterGroupsOf(address, keys, options)) {
			await this.delete([deadLettersKey(keys, group)], options);
			await this.link.call(keys.stream, ['SREM', keys.deadLetterGroups, group], call);
		}
		if (address.group !== null) return;
		const homes = (await this.link.call(keys.stream, ['SMEMBERS', keys.listeners], call)) as readonly string[];
		for (const home of homes) {
			for (const group of await this.groupsOf(home, options)) await this.removeGroup(home, group, [], options);
			await this.delete([groupsKey(home)], options);
		}
		await this.delete([keys.listeners, keys.channel], options);
	}

	private async deadLetterGroupsOf(
		{ group }: Extract<Address, { kind: 'dead-letters' }>,
		keys: ChannelKeys,
		options: CallOptions,
	): Promise<readonly string[]> {
		return group === null ? await deadLetterGroups(this.link, keys, options) : [group];
	}

	private async groupsOf(home: string, options: CallOptions): Promise<readonly string[]> {
		const key = groupsKey(home);
		return (await this.link.call(key, ['HKEYS', key], { ...options, doing: 'listing groups' })) as readonly string[];
	}

	private async exists(key: string, options: CallOptions): Promise<boolean> {
		return (await this.link.call(key, ['EXISTS', key], { ...options, doing: `looking for ${key}` })) === 1;
	}

	private async length(key: string, options: CallOptions): Promise<number> {
		return Number(await this.link.call(key, ['XLEN', key], { ...options, doing: `counting ${key}` }));
	}

	private async delete(keys: readonly string[], options: CallOptions): Promise<void> {
		// Large streams are freed in the background.
		await this.link.call(keys[0] ?? null, ['UNLINK', ...keys], { ...options, doing: `deleting ${keys.join(', ')}` });
	}

	private keysOf(source: Source): ChannelKeys {
		return channelKeys(streamOf(source), this.link.isCluster);
	}
}

function groupState(raw: RawGroup): GroupState {
	const [
		group,
		types,
		lifetime,
		members,
		backlog,
		inFlight,
		oldestMs,
		expired,
		lastRead,
		retentionMs,
		deadLetters,
		ours,
	] = raw;
	const isDurable = lifetime !== 'ephemeral';
	return {
		group,
		types: JSON.parse(types) as string[],
		lifetime: isDurable ? 'durable' : 'ephemeral',
		backlog: backlog < 0 ? null : backlog,
		inFlight,
		consumers: members,
		oldestMs: oldestMs < 0 ? null : oldestMs,
		deadLetters,
		expired,
		lastReadAt: lastRead === 0 ? null : lastRead,
		removedAt: ours === 1 && members === 0 && isDurable ? lastRead + retentionMs : null,
	};
}

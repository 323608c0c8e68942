/**
 * What exists on the memory server, and how it is made and removed.
 */
import type {
	Address,
	CallOptions,
	ChannelState,
	GroupState,
	Source,
	TopologyChange,
	TopologyPort,
	TopologySpec,
} from '../../../src/broker/types';
import { toEventBusError } from '../../../src/kernel/errors';
import type { MemoryGroup } from './memoryGroup';
import type { MemoryServer, Topic } from './memoryServer';

export class MemoryTopology implements TopologyPort {
	constructor(private readonly server: MemoryServer) {}

	async inspect(sources: readonly Source[], options: CallOptions): Promise<readonly ChannelState[]> {
		await this.server.answer(options.timeoutMs);
		return sources.map((source) => {
			const topic = this.find(source);
			const groups = [...(topic?.groups.values() ?? [])].map((group) => this.stateOf(group, source));
			const ages = groups.flatMap(({ oldestMs }) => (oldestMs === null ? [] : [oldestMs]));
			const oldestMs = ages.length === 0 ? null : Math.max(...ages);
			return { source, exists: topic !== null, messages: topic?.log.size ?? 0, oldestMs, groups, native: {} };
		});
	}

	async channels(options: CallOptions): Promise<readonly string[]> {
		await this.server.answer(options.timeoutMs);
		return [...this.server.topics.keys()].flatMap((key) => (key.startsWith('channel ') ? [key.slice(8)] : []));
	}

	async plan(wanted: TopologySpec, options: CallOptions): Promise<readonly TopologyChange[]> {
		await this.server.answer(options.timeoutMs);
		return [
			...wanted.present.filter((address) => !this.exists(address)).map((address) => change('create', address)),
			...wanted.absent.filter((address) => this.exists(address)).map((address) => change('delete', address)),
		];
	}

	async apply(changes: readonly TopologyChange[], options: CallOptions): Promise<void> {
		await this.server.answer(options.timeoutMs);
		for (const { action, address } of changes) {
			if (action === 'delete') this.remove(address);
			else if (address.kind === 'channel') this.server.topic(address, 'create');
		}
	}

	private stateOf(group: MemoryGroup, of: Source): GroupState {
		const now = Date.now();
		group.expire(now);
		const entries = [...group.entries.values()];
		const read = group.members.size > 0;
		return {
			group: group.name,
			types: group.types,
			lifetime: group.lifetime,
			backlog: entries.filter(({ holder }) => holder === null).length,
			inFlight: entries.filter(({ holder }) => holder !== null).length,
			consumers: group.members.size,
			oldestMs: entries[0] ? now - entries[0].storedAt : null,
			deadLetters: this.server.deadLettersOf({ kind: 'dead-letters', of, group: group.name }).length,
			expired: group.expired,
			lastReadAt: read ? now : group.lastReadAt,
			removedAt: read ? null : group.lastReadAt + group.retentionMs,
		};
	}

	private find(source: Source): Topic | null {
		try {
			return this.server.topic(source, 'verify');
		} catch (error) {
			if (toEventBusError(error, 'looking').code === 'not-found') return null;
			throw error;
		}
	}

	private exists(address: Address): boolean {
		if (address.kind === 'group') return this.find(address.of)?.groups.has(address.group) ?? false;
		if (address.kind === 'dead-letters') return this.server.deadLettersOf(address).length > 0;
		return this.find(address) !== null;
	}

	private remove(address: Address): void {
		if (address.kind === 'group') this.find(address.of)?.groups.delete(address.group);
		else if (address.kind === 'dead-letters') this.server.deadLetterTopic(address.of).log.clear();
		else {
			const topic = this.find(address);
			if (topic) this.server.topics.delete(topic.key);
		}
	}
}

function change(action: 'create' | 'delete', address: Address): TopologyChange {
	const resource = JSON.stringify(address);
	return { action, address, resource, summary: `${action} ${resource}`, destructive: action === 'delete' };
}

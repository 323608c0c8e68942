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
} from '../../broker/types';
import type { Exchanges } from './exchanges';
import type { Link } from './link';
import { deadLetterExchange, deadLetterQueue, nativeName, recordsQueue, turnsQueue } from './names';
import { askAll, exchangeExists, probeQueue } from './probe';
import type { DeadLettersRecord, GroupRecord, Records, SourceRecord } from './records';

export class Topology implements TopologyPort {
	constructor(
		private readonly link: Link,
		private readonly records: Records,
		private readonly exchanges: Exchanges,
	) {}

	async inspect(sources: readonly Source[], options: CallOptions): Promise<readonly ChannelState[]> {
		return await Promise.all(sources.map(async (source) => await this.inspectOne(source, options)));
	}

	async channels(options: CallOptions): Promise<readonly string[]> {
		const names = await this.records.channels(options);
		const exist = await askAll(names, async (name) => await exchangeExists(this.link, name, options));
		return names.filter((_name, index) => exist[index]).sort();
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
			else if (address.kind === 'channel') await this.create(address.channel, options);
		}
	}

	private async inspectOne(source: Source, options: CallOptions): Promise<ChannelState> {
		const [exists, records] = await Promise.all([this.exists(source, options), this.records.of(source, options)]);
		const groups = await askAll(
			records.filter(readsSource),
			async (record) => await this.groupState(source, record, options),
		);
		const found = groups.filter((group) => group !== null);
		return {
			source,
			exists,
			// An exchange keeps nothing.
			messages: source.kind === 'channel' ? null : ((await this.count(source.name, options)) ?? null),
			oldestMs: null,
			groups: found.sort((a, b) => (a.group < b.group ? -1 : 1)),
			native:
				source.kind === 'channel'
					? { exchange: source.channel, queues: records.filter(readsSource).map(({ queue }) => queue) }
					: { queue: source.name },
		};
	}

	/** null: its queue is gone. */
	private async groupState(source: Source, record: GroupRecord, options: CallOptions): Promise<GroupState | null> {
		const { queue, group, types, lifetime, retentionMs, seenAt } = record;
		const [state, deadLetters] = await Promise.all([
			probeQueue(this.link, queue, options),
			this.count(deadLetterQueue(source, group), options),
		]);
		if (!state) return null;
		const isHere = state.at === 'here';
		const isRead = !isHere || state.consumers > 0;
		return {
			group,
			types,
			lifetime,
			backlog: isHere ? state.ready : null,
			// The server tells nobody.
			inFlight: null,
			consumers: isHere ? state.consumers : 1,
			oldestMs: null,
			deadLetters: deadLetters ?? 0,
			// They are among the dead letters, with this reason.
			expired: null,
			lastReadAt: isRead ? Date.now() : seenAt,
			removedAt: isRead || source.kind === 'existing' ? null : seenAt + retentionMs,
		};
	}

	private async planCreation(address: Address, options: CallOptions): Promise<TopologyChange | null> {
		// Groups are made by their first reader, dead letters with them, and what exists by somebody else.
		if (address.kind !== 'channel' || (await exchangeExists(this.link, address.channel, options))) return null;
		const summary = `Create the topic exchange "${address.channel}"`;
		return { action: 'create', address, resource: address.channel, summary, destructive: false };
	}

	private async planRemoval(address: Address, options: CallOptions): Promise<TopologyChange | null> {
		const source = address.kind === 'group' || address.kind === 'dead-letters' ? address.of : address;
		const records = await this.records.of(source, options);
		const name = nativeName(source);
		const change = { action: 'delete', address, destructive: true } as const;
		switch (address.kind) {
			case 'group': {
				const record = records.find((one) => readsSource(one) && one.group === address.group);
				if (!record || !readsSource(record)) return null;
				const unread = source.kind === 'channel' ? ((await this.count(record.queue, options)) ?? 0) : 0;
				const summary = `Delete the consumer group "${address.group}" of "${name}" with ${unread} unread events`;
				return { ...change, resource: record.queue, summary };
			}
			case 'dead-letters': {
				const queues = records.filter(isDeadLetters).filter(({ group }) => group === (address.group ?? group));
				const counts = await askAll(queues, async ({ id }) => await this.count(id, options));
				const count = counts.reduce<number>((sum, one) => sum + (one ?? 0), 0);
				const listens = address.group === null && records.some(listensTo);
				if (queues.length === 0 && !listens) return null;
				if (address.group !== null && count === 0) return null;
				const resource = queues.map(({ id }) => id).join(', ');
				return { ...change, resource, summary: `Delete ${count} dead letters of "${name}"` };
			}
			case 'channel':
			case 'existing': {
				const groups = records.filter(readsSource).map(({ group }) => group);
				const exists = address.kind === 'channel' && (await exchangeExists(this.link, name, options));
				if (!exists && groups.length === 0) return null;
				const list = groups.length === 0 ? '' : ` and its consumer groups (${groups.join(', ')})`;
				const summary =
					address.kind === 'channel'
						? `Delete the exchange "${name}"${list}`
						: `Delete what is ours beside "${name}"${list}; the queue itself stays`;
				return { ...change, resource: name, summary };
			}
		}
	}

	private async create(channel: string, options: CallOptions): Promise<void> {
		if (await exchangeExists(this.link, channel, options)) return;
		await this.exchanges.createChannel(channel, options);
	}

	private async remove(address: Address, options: CallOptions): Promise<void> {
		const source = address.kind === 'group' || address.kind === 'dead-letters' ? address.of : address;
		const isGone = (record: SourceRecord): boolean => {
			if (address.kind === 'group') return readsSource(record) && record.group === address.group;
			if (address.kind !== 'dead-letters') return readsSource(record);
			const ofAll = address.group === null;
			return (ofAll && listensTo(record)) || (isDeadLetters(record) && (ofAll || record.group === address.group));
		};
		const left = await this.records.edit(source, options, async (book) => {
			const gone = book.records.filter(isGone);
			for (const record of gone) {
				const queue = isDeadLetters(record) ? record.id : record.queue;
				// The queue of somebody else stays.
				if (queue !== nativeName(source) || source.kind === 'channel') await this.deleteQueue(queue, options);
				book.drop(record.id);
			}
			return book.records.length - gone.length;
		});
		if (address.kind === 'channel') {
			await this.deleteExchange(address.channel, options);
			await this.records.strikeChannel(address.channel, options);
		}
		if (address.kind === 'dead-letters' && address.group === null) {
			await this.deleteExchange(deadLetterExchange(source), options);
		}
		if (left === 0) {
			await this.deleteQueue(recordsQueue(source), options);
			await this.deleteQueue(turnsQueue(source), options);
		}
		this.exchanges.forget();
	}

	private async exists(source: Source, options: CallOptions): Promise<boolean> {
		if (await exchangeExists(this.link, nativeName(source), options)) return true;
		return source.kind === 'existing' && (await probeQueue(this.link, source.name, options)) !== null;
	}

	/** undefined: there is no such queue, or it belongs to somebody else. */
	private async count(queue: string, options: CallOptions): Promise<number | undefined> {
		const state = await probeQueue(this.link, queue, options);
		return state?.at === 'here' ? state.ready : undefined;
	}

	private async deleteQueue(queue: string, options: CallOptions): Promise<void> {
		await this.link.use(`deleting the queue ${queue}`, options, async (channel) => await channel.deleteQueue(queue));
	}

	private async deleteExchange(exchange: string, options: CallOptions): Promise<void> {
		await this.link.use(`deleting the exchange ${exchange}`, options, async (channel) => {
			await channel.deleteExchange(exchange);
		});
	}
}

function readsSource(record: SourceRecord): record is GroupRecord {
	return record.kind === 'group' && record.reads === 'source';
}

function listensTo(record: SourceRecord): record is GroupRecord {
	return record.kind === 'group' && record.reads === 'dead-letters';
}

function isDeadLetters(record: SourceRecord): record is DeadLettersRecord {
	return record.kind === 'dead-letters';
}

/**
 * The steps of joining a group, while nobody else joins one of the same source.
 */
import type { Channel } from 'amqplib';
import type { CallOptions, SubscribeOptions } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';
import type { Logger } from '../../kernel/logger';
import type { Link } from './link';
import { deadLetterExchange, RETURN_EXCHANGE, sourceOf, type GroupNames } from './names';
import { probeQueue } from './probe';
import { bindReturn, EPHEMERAL, groupArguments } from './queues';
import { groupRecord, type Book, type GroupRecord, type SourceRecord } from './records';
import type { QueueSettings } from './settings';

/** Younger records of ephemeral groups are not worth the question whether they are true, milliseconds. */
const OLD_MS = 10 * 60 * 1000;

export interface Joined {
	readonly names: GroupNames;
	readonly generation: number;
	/** Whether a copy can wait on the server and comes back. */
	readonly keepsDelays: boolean;
}

/** From then on the member is seen by others who join. */
export type Consume = (names: GroupNames) => Promise<void>;

export interface JoiningParts {
	readonly link: Link;
	readonly queues: QueueSettings;
	readonly logger: Logger;
	readonly names: GroupNames;
	readonly options: SubscribeOptions;
	readonly call: CallOptions;
	/** Whether there is a way back from the delays. */
	readonly keepsDelays: boolean;
	/** Nobody else has it meanwhile. */
	readonly book: Book<SourceRecord>;
}

export class Joining {
	private readonly record: GroupRecord | null;

	constructor(private readonly parts: JoiningParts) {
		this.record = groupRecord(parts.book.records, parts.names.key);
	}

	async join(consume: Consume): Promise<Joined> {
		const { record } = this;
		const { link, names, options, call, book, keepsDelays, logger } = this.parts;
		const isExisting = options.from.kind === 'existing';
		const isNew = await this.refuseConflicts();
		await dropGoneEphemerals(link, book, call);
		if (!isNew && record && record.retentionMs !== options.retentionMs) {
			logger.warn(
				`The group ${options.group} keeps the retention its queue was made with; delete the group to change it`,
			);
		}
		const resets = !isNew && !isExisting && options.start.at === 'latest';
		const wanted = this.newRecord((record?.generation ?? 0) + (resets ? 1 : 0), isNew);
		const former = this.moves ? record : null;
		const stale = this.moves ? [] : (record?.bindings ?? []).filter((key) => !wanted.bindings.includes(key));
		await link.use(`joining the group ${names.key}`, call, async (channel) => {
			if (!isExisting) await this.declareQueue(channel, wanted.retentionMs);
			if (keepsDelays) await bindReturn(channel, names);
			// What may be bound stands in the record at any moment, so that it can be unbound.
			if (!former) await book.put({ ...wanted, bindings: [...wanted.bindings, ...stale] });
			await this.bind(channel, names.queue, wanted.bindings, stale);
			if (former) await this.deleteFormer(channel, former);
			if (resets) await channel.purgeQueue(names.queue);
		});
		if (former || stale.length > 0) await book.put(wanted);
		await consume(names);
		return { names, generation: wanted.generation, keepsDelays };
	}

	/** Order is a property of the queue: with another setting the group has another queue. */
	private get moves(): boolean {
		return this.record !== null && this.record.queue !== this.parts.names.queue;
	}

	/** @returns whether the queue is still to be made */
	private async refuseConflicts(): Promise<boolean> {
		const { record } = this;
		const { link, names, call, options } = this.parts;
		const { group, types, ordered } = options;
		const state = await probeQueue(link, names.queue, call);
		if (state?.at === 'elsewhere') {
			throw new EventBusError('unreachable', `The group ${group} is read by another connection only`, {
				hint: 'Stop the other reader, or use another consumer group',
			});
		}
		const isRead = state !== null && state.consumers > 0;
		if (record && isRead && !areSameTypes(record.types, types)) {
			throw new EventBusError(
				'conflict',
				`The group ${group} is read with the types ${record.types.join(', ')} already`,
				{
					hint: `Use the same types, or another consumer group for ${types.join(', ')}`,
				},
			);
		}
		if (record && this.moves) await this.refuseMove(record, ordered);
		return state === null;
	}

	/** Events would be out of order, or wait where nobody reads. */
	private async refuseMove({ queue }: GroupRecord, ordered: boolean): Promise<void> {
		const { link, call, options } = this.parts;
		const state = await probeQueue(link, queue, call);
		if (!state) return;
		const isUsed = state.at === 'elsewhere' || state.consumers > 0;
		if (!isUsed && state.ready === 0) return;
		const why = isUsed ? 'is being read' : `has ${state.ready} events waiting`;
		const former = ordered ? 'without' : 'with';
		throw new EventBusError('conflict', `The group ${options.group} ${why} ${former} order by key`, {
			hint: 'Let it read them first with the former setting of Order, then change it; or delete the group',
		});
	}

	/** The new queue is bound by now, so nothing is missed. Quorum queues cannot be deleted on condition. */
	private async deleteFormer(channel: Channel, former: GroupRecord): Promise<void> {
		const { link, call, names, options } = this.parts;
		const { queue, bindings } = former;
		if (!(await probeQueue(link, queue, call))) return;
		await this.bind(channel, queue, [], bindings);
		await channel.unbindQueue(queue, RETURN_EXCHANGE, names.key);
		try {
			await this.refuseMove(former, options.ordered);
		} catch (error) {
			// Something came in the last moment.
			await this.bind(channel, queue, bindings, []);
			await bindReturn(channel, { ...names, queue });
			throw error;
		}
		await channel.deleteQueue(queue);
	}

	private newRecord(generation: number, isNew: boolean): GroupRecord {
		const { record } = this;
		const { names, options } = this.parts;
		const { from, group, types, lifetime } = options;
		return {
			kind: 'group',
			id: names.key,
			group,
			reads: from.kind === 'dead-letters' ? 'dead-letters' : 'source',
			queue: names.queue,
			types,
			bindings: bindingKeys(options),
			lifetime,
			// A queue keeps what it was made with.
			retentionMs: isNew ? options.retentionMs : (record?.retentionMs ?? options.retentionMs),
			generation,
			seenAt: Date.now(),
		};
	}

	private async declareQueue(channel: Channel, retentionMs: number): Promise<void> {
		const { names, options } = this.parts;
		const durable = { arguments: this.arguments(retentionMs) };
		await channel.assertQueue(names.queue, options.lifetime === 'ephemeral' ? EPHEMERAL : durable);
	}

	private arguments(retentionMs: number) {
		const { queues, options } = this.parts;
		const deadLetters = { exchange: deadLetterExchange(sourceOf(options.from)), group: options.group };
		return groupArguments({ settings: queues, ordered: options.ordered, retentionMs, deadLetters });
	}

	private async bind(
		channel: Channel,
		queue: string,
		keys: readonly string[],
		stale: readonly string[],
	): Promise<void> {
		const { from } = this.parts.options;
		if (from.kind === 'existing') return;
		const exchange = from.kind === 'channel' ? from.channel : deadLetterExchange(sourceOf(from));
		for (const key of keys) await channel.bindQueue(queue, exchange, key);
		for (const key of stale) await channel.unbindQueue(queue, exchange, key);
	}
}

/** The patterns of AMQP are those of ours, without versions: those are a matter of the consumer. */
function bindingKeys({ from, types }: SubscribeOptions): readonly string[] {
	switch (from.kind) {
		case 'channel':
			return [...new Set(types.map((type) => type.replace(/@.*/s, '')))];
		case 'dead-letters':
			return [from.group ?? '#'];
		case 'existing':
			return [];
	}
}

export function areSameTypes(a: readonly string[], b: readonly string[]): boolean {
	return a.length === b.length && a.every((type, index) => type === b[index]);
}

/** Those whose reader was killed could not remove their record. */
export async function dropGoneEphemerals(link: Link, book: Book<SourceRecord>, call: CallOptions): Promise<void> {
	for (const record of book.records) {
		const isOld = record.kind === 'group' && record.lifetime === 'ephemeral' && Date.now() - record.seenAt > OLD_MS;
		if (isOld && !(await probeQueue(link, record.queue, call))) book.drop(record.id);
	}
}

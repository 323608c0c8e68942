/**
 * Joining a group: its queue, its bindings and its record exist, and nobody reads it with other types.
 */
import type { Channel } from 'amqplib';
import type { CallOptions, SubscribeOptions } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';
import { missingQueue } from './errors';
import type { Exchanges } from './exchanges';
import type { Link } from './link';
import { deadLetterExchange, groupNames, recordsQueue, sourceOf, turnsQueue, type GroupNames } from './names';
import { probeQueue } from './probe';
import { bindReturn, declareScanned, EPHEMERAL, groupArguments } from './queues';
import type { Book, GroupRecord, Records, SourceRecord } from './records';
import type { QueueSettings } from './settings';
import type { Tiers } from './tiers';

export interface GroupParts {
	readonly link: Link;
	readonly records: Records;
	readonly exchanges: Exchanges;
	readonly tiers: Tiers;
	readonly queues: QueueSettings;
}

export interface Joined {
	readonly names: GroupNames;
	readonly generation: number;
	/** Whether a copy can wait on the server and comes back. */
	readonly keepsDelays: boolean;
}

/** Called while nobody else can join; from then on the member is seen. */
type Consume = (names: GroupNames) => Promise<void>;

/** @throws EventBusError `conflict` | `not-found` | `auth` | … */
export async function joinGroup(
	parts: GroupParts,
	options: SubscribeOptions,
	call: CallOptions,
	consume: Consume,
): Promise<Joined> {
	const names = groupNames(options.from, options.group, options.ordered);
	if (options.from.kind === 'existing' && !(await probeQueue(parts.link, names.queue, call))) {
		throw missingQueue(names.queue);
	}
	return options.provision === 'create' || isOwnQueue(options)
		? await joinMaking(parts, names, options, call, consume)
		: await joinAsItIs(parts, names, options, call, consume);
}

/** Removes the record of an ephemeral group; its queue goes by itself. */
export async function leaveGroup(
	{ records }: GroupParts,
	{ key }: GroupNames,
	{ from }: SubscribeOptions,
	call: CallOptions,
): Promise<void> {
	await records.edit(sourceOf(from), call, async (book) => book.drop(key));
}

/** Shows that the group is still read. */
export async function touchGroup(
	{ records }: GroupParts,
	{ key }: GroupNames,
	{ from }: SubscribeOptions,
	now: number,
	call: CallOptions,
): Promise<void> {
	await records.edit(sourceOf(from), call, async (book) => {
		const record = recordOf(book, key);
		if (record) await book.put({ ...record, seenAt: now });
	});
}

/** An ephemeral group of a channel has a queue that nobody else could have made. */
function isOwnQueue({ from, lifetime }: SubscribeOptions): boolean {
	return lifetime === 'ephemeral' && from.kind !== 'existing';
}

async function joinMaking(
	parts: GroupParts,
	names: GroupNames,
	options: SubscribeOptions,
	call: CallOptions,
	consume: Consume,
): Promise<Joined> {
	const { link, exchanges, tiers, records } = parts;
	const { from, provision, lifetime, group } = options;
	const source = sourceOf(from);
	if (from.kind === 'channel') await exchanges.ensureChannel(from.channel, provision, call);
	if (from.kind === 'dead-letters') await exchanges.ensureDeadLetterExchange(source, call);
	const makes = provision === 'create';
	if (makes) {
		await tiers.ensure(call);
		await link.use(`creating the records of ${names.key}`, call, async (channel) => {
			await declareScanned(channel, { queue: recordsQueue(source), turns: turnsQueue(source) });
		});
		if (lifetime === 'durable' && from.kind === 'channel') await exchanges.ensureDeadLetters(source, group, call);
	}
	const keepsDelays = makes || (await tiers.areThere(call));
	const join = async (book: Book<SourceRecord>) =>
		await new Joining(parts, names, options, call, keepsDelays, book).join(consume);
	const joined = await records.edit(source, call, join);
	// Without the right to make one there may be no queue for records.
	return joined ?? (await join(NO_RECORDS));
}

const NO_RECORDS: Book<SourceRecord> = { records: [], put: async () => undefined, drop: () => undefined };

async function joinAsItIs(
	{ link, exchanges, tiers, records }: GroupParts,
	names: GroupNames,
	{ from, group, types, provision }: SubscribeOptions,
	call: CallOptions,
	consume: Consume,
): Promise<Joined> {
	if (from.kind === 'channel') await exchanges.ensureChannel(from.channel, provision, call);
	const state = await probeQueue(link, names.queue, call);
	if (!state) throw missingQueue(names.queue);
	const known = provision === 'verify' ? await records.of(sourceOf(from), call) : [];
	const record = known.find((one): one is GroupRecord => one.kind === 'group' && one.id === names.key);
	if (record && from.kind !== 'existing' && !areSame(record.types, types)) {
		throw new EventBusError(
			'conflict',
			`The group ${group} is bound to ${record.types.join(', ')}, not to ${types.join(', ')}`,
			{
				hint: 'Use these types, or set Provision to Create, which may change the bindings',
			},
		);
	}
	await consume(names);
	const keepsDelays = from.kind !== 'existing' && (await tiers.areThere(call));
	return { names, generation: record?.generation ?? 0, keepsDelays };
}

class Joining {
	private readonly source;
	private readonly record: GroupRecord | null;

	constructor(
		private readonly parts: GroupParts,
		private readonly names: GroupNames,
		private readonly options: SubscribeOptions,
		private readonly call: CallOptions,
		private readonly keepsDelays: boolean,
		private readonly book: Book<SourceRecord>,
	) {
		this.source = sourceOf(options.from);
		this.record = recordOf(book, names.key);
	}

	async join(consume: Consume): Promise<Joined> {
		const { parts, names, options, call, record, book, keepsDelays } = this;
		const isExisting = options.from.kind === 'existing';
		const isNew = await this.refuseConflicts();
		await this.dropGoneEphemerals();
		const resets = !isNew && !isExisting && options.start.at === 'latest';
		const wanted = this.newRecord((record?.generation ?? 0) + (resets ? 1 : 0), isNew);
		const former = this.moves ? record : null;
		const stale = this.moves ? [] : (record?.bindings ?? []).filter((key) => !wanted.bindings.includes(key));
		await parts.link.use(`joining the group ${names.key}`, call, async (channel) => {
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
		return this.record !== null && this.record.queue !== this.names.queue;
	}

	/** @returns whether the queue is still to be made */
	private async refuseConflicts(): Promise<boolean> {
		const { parts, names, record, call, options } = this;
		const { group, types, ordered } = options;
		const state = await probeQueue(parts.link, names.queue, call);
		if (state?.at === 'elsewhere') {
			throw new EventBusError('unreachable', `The group ${group} is read by another connection only`, {
				hint: 'Stop the other reader, or use another consumer group',
			});
		}
		const isRead = state !== null && state.consumers > 0;
		if (record && isRead && !areSame(record.types, types)) {
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
		const state = await probeQueue(this.parts.link, queue, this.call);
		if (!state) return;
		const isUsed = state.at === 'elsewhere' || state.consumers > 0;
		if (!isUsed && state.ready === 0) return;
		const why = isUsed ? 'is being read' : `has ${state.ready} events waiting`;
		const former = ordered ? 'without' : 'with';
		throw new EventBusError('conflict', `The group ${this.options.group} ${why} ${former} order by key`, {
			hint: 'Let it read them first with the former setting of Order, then change it; or delete the group',
		});
	}

	/** The new queue is bound by now, so nothing is missed. */
	private async deleteFormer(channel: Channel, { queue, bindings }: GroupRecord): Promise<void> {
		if (!(await probeQueue(this.parts.link, queue, this.call))) return;
		await this.bind(channel, queue, [], bindings);
		await channel.deleteQueue(queue, { ifEmpty: true, ifUnused: true });
	}

	/** Those whose reader was killed could not remove their record. */
	private async dropGoneEphemerals(): Promise<void> {
		const { parts, book, call, names } = this;
		for (const one of book.records) {
			if (one.kind !== 'group' || one.lifetime !== 'ephemeral' || one.id === names.key) continue;
			if (!(await probeQueue(parts.link, one.queue, call))) book.drop(one.id);
		}
	}

	private newRecord(generation: number, isNew: boolean): GroupRecord {
		const { names, options, record } = this;
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
		const { names, options } = this;
		const durable = { arguments: this.arguments(retentionMs) };
		await channel.assertQueue(names.queue, options.lifetime === 'ephemeral' ? EPHEMERAL : durable);
	}

	private arguments(retentionMs: number) {
		const { parts, options, source } = this;
		const deadLetters = { exchange: deadLetterExchange(source), group: options.group };
		return groupArguments({ settings: parts.queues, ordered: options.ordered, retentionMs, deadLetters });
	}

	private async bind(
		channel: Channel,
		queue: string,
		keys: readonly string[],
		stale: readonly string[],
	): Promise<void> {
		const { from } = this.options;
		if (from.kind === 'existing') return;
		const exchange = from.kind === 'channel' ? from.channel : deadLetterExchange(this.source);
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

function recordOf(book: Book<SourceRecord>, id: string): GroupRecord | null {
	return book.records.find((one): one is GroupRecord => one.kind === 'group' && one.id === id) ?? null;
}

function areSame(a: readonly string[], b: readonly string[]): boolean {
	return a.length === b.length && a.every((type, index) => type === b[index]);
}

/**
 * Joining a group: its queue, its bindings and its record exist, and nobody reads it with other types.
 */
import type { CallOptions, Source, SubscribeOptions } from '../../broker/types';
import { EventBusError, isEventBusError } from '../../kernel/errors';
import type { Logger } from '../../kernel/logger';
import { missingQueue } from './errors';
import type { Exchanges } from './exchanges';
import { areSameTypes, dropGoneEphemerals, Joining, type Consume, type Joined } from './joining';
import type { Link } from './link';
import { groupNames, recordsQueue, sourceOf, turnsQueue, type GroupNames } from './names';
import { probeQueue } from './probe';
import { declareScanned } from './queues';
import { groupRecord, type Book, type GroupRecord, type Records, type SourceRecord } from './records';
import type { QueueSettings } from './settings';
import type { Tiers } from './tiers';

export interface GroupParts {
	readonly link: Link;
	readonly records: Records;
	readonly exchanges: Exchanges;
	readonly tiers: Tiers;
	readonly queues: QueueSettings;
	readonly logger: Logger;
}

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
	{ link, records }: GroupParts,
	{ key }: GroupNames,
	{ from }: SubscribeOptions,
	call: CallOptions,
): Promise<void> {
	await records.edit(sourceOf(from), call, async (book) => {
		book.drop(key);
		await dropGoneEphemerals(link, book, call);
	});
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
		const record = groupRecord(book.records, key);
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
	const { link, exchanges, tiers, records, logger } = parts;
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
	}
	const hasDeadLetters = makes && lifetime === 'durable' && from.kind === 'channel';
	if (hasDeadLetters) await exchanges.declareDeadLetters(source, group, call);
	const keepsDelays = makes || (await tiers.areThere(call));
	const join = async (book: Book<SourceRecord>) => {
		if (hasDeadLetters) await exchanges.noteDeadLetters(book, source, group);
		return await new Joining({ ...parts, names, options, call, keepsDelays, book }).join(consume);
	};
	try {
		// Nobody else could read it, so nothing has to be looked up.
		if (isOwnQueue(options)) return await join(makes ? records.unread(source, call) : NO_RECORDS);
		// Without the right to make one there may be no queue for records.
		return (await records.edit(source, call, join)) ?? (await join(NO_RECORDS));
	} catch (error) {
		// An alarm stops whoever publishes. Readers must not be stopped with them: they are what ends it.
		if (!isEventBusError(error) || error.code !== 'storage') throw error;
		logger.warn(`The group ${group} is read without its record: ${error.message}`);
		return await join(NO_RECORDS);
	}
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
	const record = provision === 'verify' ? await knownRecord(records, names, sourceOf(from), call) : null;
	if (record && from.kind !== 'existing' && !areSameTypes(record.types, types)) {
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

/** null: there is none, or it cannot be read with these rights or at this moment. */
async function knownRecord(
	records: Records,
	{ key }: GroupNames,
	source: Source,
	call: CallOptions,
): Promise<GroupRecord | null> {
	try {
		return groupRecord(await records.of(source, call), key);
	} catch (error) {
		if (isEventBusError(error) && (error.code === 'auth' || error.code === 'storage')) return null;
		throw error;
	}
}

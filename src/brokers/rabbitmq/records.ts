/**
 * What AMQP cannot be asked: which groups there are, and what they are bound to. Records lie in a queue beside the
 * source, one message a record, the newest counts. Whoever changes them has them alone.
 */
import type { ConsumeMessage } from 'amqplib';
import type { CallOptions, Source } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';
import { CHANNELS, CHANNELS_TURNS, recordsQueue, turnsQueue } from './names';
import type { Publisher } from './publisher';
import { MOST_SCANNED, type Scanned, type ScannedQueue, type Scanner } from './scan';

export interface GroupRecord {
	readonly kind: 'group';
	/** As `GroupNames.key`. */
	readonly id: string;
	readonly group: string;
	/** channel: reads the source; else it listens to dead letters. */
	readonly reads: 'source' | 'dead-letters';
	readonly queue: string;
	readonly types: readonly string[];
	/** Binding keys the queue has or may have. */
	readonly bindings: readonly string[];
	readonly lifetime: 'durable' | 'ephemeral';
	readonly retentionMs: number;
	readonly generation: number;
	/** When a member last showed that it lives, milliseconds since the epoch. */
	readonly seenAt: number;
}

/** The group has a queue for its dead letters. */
export interface DeadLettersRecord {
	readonly kind: 'dead-letters';
	readonly id: string;
	readonly group: string;
}

export interface ChannelRecord {
	readonly kind: 'channel';
	/** Its name. */
	readonly id: string;
}

const OF_CHANNELS: ScannedQueue = { queue: CHANNELS, turns: CHANNELS_TURNS };

export type SourceRecord = GroupRecord | DeadLettersRecord;

export interface Book<R extends { readonly id: string }> {
	readonly records: readonly R[];
	/** In place of the one with its id. Resolves when it is stored. */
	put(record: R): Promise<void>;
	drop(id: string): void;
}

/** @throws EventBusError */
export class Records {
	constructor(
		private readonly scanner: Scanner,
		private readonly publisher: Publisher,
	) {}

	/** [] where none were ever made. */
	async of(source: Source, call: CallOptions): Promise<readonly SourceRecord[]> {
		return (await this.edit(source, call, async ({ records }) => records)) ?? [];
	}

	/** null: there is no queue for them. */
	async edit<T>(source: Source, call: CallOptions, work: (book: Book<SourceRecord>) => Promise<T>): Promise<T | null> {
		return await this.open({ queue: recordsQueue(source), turns: turnsQueue(source) }, isSourceRecord, call, work);
	}

	/** For a record that is surely new: without a look at the others. */
	unread(source: Source, call: CallOptions): Book<SourceRecord> {
		const put = async (record: SourceRecord) => await this.store(recordsQueue(source), record, call);
		return { records: [], put, drop: () => undefined };
	}

	async channels(call: CallOptions): Promise<readonly string[]> {
		const read = async ({ records }: Book<ChannelRecord>) => records.map(({ id }) => id);
		return (await this.open(OF_CHANNELS, isChannelRecord, call, read)) ?? [];
	}

	/** Its queue must be there. Twice does no harm. */
	async noteChannel(channel: string, call: CallOptions): Promise<void> {
		await this.store(CHANNELS, { kind: 'channel', id: channel }, call);
	}

	async strikeChannel(channel: string, call: CallOptions): Promise<void> {
		await this.open(OF_CHANNELS, isChannelRecord, call, async (book) => book.drop(channel));
	}

	private async open<R extends { readonly id: string }, T>(
		of: ScannedQueue,
		isRecord: (value: unknown) => value is R,
		call: CallOptions,
		work: (book: Book<R>) => Promise<T>,
	): Promise<T | null> {
		return await this.scanner.scan(of, { most: MOST_SCANNED }, call, async (scanned) => {
			const book = bookOf(scanned, isRecord);
			return await work({
				records: [...book.records.values()],
				put: async (record) => {
					await this.store(of.queue, record, call);
					book.drop(record.id);
				},
				drop: book.drop,
			});
		});
	}

	private async store(queue: string, record: object, call: CallOptions): Promise<void> {
		const body = Buffer.from(JSON.stringify(record));
		const properties = { deliveryMode: 2, contentType: 'application/json' };
		const isStored = await this.publisher.publishSoon({ exchange: '', routingKey: queue, body, properties }, call);
		if (!isStored) throw new EventBusError('closed', `The queue ${queue} was deleted`);
	}
}

export function groupRecord(records: readonly SourceRecord[], id: string): GroupRecord | null {
	return records.find((one): one is GroupRecord => one.kind === 'group' && one.id === id) ?? null;
}

/** The newest of each id; older ones were left by somebody who did not come to remove them. */
function bookOf<R extends { readonly id: string }>(scanned: Scanned, isRecord: (value: unknown) => value is R) {
	const records = new Map<string, R>();
	const messages = new Map<string, ConsumeMessage[]>();
	for (const message of scanned.messages) {
		const record = parsed(message.content);
		if (!isRecord(record)) continue;
		records.set(record.id, record);
		messages.set(record.id, [...(messages.get(record.id) ?? []), message]);
	}
	const drop = (id: string): void => {
		for (const message of messages.get(id) ?? []) scanned.remove(message);
		messages.delete(id);
	};
	return { records, drop };
}

function parsed(content: Buffer): unknown {
	try {
		return JSON.parse(content.toString()) as unknown;
	} catch {
		// Somebody else put it there.
		return null;
	}
}

function isSourceRecord(value: unknown): value is SourceRecord {
	return hasKind(value) && (value.kind === 'group' || value.kind === 'dead-letters');
}

function isChannelRecord(value: unknown): value is ChannelRecord {
	return hasKind(value) && value.kind === 'channel';
}

function hasKind(value: unknown): value is { readonly kind: unknown } {
	return typeof value === 'object' && value !== null && 'kind' in value && 'id' in value;
}

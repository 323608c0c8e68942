/**
 * Dead letters: a queue a group, looked through and put back as it was.
 */
import { createHash } from 'node:crypto';
import type { ConsumeMessage } from 'amqplib';
import type { CallOptions, DeadLetterPage, DeadLetterPort, WireMessage } from '../../broker/types';
import { DEAD_LETTER_HEADER } from '../../event/headers';
import { EventBusError } from '../../kernel/errors';
import { fromDelivery, orderOf, withReason } from './message';
import { deadLetterQueue, turnsQueue } from './names';
import type { Records } from './records';
import { MOST_SCANNED, type ScannedQueue, type Scanner } from './scan';

type Of = Parameters<DeadLetterPort['list']>[0];

interface Found {
	readonly id: string;
	readonly message: WireMessage;
	/** Microseconds since the epoch. */
	readonly order: number;
}

interface Listing {
	readonly of: string;
	readonly found: readonly Found[];
	readonly complete: boolean;
}

/** The pages of one listing are read one after the other; after that long nobody wants the next, milliseconds. */
const LISTING_MS = 10_000;

export class DeadLetters implements DeadLetterPort {
	/** So that a page does not mean to look through all of it again. */
	private listing: Listing | null = null;
	private forgetting: NodeJS.Timeout | null = null;

	constructor(
		private readonly scanner: Scanner,
		private readonly records: Records,
	) {}

	async list(
		of: Of,
		{ after, limit }: Parameters<DeadLetterPort['list']>[1],
		options: CallOptions,
	): Promise<DeadLetterPage> {
		const position = parsePosition(after);
		const { found, complete } = (position.offset > 0 && this.listingOf(of)) || (await this.read(of, options));
		const start = startOf(found, position);
		const items = found.slice(start, start + limit);
		const last = items.at(-1);
		const isMore = start + limit < found.length && last !== undefined;
		return {
			items: items.map(({ id, message }) => ({ id, message })),
			next: isMore ? `${start + limit} ${last.id}` : null,
			complete,
		};
	}

	async remove(of: Of, ids: readonly string[], options: CallOptions): Promise<number> {
		if (ids.length === 0) return 0;
		this.remember(null);
		const queues = await this.queuesOf(of, options);
		const removed = await Promise.all(queues.map(async (queue) => await this.removeFrom(queue, ids, options)));
		return removed.reduce((sum, count) => sum + count, 0);
	}

	private async read(of: Of, options: CallOptions): Promise<Listing> {
		const queues = await this.queuesOf(of, options);
		const pages = await Promise.all(
			queues.map(async (queue) => {
				const limits = { most: MOST_SCANNED };
				return await this.scanner.scan(queue, limits, options, async ({ messages, complete }) => {
					return { found: messages.map(toFound), complete };
				});
			}),
		);
		const listing = {
			of: keyOf(of),
			found: pages.flatMap((page) => page?.found ?? []).sort((a, b) => a.order - b.order),
			complete: pages.every((page) => page?.complete ?? true),
		};
		this.remember(listing);
		return listing;
	}

	private async removeFrom(queue: ScannedQueue, ids: readonly string[], options: CallOptions): Promise<number> {
		const wanted = new Map<string, number>();
		for (const id of ids) wanted.set(id, (wanted.get(id) ?? 0) + 1);
		let removed = 0;
		const keep = (message: ConsumeMessage) => (wanted.get(toFound(message).id) ?? 0) > 0;
		// Whoever redrives goes from the oldest on, so the first is often the one.
		for (const most of ids.length === 1 ? [1, MOST_SCANNED] : [MOST_SCANNED]) {
			const isOver = await this.scanner.scan(queue, { most, keep }, options, async (scanned) => {
				for (const message of scanned.messages) {
					// Of two with one id, one is removed at a time.
					if (!keep(message)) continue;
					const { id } = toFound(message);
					scanned.remove(message);
					wanted.set(id, (wanted.get(id) ?? 0) - 1);
					removed += 1;
				}
				return scanned.complete;
			});
			if (isOver !== false || removed === ids.length) break;
		}
		return removed;
	}

	private async queuesOf({ of, group }: Of, options: CallOptions): Promise<readonly ScannedQueue[]> {
		const turns = turnsQueue(of);
		if (group !== null) return [{ queue: deadLetterQueue(of, group), turns }];
		const records = await this.records.of(of, options);
		return records.filter(({ kind }) => kind === 'dead-letters').map(({ id }) => ({ queue: id, turns }));
	}

	private listingOf(of: Of): Listing | null {
		return this.listing?.of === keyOf(of) ? this.listing : null;
	}

	private remember(listing: Listing | null): void {
		if (this.forgetting) clearTimeout(this.forgetting);
		this.listing = listing;
		this.forgetting = listing && setTimeout(() => (this.listing = null), LISTING_MS).unref();
	}
}

interface Position {
	readonly offset: number;
	readonly id: string;
}

function parsePosition(after: string | null): Position {
	if (after === null) return { offset: 0, id: '' };
	const [, offset, id = ''] = /^(\d{1,9}) (.*)$/s.exec(after) ?? [];
	if (offset !== undefined) return { offset: Number(offset), id };
	throw new EventBusError('settings', 'This is no position among dead letters', { hint: 'Begin without one' });
}

/** Some before it may be gone by now. */
function startOf(found: readonly Found[], { offset, id }: Position): number {
	if (offset === 0) return 0;
	const at = found.findLastIndex((one, index) => index < offset && one.id === id);
	return at < 0 ? offset : at + 1;
}

function toFound(native: ConsumeMessage): Found {
	const message = withReason(fromDelivery(native), native);
	const id = message.id === '' ? digestOf(message) : message.id;
	return { id, message, order: orderOf(native) ?? 1000 * Number(message.headers[DEAD_LETTER_HEADER.at] ?? 0) };
}

/** A foreign message that the server gave up may have no id. */
function digestOf({ body, headers }: WireMessage): string {
	const hash = createHash('sha256').update(body).update(JSON.stringify(headers));
	return `native-${hash.digest('hex').slice(0, 24)}`;
}

function keyOf({ of, group }: Of): string {
	return JSON.stringify([of, group]);
}

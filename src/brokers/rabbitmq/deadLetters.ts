/**
 * Dead letters: a queue a group, looked through from its head and put back as it was.
 */
import { createHash } from 'node:crypto';
import type { ConsumeMessage } from 'amqplib';
import type { CallOptions, DeadLetterPage, DeadLetterPort, WireMessage } from '../../broker/types';
import { DEAD_LETTER_HEADER } from '../../event/headers';
import { EventBusError } from '../../kernel/errors';
import { fromDelivery, withReason } from './message';
import { deadLetterQueue, turnsQueue } from './names';
import type { Records } from './records';
import { MOST_SCANNED, type ScannedQueue, type Scanner } from './scan';

type Of = Parameters<DeadLetterPort['list']>[0];

interface Found {
	readonly id: string;
	readonly message: WireMessage;
}

/** Most dead letters are removed soon after they were listed, and stand near the head. */
const NEAR_THE_HEAD = 500;

export class DeadLetters implements DeadLetterPort {
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
		const most = Math.min(position.offset + limit + 1, MOST_SCANNED);
		const queues = await this.queuesOf(of, options);
		const pages = await Promise.all(queues.map(async (queue) => await this.read(queue, most, options)));
		const found = pages.flatMap((page) => page.found);
		if (queues.length > 1) found.sort((a, b) => timeOf(a) - timeOf(b));
		const start = startOf(found, position);
		const items = found.slice(start, start + limit);
		const last = items.at(-1);
		const isMore = start + limit < found.length && last !== undefined;
		return {
			items,
			next: isMore ? `${start + limit} ${last.id}` : null,
			complete: isMore || pages.every(({ complete }) => complete),
		};
	}

	async remove(of: Of, ids: readonly string[], options: CallOptions): Promise<number> {
		if (ids.length === 0) return 0;
		const queues = await this.queuesOf(of, options);
		const removed = await Promise.all(queues.map(async (queue) => await this.removeFrom(queue, ids, options)));
		return removed.reduce((sum, count) => sum + count, 0);
	}

	private async read(queue: ScannedQueue, most: number, options: CallOptions) {
		const page = await this.scanner.scan(queue, { most }, options, async ({ messages, complete }) => {
			return { found: messages.map(toFound), complete };
		});
		return page ?? { found: [], complete: true };
	}

	private async removeFrom(queue: ScannedQueue, ids: readonly string[], options: CallOptions): Promise<number> {
		const wanted = new Map<string, number>();
		for (const id of ids) wanted.set(id, (wanted.get(id) ?? 0) + 1);
		let removed = 0;
		// Of two with one id, one is removed at a time.
		const isWanted = (id: string) => (wanted.get(id) ?? 0) > 0;
		for (const most of [NEAR_THE_HEAD, MOST_SCANNED]) {
			const open = new Map(wanted);
			const enough = (message: ConsumeMessage) => {
				const { id } = toFound(message);
				const count = open.get(id) ?? 0;
				if (count > 1) open.set(id, count - 1);
				else open.delete(id);
				return open.size === 0;
			};
			const isDone = await this.scanner.scan(
				queue,
				{ most, enough },
				options,
				async ({ messages, complete, remove }) => {
					for (const message of messages) {
						const { id } = toFound(message);
						if (!isWanted(id)) continue;
						remove(message);
						wanted.set(id, (wanted.get(id) ?? 0) - 1);
						removed += 1;
					}
					return complete;
				},
			);
			if (isDone !== false || removed === ids.length) break;
		}
		return removed;
	}

	private async queuesOf({ of, group }: Of, options: CallOptions): Promise<readonly ScannedQueue[]> {
		const turns = turnsQueue(of);
		if (group !== null) return [{ queue: deadLetterQueue(of, group), turns }];
		const records = await this.records.of(of, options);
		return records.filter(({ kind }) => kind === 'dead-letters').map(({ id }) => ({ queue: id, turns }));
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
	return { id: message.id === '' ? digestOf(message) : message.id, message };
}

/** A foreign message that the server gave up may have no id. */
function digestOf({ body, headers }: WireMessage): string {
	const hash = createHash('sha256').update(body).update(JSON.stringify(headers));
	return `native-${hash.digest('hex').slice(0, 24)}`;
}

function timeOf({ message }: Found): number {
	return Number(message.headers[DEAD_LETTER_HEADER.at] ?? 0);
}

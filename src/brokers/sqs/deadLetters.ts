/**
 * Dead letters: a queue a group, listed in the order in which they came and removed by id.
 */
import type { Address, CallOptions, DeadLetterPage, DeadLetterPort, Source } from '../../broker/types';
import type { AwsLink } from './client';
import { byAge, LetterScan, type Letter } from './letterScan';
import { deadLetterPrefix, deadLetterQueueName, isDeadLetterQueue } from './names';
import type { Queue } from './queues';
import { sendToQueue } from './sending';
import { isMissing, sourceText, type Sources } from './sources';
import { readFacts } from './tags';

const COPIED_AT_ONCE = 200;

type Of = Extract<Address, { kind: 'dead-letters' }>;

export class DeadLetters implements DeadLetterPort {
	private readonly scans = new Map<string, LetterScan>();

	constructor(
		private readonly link: AwsLink,
		private readonly sources: Sources,
	) {}

	async list(
		of: Of,
		{ after, limit }: { readonly after: string | null; readonly limit: number },
		options: CallOptions,
	): Promise<DeadLetterPage> {
		const looks = await Promise.all(
			(await this.queuesOf(of, options)).map(async (queue) => await this.look(queue, after !== null, options)),
		);
		const all = looks.flatMap(({ letters }) => letters).sort(byAge);
		const start = after === null ? 0 : all.findIndex((letter) => positionOf(letter) > after);
		const shown = start < 0 ? [] : all.slice(start, start + limit);
		const last = shown.at(-1);
		const isMore = start >= 0 && start + limit < all.length && last !== undefined;
		return {
			items: shown.map(({ id, message }) => ({ id, message })),
			next: isMore ? positionOf(last) : null,
			complete: looks.every(({ complete }) => complete),
		};
	}

	async remove(of: Of, ids: readonly string[], options: CallOptions): Promise<number> {
		const removed = await Promise.all(
			(await this.queuesOf(of, options)).map(async (queue) => await this.scanOf(queue).remove(ids, options)),
		);
		return removed.reduce((sum, count) => sum + count, 0);
	}

	/** Sends a copy of each to another queue. */
	async copyTo(of: Of, to: Queue, options: CallOptions): Promise<void> {
		let after: string | null = null;
		do {
			const page: DeadLetterPage = await this.list(of, { after, limit: COPIED_AT_ONCE }, options);
			const sendings = page.items.map(({ message }) => ({ message, isAlone: true }));
			for (const outcome of await sendToQueue(this.link, to, sendings, options)) if (!outcome.ok) throw outcome.error;
			after = page.next;
		} while (after !== null);
	}

	/** The queues with dead letters of a source, and whose they are. */
	async queuesOfSource(
		of: Source,
		options: CallOptions,
	): Promise<readonly { readonly queue: Queue; readonly group: string }[]> {
		const names = (await this.sources.queues.list(deadLetterPrefix(of), options)).filter(isDeadLetterQueue);
		const found = await Promise.all(
			names.map(async (name) => {
				const queue = await this.sources.queues.find(name, options);
				const facts = queue ? readFacts(await this.sources.queues.tags(queue, options)) : null;
				const isOurs = facts?.source === sourceText(of) && queue?.isFifo === this.sources.naming(of).fifo;
				return isOurs ? [{ queue, group: facts.group }] : [];
			}),
		);
		return found.flat();
	}

	/** Gives back what is being looked at. */
	async close(): Promise<void> {
		await Promise.all([...this.scans.values()].map(async (scan) => await scan.end().catch(() => undefined)));
	}

	private async queuesOf({ of, group }: Of, options: CallOptions): Promise<readonly Queue[]> {
		if (group === null) return (await this.queuesOfSource(of, options)).map(({ queue }) => queue);
		const queue = await this.sources.queues.find(deadLetterQueueName(of, group, this.sources.naming(of)), options);
		return queue ? [queue] : [];
	}

	private async look(queue: Queue, isNextPage: boolean, options: CallOptions) {
		const scan = this.scanOf(queue);
		try {
			return isNextPage ? await scan.again(options) : await scan.look(options);
		} catch (error) {
			if (!isMissing(error)) throw error;
			this.sources.queues.forget(queue);
			this.scans.delete(queue.url);
			return { letters: [], complete: true };
		}
	}

	private scanOf(queue: Queue): LetterScan {
		const scan = this.scans.get(queue.url) ?? new LetterScan(this.link, this.sources.queues, queue);
		this.scans.set(queue.url, scan);
		return scan;
	}
}

/** Comparable as text. */
function positionOf({ sentAt, sequence, id }: Letter): string {
	return `${String(sentAt).padStart(15, '0')}:${sequence}:${id}`;
}

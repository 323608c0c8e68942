/**
 * The exchanges messages are sent to: looked for once, made where that is allowed, remembered while the link lives.
 */
import type { CallOptions, Provision, Source } from '../../broker/types';
import { missingExchange } from './errors';
import type { Link } from './link';
import { CHANNELS, CHANNELS_TURNS, deadLetterExchange, deadLetterQueue, recordsQueue, turnsQueue } from './names';
import { exchangeExists } from './probe';
import { declareScanned } from './queues';
import type { Book, Records, SourceRecord } from './records';

/** @throws EventBusError */
export class Exchanges {
	private readonly known = new Set<string>();

	constructor(
		private readonly link: Link,
		private readonly records: Records,
	) {}

	async exists(exchange: string, call: CallOptions): Promise<boolean> {
		if (this.known.has(exchange)) return true;
		const isThere = await exchangeExists(this.link, exchange, call);
		if (isThere) this.known.add(exchange);
		return isThere;
	}

	/** @throws EventBusError `not-found` unless it may be made */
	async ensureChannel(channel: string, provision: Provision, call: CallOptions): Promise<void> {
		if (await this.exists(channel, call)) return;
		if (provision !== 'create') throw missingExchange(channel);
		await this.createChannel(channel, call);
	}

	async createChannel(channel: string, call: CallOptions): Promise<void> {
		await this.link.use(`creating the exchange ${channel}`, call, async (amqp) => {
			await declareScanned(amqp, { queue: CHANNELS, turns: CHANNELS_TURNS });
			await amqp.assertExchange(channel, 'topic');
		});
		await this.records.noteChannel(channel, call);
		this.known.add(channel);
	}

	async ensureDeadLetterExchange(of: Source, call: CallOptions): Promise<void> {
		const exchange = deadLetterExchange(of);
		if (this.known.has(exchange)) return;
		await this.link.use(`creating the exchange ${exchange}`, call, async (amqp) => {
			await amqp.assertExchange(exchange, 'topic');
		});
		this.known.add(exchange);
	}

	/** Where dead letters of a group go, and the record that there may be some. */
	async ensureDeadLetters(of: Source, group: string, call: CallOptions): Promise<void> {
		const queue = deadLetterQueue(of, group);
		if (this.known.has(queue)) return;
		await this.declareDeadLetters(of, group, call);
		await this.records.edit(of, call, async (book) => await this.noteDeadLetters(book, of, group));
	}

	/** As `ensureDeadLetters`, without the record. */
	async declareDeadLetters(of: Source, group: string, call: CallOptions): Promise<void> {
		const queue = deadLetterQueue(of, group);
		await this.ensureDeadLetterExchange(of, call);
		await this.link.use(`creating the queue ${queue}`, call, async (amqp) => {
			const turns = turnsQueue(of);
			await declareScanned(amqp, { queue: recordsQueue(of), turns });
			await declareScanned(amqp, { queue, turns });
			await amqp.bindQueue(queue, deadLetterExchange(of), group);
		});
	}

	async noteDeadLetters(book: Book<SourceRecord>, of: Source, group: string): Promise<void> {
		const queue = deadLetterQueue(of, group);
		const isNoted = book.records.some(({ id }) => id === queue);
		if (!isNoted) await book.put({ kind: 'dead-letters', id: queue, group });
		this.known.add(queue);
	}

	/** Something was deleted: look again. */
	forget(): void {
		this.known.clear();
	}
}

/**
 * Dead letters: a topic a group, kept by a subscription that nobody reads. Listing reads beside it; removing acknowledges.
 */
import type { Address, CallOptions, DeadLetterPage, DeadLetterPort } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';
import { Inlet } from './inlet';
import { compareIds, cursorOf, parseCursor, writeMessageId, type MessageId } from './messageId';
import { deadLetterTopic, groupOfDeadLetterTopic, KEEPER, type Topic } from './names';
import type { Producers } from './producers';
import { readBetween } from './reading';
import type { SocketSettings } from './socket';
import type { Sources } from './sources';
import { isSettled, needsAdmin, type Topics } from './topics';
import type { Received } from './wire';

type Of = Extract<Address, { kind: 'dead-letters' }>;

interface Listing {
	readonly of: string;
	readonly letters: readonly Received[];
	readonly complete: boolean;
}

/** The pages of one listing are read one after the other; after that long nobody wants the next, milliseconds. */
const LISTING_MS = 10_000;
/** How often one looks whether a removal has arrived, milliseconds. Acknowledgements are gathered for 100 ms. */
const LOOK_MS = 20;
const COPIED_AT_ONCE = 100;

export class DeadLetters implements DeadLetterPort {
	/** So that a page does not mean to read all of it again. */
	private listing: Listing | null = null;
	private forgetting: NodeJS.Timeout | null = null;

	constructor(
		private readonly settings: SocketSettings,
		private readonly sources: Sources,
		private readonly producers: Producers,
	) {}

	async list(
		of: Of,
		{ after, limit }: Parameters<DeadLetterPort['list']>[1],
		options: CallOptions,
	): Promise<DeadLetterPage> {
		const position = after === null ? null : parsePosition(after);
		const isNext = position !== null && this.listing?.of === keyOf(of);
		const { letters, complete } = (isNext && this.listing) || (await this.read(of, options));
		const rest = position === null ? letters : letters.filter((letter) => isAfter(letter, position));
		const shown = rest.slice(0, limit);
		const last = shown.at(-1);
		return {
			items: shown.map(({ id, message }) => ({ id: cursorOf(id), message })),
			next: rest.length > limit && last ? `${last.publishedAt} ${cursorOf(last.id)}` : null,
			complete,
		};
	}

	async remove(of: Of, ids: readonly string[], options: CallOptions): Promise<number> {
		if (ids.length === 0) return 0;
		this.remember(null);
		const wanted = ids.map(parseCursor);
		const topics = await this.topicsOf(of, options);
		const removed = await Promise.all(topics.map(async (topic) => await this.removeFrom(topic, wanted, options)));
		return removed.reduce((sum, count) => sum + count, 0);
	}

	/** Sends a copy of each to another topic. */
	async copyTo(of: Of, to: Topic, options: CallOptions): Promise<void> {
		const { letters } = await this.read(of, options);
		for (let start = 0; start < letters.length; start += COPIED_AT_ONCE) {
			const sendings = letters.slice(start, start + COPIED_AT_ONCE).map(({ message }) => ({ message }));
			for (const outcome of await this.producers.send(to, sendings, options)) if (!outcome.ok) throw outcome.error;
		}
	}

	/** That exist. */
	async topicsOf({ of, group }: Of, options: CallOptions): Promise<readonly Topic[]> {
		const source = this.sources.topicOf(of);
		if (group !== null) return [deadLetterTopic(source, group)];
		const all = await this.admin.list(source, options);
		return all.filter((topic) => groupOfDeadLetterTopic(topic, source) !== null);
	}

	private async read(of: Of, options: CallOptions): Promise<Listing> {
		const topics = await this.topicsOf(of, options);
		const pages = await Promise.all(topics.map(async (topic) => await this.readOne(topic, options)));
		const listing = {
			of: keyOf(of),
			letters: pages.flatMap(({ letters }) => letters).sort(byAge),
			complete: pages.every(({ complete }) => complete),
		};
		this.remember(listing);
		return listing;
	}

	private async readOne(topic: Topic, options: CallOptions) {
		const last = await this.admin.lastOf(topic, options);
		if (last === null) return { letters: [], complete: true };
		const cursor = await this.admin.cursor(topic, KEEPER, options);
		if (cursor && isSettled(last, cursor) && cursor.ranges.length === 0) return { letters: [], complete: true };
		const range = { after: cursor?.settled ?? null, last };
		const { messages, complete } = await readBetween(this.settings, topic, range, options);
		// Another may have removed some while we read.
		const now = await this.admin.cursor(topic, KEEPER, options);
		return { letters: now ? messages.filter(({ id }) => !isSettled(id, now)) : messages, complete };
	}

	private async removeFrom(topic: Topic, wanted: readonly MessageId[], options: CallOptions): Promise<number> {
		const [last, known] = [await this.admin.lastOf(topic, options), await this.admin.cursor(topic, KEEPER, options)];
		if (last === null) return 0;
		// Somebody else's dead letters have no keeper yet.
		if (known === null) await this.admin.subscribe(topic, KEEPER, 'earliest', {}, options);
		const present = known ? wanted.filter((id) => !isSettled(id, known) && compare(id, last) <= 0) : wanted;
		if (present.length === 0) return 0;
		const inlet = await Inlet.open(this.settings, { ...KEEPING, topic }, options);
		try {
			for (const id of present) inlet.acknowledge(writeMessageId(id));
		} finally {
			await inlet.close();
		}
		await this.untilSettled(topic, present, options);
		return present.length;
	}

	/** An acknowledgement has no answer. */
	private async untilSettled(
		topic: Topic,
		ids: readonly MessageId[],
		{ signal, timeoutMs }: CallOptions,
	): Promise<void> {
		const until = Date.now() + timeoutMs;
		// A part of a batch is gone only with the rest of it.
		const awaited = ids.filter(({ batch }) => batch < 0);
		for (;;) {
			const cursor = await this.admin.cursor(topic, KEEPER, { signal, timeoutMs });
			if (cursor === null || awaited.every((id) => isSettled(id, cursor))) return;
			if (Date.now() > until) throw new EventBusError('timeout', 'Pulsar did not remove the dead letters in time');
			await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
		}
	}

	private remember(listing: Listing | null): void {
		if (this.forgetting) clearTimeout(this.forgetting);
		this.listing = listing;
		this.forgetting = listing && setTimeout(() => (this.listing = null), LISTING_MS).unref();
	}

	private get admin(): Topics {
		if (this.sources.topics) return this.sources.topics;
		throw needsAdmin('Looking at dead letters');
	}
}

const KEEPING = {
	subscription: KEEPER,
	type: 'Shared',
	isDurable: true,
	name: KEEPER,
	queueSize: 1,
	take: () => undefined,
} as const;

interface Position {
	readonly publishedAt: number;
	readonly id: MessageId;
}

/** @throws EventBusError `settings` */
function parsePosition(text: string): Position {
	const [, publishedAt, cursor = ''] = /^(\d{1,15}) (.+)$/.exec(text) ?? [];
	if (publishedAt !== undefined) return { publishedAt: Number(publishedAt), id: parseCursor(cursor) };
	throw new EventBusError('settings', 'This is no position among dead letters', { hint: 'Begin without one' });
}

function isAfter(letter: Received, position: Position): boolean {
	return byAge(letter, position) > 0;
}

function byAge(a: Position, b: Position): number {
	return a.publishedAt - b.publishedAt || compareIds(a.id, b.id);
}

function compare(a: Pick<MessageId, 'ledger' | 'entry'>, b: Pick<MessageId, 'ledger' | 'entry'>): number {
	return a.ledger - b.ledger || a.entry - b.entry;
}

function keyOf({ of, group }: Of): string {
	return JSON.stringify([of, group]);
}

/**
 * Dead letters: a compacted topic a group. The key is the id, so removing one is writing nothing under its key.
 *
 * Which are alive follows from reading the whole topic. That is remembered by id and offset, so that the next look reads
 * only what is new.
 */
import { createHash } from 'node:crypto';
import type { Address, DeadLetterPage, WireMessage } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';
import type { KafkaLink } from './client';
import { readFetched } from './fetched';
import { fetchOnce } from './fetching';
import { deadLetterTopic, groupIdOf, groupOfDeadLetters, sourceTopic } from './names';
import { listOffsets } from './offsets';
import { check } from './errors';
import type { IncomingRecord, OutgoingRecord } from './protocol';
import { toMessage, tombstone } from './records';
import type { Topics } from './topics';
import { HEADER } from '../../event/headers';

const FETCH_BYTES = 4 * 1024 * 1024;
const FETCH_WAIT_MS = 100;
/** Offsets are remembered of so many topics; of the rest they are read again. */
const REMEMBERED_TOPICS = 20;

type Of = Extract<Address, { kind: 'dead-letters' }>;

/** What is alive in one topic, as far as it was read. */
interface Alive {
	readonly offsets: Map<string, number>;
	readUpTo: number;
}

interface Place {
	readonly group: string;
	readonly topic: string;
}

export class DeadLetters {
	private readonly alive = new Map<string, Alive>();

	constructor(
		private readonly link: KafkaLink,
		private readonly topics: Topics,
		private readonly send: (topic: string, record: OutgoingRecord, timeoutMs: number) => Promise<unknown>,
	) {}

	async list(of: Of, after: string | null, limit: number): Promise<DeadLetterPage> {
		const places = await this.places(of);
		const from = readPage(after);
		const items: { id: string; message: WireMessage }[] = [];
		for (const place of places) {
			if (from && place.group < from.group) continue;
			const start = from?.group === place.group ? from.offset : 0;
			const { offsets } = await this.look(place.topic);
			for (const [key, offset] of [...offsets].filter(([, at]) => at >= start).sort((a, b) => a[1] - b[1])) {
				if (items.length >= limit) return { items, next: `${place.group}:${offset}`, complete: true };
				const record = await this.recordAt(place.topic, offset, key);
				if (record) items.push({ id: idOf(of, place.group, key), message: toMessage(record, key, false) });
			}
		}
		return { items, next: null, complete: true };
	}

	async remove(of: Of, ids: readonly string[], timeoutMs: number): Promise<number> {
		let removed = 0;
		for (const { group, topic } of await this.places(of)) {
			const { offsets } = await this.look(topic);
			const keys = ids.map((id) => keyOfId(group, id)).filter((key) => offsets.has(key));
			await Promise.all(
				[...new Set(keys)].map(async (key) => {
					await this.send(topic, tombstone(key, Date.now()), timeoutMs);
					removed += 1;
				}),
			);
		}
		return removed;
	}

	/** null: there are too many records to count them in passing. */
	async count(topic: string, atMostRecords: number): Promise<number | null> {
		const [begin, end] = await Promise.all([this.bound(topic, 'earliest'), this.bound(topic, 'latest')]);
		const known = this.alive.get(topic)?.readUpTo ?? begin;
		if (end - Math.max(begin, known) > atMostRecords) return null;
		return (await this.look(topic)).offsets.size;
	}

	private async places({ of, group }: Of): Promise<readonly Place[]> {
		const channel = sourceTopic(of);
		if (group !== null) {
			const topic = deadLetterTopic(groupIdOf(channel, group));
			return (await this.topics.lookUp(topic)) ? [{ group, topic }] : [];
		}
		const found = (await this.topics.names()).flatMap((topic): Place[] => {
			const one = groupOfDeadLetters(channel, topic);
			return one === null ? [] : [{ group: one, topic }];
		});
		return found.sort((a, b) => (a.group < b.group ? -1 : 1));
	}

	/** Reads what is new. */
	private async look(topic: string): Promise<Alive> {
		const [begin, end] = await Promise.all([this.bound(topic, 'earliest'), this.bound(topic, 'latest')]);
		let alive = this.alive.get(topic);
		// A smaller end is another topic of the same name.
		if (!alive || alive.readUpTo > end) alive = { offsets: new Map(), readUpTo: begin };
		this.remember(topic, alive);
		while (alive.readUpTo < end) {
			const { records, next } = await this.read(topic, alive.readUpTo, FETCH_BYTES);
			for (const { key, value, offset } of records) {
				const id = key?.toString() ?? '';
				// What was written again stands where it was written last.
				alive.offsets.delete(id);
				if (value !== null) alive.offsets.set(id, Number(offset));
			}
			alive.readUpTo = next;
		}
		return alive;
	}

	/** null: it was removed meanwhile. */
	private async recordAt(topic: string, offset: number, key: string): Promise<IncomingRecord | null> {
		const { pages } = this;
		let page = pages.get(topic);
		if (!page?.some((record) => Number(record.offset) === offset)) {
			page = (await this.read(topic, offset, FETCH_BYTES)).records;
			pages.clear();
			pages.set(topic, page);
		}
		return page.find((record) => Number(record.offset) === offset && record.key?.toString() === key) ?? null;
	}

	/** The records read last: a page of dead letters is mostly one answer of the broker. */
	private readonly pages = new Map<string, readonly IncomingRecord[]>();

	private async read(topic: string, from: number, bytes: number) {
		const leader = (await this.topics.find(topic))?.[0];
		if (leader === undefined || leader < 0) {
			this.topics.forget(topic);
			throw new EventBusError('unreachable', `The topic ${topic} has no leader at the moment`);
		}
		const fetched = (await fetchOnce(this.link, leader, [{ topic, partition: 0, from }], bytes, FETCH_WAIT_MS))(
			topic,
			0,
		);
		if (!fetched) throw new EventBusError('unreachable', `Kafka gave no answer for ${topic}`);
		if (fetched.errorCode !== 0) this.topics.forget(topic);
		check(fetched.errorCode, `topic ${topic}`);
		return readFetched(fetched, from, true);
	}

	private async bound(topic: string, place: 'earliest' | 'latest'): Promise<number> {
		return (await listOffsets(this.link, [topic], place)).get(topic)?.[0] ?? 0;
	}

	private remember(topic: string, alive: Alive): void {
		this.alive.delete(topic);
		this.alive.set(topic, alive);
		const [oldest] = this.alive.keys();
		if (this.alive.size > REMEMBERED_TOPICS && oldest !== undefined) this.alive.delete(oldest);
	}
}

/**
 * The same for a dead letter that is stored a second time after a crash, another for another message of the same id, and
 * another after each redrive: removing the old one must not remove the new one.
 */
export function deadLetterKey({ id, body, headers }: WireMessage): string {
	const content = createHash('sha256')
		.update(body)
		.update(headers[HEADER.redrives] ?? '0');
	return `${id}.${content.digest('base64url').slice(0, 12)}`;
}

/** Among those of all groups the group is part of the id. */
function idOf({ group }: Of, ofGroup: string, key: string): string {
	return group === null ? `${ofGroup}/${key}` : key;
}

/** Ids with and without their group are understood. */
function keyOfId(ofGroup: string, id: string): string {
	const prefix = `${ofGroup}/`;
	return id.startsWith(prefix) ? id.slice(prefix.length) : id;
}

function readPage(after: string | null): { readonly group: string; readonly offset: number } | null {
	if (after === null) return null;
	const [, group, offset] = /^([^:]+):(\d+)$/.exec(after) ?? [];
	if (group !== undefined && offset !== undefined) return { group, offset: Number(offset) };
	throw new EventBusError('settings', 'This is no page of dead letters', { hint: 'Begin with the first page' });
}

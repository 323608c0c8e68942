/**
 * What a person does with dead letters: look, redrive, discard.
 */
import { noOutcome } from '../broker/noOutcome';
import type { BrokerConnection, CallOptions, Provision, Source, WireMessage } from '../broker/types';
import { decodeMessage } from '../event/codec';
import type { EventEnvelope } from '../event/envelope';
import { matcherOf } from '../event/typePattern';
import type { EventBusError } from '../kernel/errors';
import { nameOf, readDeadLetter, toRedrive } from './deadLetterMessage';
import type { DeadLetterInfo } from './types';

/** group null: those of every group. */
export interface DeadLettersOf {
	readonly source: Source;
	readonly group: string | null;
}

export interface DeadLetterFilter {
	/** Type patterns; absent: all. */
	readonly types?: readonly string[];
	readonly reason?: string;
	/** Only these dead letters. */
	readonly ids?: readonly string[];
	/** Dead-lettered before, milliseconds since the epoch. */
	readonly before?: number;
	/** Most to take. */
	readonly limit: number;
}

export interface DeadLetterItem {
	readonly id: string;
	/** Null when the bytes are no event. */
	readonly event: EventEnvelope | null;
	/** The bytes, base64, when they are no event. */
	readonly raw: string | null;
	readonly deadLetter: DeadLetterInfo;
}

export interface DeadLetterListing {
	/** Oldest first. */
	readonly items: readonly DeadLetterItem[];
	/** False where the broker can only sample. */
	readonly complete: boolean;
}

export interface RedriveResult {
	readonly redriven: readonly DeadLetterItem[];
	readonly failed: readonly { readonly item: DeadLetterItem; readonly error: EventBusError }[];
}

const PAGE_SIZE = 200;

interface Found extends DeadLetterItem {
	readonly message: WireMessage;
}

export async function listDeadLetters(
	connection: BrokerConnection,
	of: DeadLettersOf,
	filter: DeadLetterFilter,
	options: CallOptions,
): Promise<DeadLetterListing> {
	const { found, complete } = await find(connection, of, filter, options);
	return { items: found.map(withoutMessage), complete };
}

/**
 * Gives them to their group again, in the order of the original events, with attempts reset. Each is removed once its
 * redrive is confirmed, so a crash in between can only redrive twice.
 */
export async function redriveDeadLetters(
	connection: BrokerConnection,
	of: DeadLettersOf,
	filter: DeadLetterFilter,
	options: CallOptions & { readonly provision: Provision },
): Promise<RedriveResult> {
	const { found } = await find(connection, of, filter, options);
	const redriven: DeadLetterItem[] = [];
	const failed: { item: DeadLetterItem; error: EventBusError }[] = [];
	for (const one of found.toSorted(byEventTime)) {
		const { group } = one.deadLetter;
		const address = { kind: 'group', of: of.source, group } as const;
		const [outcome = noOutcome()] = await connection.publish(address, [toRedrive(one.message)], options);
		if (!outcome.ok) {
			failed.push({ item: withoutMessage(one), error: outcome.error });
			continue;
		}
		await connection.deadLetters.remove({ kind: 'dead-letters', of: of.source, group }, [one.id], options);
		redriven.push(withoutMessage(one));
	}
	return { redriven, failed };
}

/** Removes them for good. Returns what was removed. */
export async function discardDeadLetters(
	connection: BrokerConnection,
	of: DeadLettersOf,
	filter: DeadLetterFilter,
	options: CallOptions,
): Promise<readonly DeadLetterItem[]> {
	const { found } = await find(connection, of, filter, options);
	for (const group of new Set(found.map((one) => one.deadLetter.group))) {
		const ids = found.filter((one) => one.deadLetter.group === group).map((one) => one.id);
		await connection.deadLetters.remove({ kind: 'dead-letters', of: of.source, group }, ids, options);
	}
	return found.map(withoutMessage);
}

async function find(
	connection: BrokerConnection,
	of: DeadLettersOf,
	filter: DeadLetterFilter,
	options: CallOptions,
): Promise<{ readonly found: readonly Found[]; readonly complete: boolean }> {
	const address = { kind: 'dead-letters', of: of.source, group: of.group } as const;
	const wanted = wantedBy(filter);
	const found: Found[] = [];
	let after: string | null = null;
	let complete = true;
	do {
		const page = await connection.deadLetters.list(address, { after, limit: PAGE_SIZE }, options);
		complete &&= page.complete;
		for (const { id, message } of page.items) {
			const one = read(id, message, of);
			if (!wanted(one)) continue;
			found.push(one);
			if (found.length >= filter.limit) return { found, complete };
		}
		after = page.next;
	} while (after !== null);
	return { found, complete };
}

function read(id: string, message: WireMessage, { source, group }: DeadLettersOf): Found {
	const channel = nameOf(source);
	const deadLetter = readDeadLetter(id, message, { channel, group: group ?? '' });
	const decoded = decodeMessage(message, {
		broker: '',
		channel,
		cursor: deadLetter.position,
		receivedAt: Date.parse(deadLetter.dead_lettered_at),
	});
	return {
		id,
		message,
		deadLetter,
		event: decoded.ok ? decoded.event : null,
		raw: decoded.ok ? null : Buffer.from(message.body).toString('base64'),
	};
}

function wantedBy(filter: DeadLetterFilter): (one: Found) => boolean {
	const matches = filter.types === undefined ? null : matcherOf(filter.types);
	const ids = filter.ids === undefined ? null : new Set(filter.ids);
	return ({ id, event, deadLetter }) =>
		(ids === null || ids.has(id)) &&
		(filter.reason === undefined || deadLetter.reason === filter.reason) &&
		(filter.before === undefined || Date.parse(deadLetter.dead_lettered_at) < filter.before) &&
		(matches === null || (event !== null && matches(event.event_type, event.event_version)));
}

function byEventTime(a: Found, b: Found): number {
	return timeOf(a) - timeOf(b);
}

function timeOf({ event, deadLetter }: Found): number {
	return Date.parse(event?.metadata.timestamp ?? deadLetter.dead_lettered_at);
}

function withoutMessage({ id, event, raw, deadLetter }: Found): DeadLetterItem {
	return { id, event, raw, deadLetter };
}

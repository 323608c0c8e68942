/**
 * Places the sample orders one after the other and prints what each of them sets off, while it happens.
 */
import type { ChosenBroker } from '../../src/broker/registry';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventEnvelope } from '../../src/event/envelope';
import type { Log } from '../toolchain/log';
import { EventWatch } from './eventWatch';
import type { ExpectedEvents, SampleOrder } from './sampleOrders';
import { differenceOf, timelineLine, type Difference } from './timeline';

/** The channel of the bundled workflows. */
const CHANNEL = 'events';
/** For one order; it takes a second or two on an idle machine. */
const COMPLETE_WITHIN_MS = 60_000;
const POLL_MS = 50;
/** Something that should not happen needs a moment to show. */
const AFTERMATH_MS = 500;
const NOTE_LENGTH = 100;

/** Posts an order to the webhook of the workflows. Resolves with the HTTP status and body it got. */
export type PlaceOrder = (body: SampleOrder['body']) => Promise<{ readonly status: number; readonly body: unknown }>;

/** @returns whether every expected event of every order arrived, and no other */
export async function placeOrders(
	orders: readonly SampleOrder[],
	broker: ChosenBroker,
	place: PlaceOrder,
	log: Log,
): Promise<boolean> {
	const chains = new Chains(log);
	await using watch = await EventWatch.start(broker, CHANNEL, (event) => {
		chains.add(event);
	});
	let asExpected = true;
	for (const [index, order] of orders.entries()) {
		log(`\nOrder ${index + 1} of ${orders.length}`);
		const chain = chains.begin(order.expected);
		const { status, body } = await place(order.body);
		log(timelineNote(`POST /webhook/orders was answered ${status}`, body));
		const { missing, surplus } = await Promise.race([chain.settled(), watch.ended.then(() => chain.difference())]);
		if (missing.length > 0) log(`  missing after ${COMPLETE_WITHIN_MS / 1000} s: ${missing.join(', ')}`);
		if (surplus.length > 0) log(`  not expected: ${surplus.join(', ')}`);
		if (missing.length + surplus.length > 0) asExpected = false;
	}
	return asExpected;
}

/** A line between the events, for what is no event itself. */
function timelineNote(what: string, body: unknown): string {
	const text = typeof body === 'string' ? body : JSON.stringify(body);
	return `            ${what}: ${text.length > NOTE_LENGTH ? `${text.slice(0, NOTE_LENGTH)}…` : text}`;
}

/** Which events belong to which order: those that follow from the first one after it was placed. */
class Chains {
	private readonly byCorrelation = new Map<string, Chain>();
	private readonly seen = new Set<string>();
	private current: Chain | null = null;

	constructor(private readonly log: Log) {}

	begin(expected: ExpectedEvents): Chain {
		this.current = new Chain(expected);
		return this.current;
	}

	add(event: EventEnvelope): void {
		// The watch is a reader like any other: at least once.
		const identity = `${event.source} ${event.event_id}`;
		if (this.seen.has(identity)) return;
		this.seen.add(identity);
		const id = event.metadata.correlation_id;
		const chain = this.byCorrelation.get(id) ?? this.current;
		if (!chain) return;
		this.byCorrelation.set(id, chain);
		chain.types.push(event.event_type);
		this.log(timelineLine(event, chain.placedAt));
	}
}

class Chain {
	readonly placedAt = Date.now();
	readonly types: string[] = [];

	constructor(private readonly expected: ExpectedEvents) {}

	difference(): Difference {
		return differenceOf(this.expected, this.types);
	}

	/** Resolves when nothing is missing any more, or the time is over. */
	async settled(): Promise<Difference> {
		const deadline = this.placedAt + COMPLETE_WITHIN_MS;
		while (this.difference().missing.length > 0 && Date.now() < deadline) await sleep(POLL_MS);
		await sleep(AFTERMATH_MS);
		return this.difference();
	}
}

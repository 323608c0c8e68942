/**
 * Publishing through a short absence of the broker: what it did not take is sent again over a fresh connection, with the
 * same ids, until the time is up. A copy that was stored after all is recognised by whoever receives it.
 */
import type { Loan } from '../broker/connectionPool';
import { noOutcome } from '../broker/noOutcome';
import type { Address, Outcome, Stored } from '../broker/types';
import type { EventEnvelope } from '../event/envelope';
import { backoffDelay, type Backoff } from '../kernel/backoff';
import type { Clock } from '../kernel/clock';
import { toEventBusError, type ErrorCode } from '../kernel/errors';
import { publishEvents, type PublishEventsOptions } from './publish';

export interface Lender {
	/** @throws EventBusError when no connection can be made */
	borrow(): Promise<Loan>;
	/** Whether this broker has answered before. One that never did is a mistake in the settings, and waiting hides it. */
	hasAnswered(): boolean;
}

export interface PersistentOptions extends PublishEventsOptions {
	readonly clock: Clock;
	/** 0 ≤ random < 1. */
	random(): number;
}

const BACKOFF: Backoff = { initialMs: 250, factor: 2, maxMs: 2000, jitter: 0.2 };

/** The broker is away: nothing is wrong with the event. */
const AWAY: ReadonlySet<ErrorCode> = new Set(['unreachable', 'closed']);

/**
 * One outcome an event, same order. `options.timeoutMs` bounds all tries together. Never rejects for a broker that is
 * away; its error is the outcome.
 *
 * @throws EventBusError for settings and rights that cannot work
 */
export async function publishPersistently(
	lender: Lender,
	to: Address,
	events: readonly EventEnvelope[],
	options: PersistentOptions,
): Promise<readonly Outcome<Stored>[]> {
	const { clock, signal } = options;
	const until = clock.now() + options.timeoutMs;
	const outcomes = new Map<number, Outcome<Stored>>();
	let open = events.map((event, index) => ({ event, index }));
	for (let failures = 1; open.length > 0; failures += 1) {
		const timeoutMs = Math.max(1, until - clock.now());
		const batch = open.map(({ event }) => event);
		const results = await attempt(lender, to, batch, { ...options, timeoutMs }, failures === 1);
		open.forEach(({ index }, position) => outcomes.set(index, results[position] ?? noOutcome()));
		open = open.filter(({ index }) => isAway(outcomes.get(index)));
		const waitMs = backoffDelay(BACKOFF, failures, options.random());
		if (!lender.hasAnswered() || clock.now() + waitMs >= until || signal.aborted) break;
		if (open.length > 0) await clock.sleep(waitMs, signal).catch(() => undefined);
	}
	return events.map((_event, index) => outcomes.get(index) ?? noOutcome());
}

async function attempt(
	lender: Lender,
	to: Address,
	events: readonly EventEnvelope[],
	options: PublishEventsOptions,
	isFirst: boolean,
): Promise<readonly Outcome<Stored>[]> {
	try {
		await using loan = await lender.borrow();
		return await publishEvents(loan.connection, to, events, options);
	} catch (cause) {
		const error = toEventBusError(cause, 'publishing', 'unreachable');
		// Later, some events are stored already: their outcomes must not be lost.
		if (isFirst && !AWAY.has(error.code)) throw error;
		return events.map(() => ({ ok: false, error }));
	}
}

function isAway(outcome: Outcome<Stored> | undefined): boolean {
	return outcome?.ok === false && AWAY.has(outcome.error.code);
}

/**
 * The outbox relays of this process: one for each pair of an event store and a broker that was used here.
 *
 * Whoever appends waits for the relay a moment. What is left behind (a crash, a broker that was away) is relayed by the
 * triggers that are active, or with the next append to the same broker.
 */
import type { ChosenBroker } from '../../src/broker/registry';
import { systemClock } from '../../src/kernel/clock';
import { OutboxRelay, outboxTarget } from '../../src/publisher/outboxRelay';
import type { ChosenStore } from '../../src/store/stores';
import { INSTANCE } from './instance';
import { borrowStore, lenderOf, n8nLogger } from './pool';

/** A healthy broker confirms in milliseconds; a run need not wait for one that is away. */
const WAIT_MS = 5_000;

interface Known {
	readonly relay: OutboxRelay;
	/** With the settings that were used last: a password may have changed. */
	broker: ChosenBroker;
}

const relays = new Map<string, Known>();

/** @returns waiting: the broker is away, and the events are published when it is back */
export async function relayOutbox(
	store: ChosenStore,
	broker: ChosenBroker,
	positions: readonly number[],
	signal: AbortSignal,
): Promise<'sent' | 'waiting'> {
	return await relayOf(store, broker).relay(positions, WAIT_MS, signal);
}

/** Relays what other processes left behind, for as long as a trigger is active. Returns how to stop. */
export function watchOutbox(store: ChosenStore, broker: ChosenBroker): () => void {
	return relayOf(store, broker).watch();
}

function relayOf(store: ChosenStore, broker: ChosenBroker): OutboxRelay {
	const target = outboxTarget(broker);
	const key = JSON.stringify([store.manifest.describe(store.settings), target]);
	const found = relays.get(key);
	if (found) {
		found.broker = broker;
		return found.relay;
	}
	const relay = new OutboxRelay({
		target,
		bus: () => ({ broker: known.broker, lender: lenderOf(known.broker) }),
		borrowStore: async () => await borrowStore(store),
		instance: INSTANCE,
		clock: systemClock,
		logger: n8nLogger,
		random: Math.random,
	});
	const known: Known = { relay, broker };
	relays.set(key, known);
	return relay;
}

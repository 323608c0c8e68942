/**
 * The outbox relays of this process: one for each pair of an event store and a broker that was used here.
 *
 * Whoever appends waits for the relay a moment. What is left behind (a crash, a broker that was away) is relayed by the
 * triggers that are active, or with the next append to the same broker.
 */
import { existsSync } from 'node:fs';
import type { ChosenBroker } from '../../src/broker/registry';
import { systemClock } from '../../src/kernel/clock';
import { messageOf } from '../../src/kernel/errors';
import { OutboxRelay, outboxTarget } from '../../src/publisher/outboxRelay';
import type { ChosenStore } from '../../src/store/stores';
import { defaultConnection, defaultStore } from './defaultConnection';
import { INSTANCE } from './instance';
import { borrowStore, lenderOf, n8nLogger } from './pool';
import { trailPublished } from './trail';

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

/** The same for the event store of this n8n, if it has one: a file is not made only to look into it. */
export function watchDefaultOutbox(broker: ChosenBroker): () => void {
	const store = existing(() => defaultStore(process.env));
	return store === null ? () => undefined : watchOutbox(store, broker);
}

/** The same for a store whose events may go to the default bus. */
export function watchOutboxOf(store: ChosenStore): () => void {
	const broker = existing(() => defaultConnection(process.env));
	return broker === null ? () => undefined : watchOutbox(store, broker);
}

/** null: there is none by default, which is no error of a trigger that does not use it. */
function existing<C extends ChosenStore | ChosenBroker>(choose: () => C): C | null {
	try {
		const chosen = choose();
		const { file } = chosen.settings;
		return typeof file === 'string' && !existsSync(file) ? null : chosen;
	} catch (error) {
		n8nLogger.debug(`No outbox is relayed: ${messageOf(error)}`);
		return null;
	}
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
		onPublished: (events, channel, at) => {
			trailPublished(events, { broker: known.broker.manifest.kind, channel, at });
		},
	});
	const known: Known = { relay, broker };
	relays.set(key, known);
	return relay;
}

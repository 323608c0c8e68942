/**
 * The sagas of an event store, for whoever records something of them: an outcome is relayed at once.
 */
import type { ChosenBroker } from '../../src/broker/registry';
import { systemClock } from '../../src/kernel/clock';
import { messageOf } from '../../src/kernel/errors';
import { outboxTarget } from '../../src/publisher/outboxRelay';
import { SagaJournal } from '../../src/saga/journal';
import type { StoreEngine } from '../../src/store/engine';
import type { ChosenStore } from '../../src/store/stores';
import { relayOutbox } from './outbox';
import { n8nLogger } from './pool';

const RELAY_MS = 60_000;

/** @param broker the bus at hand; an outcome for another one goes out with the next look of a trigger */
export function sagaJournal(store: ChosenStore, broker: ChosenBroker | null, engine: StoreEngine): SagaJournal {
	const onPublish = (target: string, positions: readonly number[]) => {
		if (broker === null || outboxTarget(broker) !== target) return;
		// Nobody waits for it: the outcome is in the outbox.
		relayOutbox(store, broker, positions, AbortSignal.timeout(RELAY_MS)).catch((error: unknown) => {
			n8nLogger.warn(`The end of a saga is published later: ${messageOf(error)}`);
		});
	};
	return new SagaJournal(engine, { clock: systemClock, onPublish });
}

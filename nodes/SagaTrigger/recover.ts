/**
 * Recover: a run for each saga that is due and that nobody looks after. The Saga node behind it goes on with it.
 */
import type { IRun, ITriggerFunctions, ITriggerResponse } from 'n8n-workflow';
import type { ChosenBroker } from '../../src/broker/registry';
import { within } from '../../src/broker/within';
import { systemClock } from '../../src/kernel/clock';
import { EventBusError } from '../../src/kernel/errors';
import { type RecoveryHost, SagaRecovery } from '../../src/saga/recovery';
import type { ChosenStore } from '../../src/store/stores';
import { toNodeError } from '../shared/nodeErrors';
import { watchOutboxOf } from '../shared/outbox';
import { borrowStore } from '../shared/pool';
import { recoveryItem } from '../shared/sagaRecovery';
import { listenForReplies } from '../shared/sagaReplies';
import type { ConnectedSagas } from './connectedSagas';

export interface Recovering {
	readonly store: ChosenStore;
	/** null: no step is a command event. */
	readonly broker: ChosenBroker | null;
	readonly sagas: ConnectedSagas;
	readonly maxInFlight: number;
}

/** n8n closes the triggers of all workflows one after the other within its shutdown time of 30 s. */
const DRAIN_MS = 8000;

/** @throws EventBusError when the answers of services cannot be listened to */
export async function recoverSagas(context: ITriggerFunctions, recovering: Recovering): Promise<ITriggerResponse> {
	let closed = false;
	const stops = await listen(recovering);
	const recovery = start(recovering, context, async (item) => {
		// The saga stays due for the next that looks.
		if (closed) throw new EventBusError('closed', 'The trigger was closed before the run started');
		const done = context.helpers.createDeferredPromise<IRun>();
		context.emit([[item]], undefined, done);
		await done.promise;
	});
	stops.push(watchOutboxOf(recovering.store));
	return {
		closeFunction: async () => {
			closed = true;
			stops.forEach((stop) => stop());
			await recovery.close(DRAIN_MS);
		},
	};
}

/** A test in the editor: takes up one saga, and really goes on with it. */
export function recoverOne(context: ITriggerFunctions, recovering: Recovering): ITriggerResponse {
	let recovery: SagaRecovery | null = null;
	let isTaken = false;
	return {
		manualTriggerFunction: async () => {
			try {
				await using loan = await borrowStore(recovering.store);
				await loan.connection.version(within(DRAIN_MS));
			} catch (error) {
				throw toNodeError(context.getNode(), error);
			}
			recovery = start({ ...recovering, maxInFlight: 1 }, context, async (item) => {
				if (isTaken) throw new EventBusError('closed', 'The test has taken up another saga');
				isTaken = true;
				context.emit([[item]]);
				await Promise.resolve();
			});
		},
		closeFunction: async () => {
			isTaken = true;
			await recovery?.close(0);
		},
	};
}

function start(
	{ store, sagas, maxInFlight }: Recovering,
	{ logger }: ITriggerFunctions,
	emit: (item: ReturnType<typeof recoveryItem>) => Promise<void>,
): SagaRecovery {
	const host: RecoveryHost = {
		borrowStore: async () => await borrowStore(store),
		clock: systemClock,
		logger,
		random: Math.random,
		recover: async (saga, owner) => await emit(recoveryItem(saga, owner)),
	};
	return new SagaRecovery({ maxInFlight, names: sagas.names }, host);
}

async function listen({ store, broker, sagas }: Recovering): Promise<(() => void)[]> {
	if (broker === null) return [];
	const stops: (() => void)[] = [];
	for (const channel of sagas.channels) stops.push(await listenForReplies(store, broker, channel));
	return stops;
}

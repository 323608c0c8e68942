/**
 * What a consumer needs of its surroundings, given by n8n: pooled connections, the inbox of this host, n8n's log.
 */
import type { ConsumerHost } from '../../src/consumer/types';
import type { EventBusError } from '../../src/kernel/errors';
import { systemClock } from '../../src/kernel/clock';
import type { Logger } from '../../src/kernel/logger';
import type { ChosenBroker } from '../../src/broker/registry';
import { LOG_CAPABILITIES } from '../../src/store/log/capabilities';
import { LogConnection } from '../../src/store/log/connection';
import type { LogHost } from '../../src/store/log/subscription';
import type { ChosenStore } from '../../src/store/stores';
import type { LogFilter } from '../../src/store/types';
import { INSTANCE } from './instance';
import { borrowConnection, borrowStore, hostInbox } from './pool';

/** @param onFatal called at most once, for what waiting does not heal */
export function consumerHost(
	broker: ChosenBroker,
	logger: Logger,
	onFatal: (error: EventBusError) => void,
): ConsumerHost {
	const { kind, capabilities } = broker.manifest;
	const connect = async () => await borrowConnection(broker);
	return { ...surroundings(logger, onFatal), connect, broker: kind, capabilities };
}

/** What of the log of an event store is read. */
export interface LogReading {
	readonly filter: Omit<LogFilter, 'types'>;
	/** stream: the events of one stream are in order. log: all are. */
	readonly lanes: LogHost['lanes'];
}

/** The same for whoever reads an event store: a group is a subscription, its name the name of the group. */
export function storeConsumerHost(
	store: ChosenStore,
	reading: LogReading,
	logger: Logger,
	onFatal: (error: EventBusError) => void,
): ConsumerHost {
	return {
		...surroundings(logger, onFatal),
		connect: async () => await logConnection(store, reading, logger),
		broker: 'event-store',
		capabilities: LOG_CAPABILITIES,
	};
}

/** A connection of its own for the broker seam, on a store that is shared. */
export async function logConnection(
	store: ChosenStore,
	{ filter, lanes }: LogReading,
	logger: Logger,
): Promise<LogConnection> {
	const loan = await borrowStore(store);
	const host = { engine: loan.connection, clock: systemClock, logger, capabilities: LOG_CAPABILITIES, lanes };
	return new LogConnection(host, {
		filterOf: () => filter,
		nameOf: (_source, group) => group,
		close: async () => {
			await loan[Symbol.asyncDispose]();
		},
	});
}

function surroundings(
	logger: Logger,
	onFatal: (error: EventBusError) => void,
): Omit<ConsumerHost, 'connect' | 'broker' | 'capabilities'> {
	return {
		fallbackInbox: async () => await hostInbox(),
		instance: INSTANCE,
		logger,
		clock: systemClock,
		random: Math.random,
		// A test run leaves no trace; an active workflow puts the trail in its place.
		observe: () => undefined,
		onFatal,
	};
}

/**
 * What a consumer needs of its surroundings, given by n8n: pooled connections, the inbox of this host, n8n's log.
 */
import type { ConsumerHost } from '../../src/consumer/types';
import type { EventBusError } from '../../src/kernel/errors';
import { systemClock } from '../../src/kernel/clock';
import type { Logger } from '../../src/kernel/logger';
import type { ChosenBroker } from '../../src/broker/registry';
import { INSTANCE } from './instance';
import { borrowConnection, hostInbox } from './pool';

/** @param onFatal called at most once, for what waiting does not heal */
export function consumerHost(
	broker: ChosenBroker,
	logger: Logger,
	onFatal: (error: EventBusError) => void,
): ConsumerHost {
	return {
		connect: async () => await borrowConnection(broker),
		fallbackInbox: async () => await hostInbox(),
		broker: broker.manifest.kind,
		capabilities: broker.manifest.capabilities,
		instance: INSTANCE,
		logger,
		clock: systemClock,
		random: Math.random,
		observe: () => undefined,
		onFatal,
	};
}

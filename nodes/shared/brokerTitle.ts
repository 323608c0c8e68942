/**
 * The name of a broker where a person chooses one: with the one thing that nobody may overlook.
 */
import type { BrokerManifest } from '../../src/broker/types';

/** 'Kafka', 'Redis Pub/Sub (at most once)'. */
export function brokerTitle({ label, capabilities }: Pick<BrokerManifest, 'label' | 'capabilities'>): string {
	const warns = capabilities.delivery === 'at-most-once' && !/at most once/i.test(label);
	return warns ? `${label} (at most once)` : label;
}

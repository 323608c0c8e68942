/**
 * Kafka as the suite sees it.
 */
import { kafkaServer } from '../../../scripts/servers/kafka';
import { kafka } from '../../../src/brokers/kafka/manifest';
import type { BrokerUnderTest } from '../brokerUnderTest';
import { serverUnderTest } from '../serverUnderTest';

export function kafkaUnderTest(): BrokerUnderTest {
	return serverUnderTest({
		manifest: kafka,
		recipe: kafkaServer,
		location: { module: require.resolve('../../../src/brokers/kafka/manifest'), exportName: 'kafka' },
		features: {
			// Kafka knows after the session timeout, which follows the lease; whoever looks then removes the group.
			ephemeralGoneMs: 15_000,
			retentionMs: 1000,
		},
	});
}

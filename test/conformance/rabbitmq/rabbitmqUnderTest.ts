/**
 * RabbitMQ as the suite sees it.
 */
import { rabbitmqServer } from '../../../scripts/servers/rabbitmq';
import { rabbitmq } from '../../../src/brokers/rabbitmq/manifest';
import type { BrokerUnderTest } from '../brokerUnderTest';
import { serverUnderTest } from '../serverUnderTest';

export function rabbitmqUnderTest(): BrokerUnderTest {
	return serverUnderTest({
		manifest: rabbitmq,
		recipe: rabbitmqServer,
		location: { module: require.resolve('../../../src/brokers/rabbitmq/manifest'), exportName: 'rabbitmq' },
		features: {
			// The queue goes with the connection.
			ephemeralGoneMs: 10_000,
			// The least that a consumer may ask for; the server looks every five seconds.
			retentionMs: 1000,
		},
	});
}

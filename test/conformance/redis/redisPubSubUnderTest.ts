/**
 * Redis Pub/Sub as the suite sees it.
 */
import { redisPubSubServer } from '../../../scripts/servers/redis';
import { redisPubSub } from '../../../src/brokers/redis/pubSub/manifest';
import type { BrokerUnderTest } from '../brokerUnderTest';
import { serverUnderTest } from '../serverUnderTest';

export function redisPubSubUnderTest(): BrokerUnderTest {
	return serverUnderTest({
		manifest: redisPubSub,
		recipe: redisPubSubServer,
		location: {
			module: require.resolve('../../../src/brokers/redis/pubSub/manifest'),
			exportName: 'redisPubSub',
		},
		features: { ephemeralGoneMs: 0, retentionMs: null },
	});
}

/**
 * Redis Streams as the suite sees them.
 */
import { redisStreamsServer } from '../../../scripts/servers/redis';
import { redisStreams } from '../../../src/brokers/redis/streams/manifest';
import type { BrokerUnderTest } from '../brokerUnderTest';
import { serverUnderTest } from '../serverUnderTest';

export function redisStreamsUnderTest(): BrokerUnderTest {
	return serverUnderTest({
		manifest: redisStreams,
		recipe: redisStreamsServer,
		location: {
			module: require.resolve('../../../src/brokers/redis/streams/manifest'),
			exportName: 'redisStreams',
		},
		features: {
			// A dead member is known after 15 s; a janitor comes by every 10 s.
			ephemeralGoneMs: 40_000,
			// The least that a consumer may ask for.
			retentionMs: 1000,
		},
	});
}

/**
 * Pulsar as the suite sees it: a standalone server with the admin API at the same address.
 */
import { pulsarServer } from '../../../scripts/servers/pulsar';
import { pulsar } from '../../../src/brokers/pulsar/manifest';
import type { BrokerUnderTest } from '../brokerUnderTest';
import { serverUnderTest } from '../serverUnderTest';

export function pulsarUnderTest(): BrokerUnderTest {
	return serverUnderTest({
		manifest: pulsar,
		recipe: pulsarServer,
		location: { module: require.resolve('../../../src/brokers/pulsar/manifest'), exportName: 'pulsar' },
		features: {
			// The subscription goes with the connection.
			ephemeralGoneMs: 10_000,
			// The least that a consumer may ask for; whoever looks removes the group.
			retentionMs: 1000,
		},
	});
}

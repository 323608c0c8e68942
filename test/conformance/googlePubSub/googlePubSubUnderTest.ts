/**
 * Google Pub/Sub as the suite sees it.
 */
import { pubSubServer } from '../../../scripts/servers/pubsub';
import { googlePubSub } from '../../../src/brokers/googlePubSub/manifest';
import type { BrokerUnderTest } from '../brokerUnderTest';
import { serverUnderTest } from '../serverUnderTest';

export function googlePubSubUnderTest(): BrokerUnderTest {
	const { capabilities } = googlePubSub;
	return serverUnderTest({
		// Google does not say whether a pull gave all there is; its fake always gives all.
		manifest: { ...googlePubSub, capabilities: { ...capabilities, deadLetterListing: 'complete' } },
		recipe: pubSubServer,
		location: {
			module: require.resolve('../../../src/brokers/googlePubSub/manifest'),
			exportName: 'googlePubSub',
		},
		features: {
			// A dead member is known after 40 s; whoever looks then removes the group.
			ephemeralGoneMs: 45_000,
			// Google keeps a message for ten minutes at least.
			retentionMs: null,
		},
		settings: { historyDays: 1 },
	});
}

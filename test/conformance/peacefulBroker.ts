/**
 * A broker that no accidents happen to: for tests that work with a rig on a server they have started themselves.
 */
import type { BrokerManifest, Native } from '../../src/broker/types';
import type { BrokerUnderTest } from './brokerUnderTest';

/** @param settings how to reach it, asked for when it is needed */
export function peacefulBroker(manifest: BrokerManifest, settings: () => Native): BrokerUnderTest {
	return {
		manifest,
		start: async () => undefined,
		stop: async () => undefined,
		settings,
		features: {
			restart: null,
			network: null,
			processes: null,
			lockStorage: null,
			ephemeralGoneMs: 0,
			retentionMs: null,
		},
	};
}

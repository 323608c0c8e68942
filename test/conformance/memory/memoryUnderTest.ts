/**
 * The memory broker as the suite sees it, with a server that can be restarted, cut off and silenced.
 */
import type { BrokerUnderTest } from '../brokerUnderTest';
import { pause } from '../waiting';
import { memoryManifest, type MemoryLimits } from './memoryBroker';
import { MemoryServer } from './memoryServer';

export function memoryUnderTest(server = new MemoryServer(), limits: MemoryLimits = {}): BrokerUnderTest {
	return {
		manifest: memoryManifest(server, limits),
		start: async () => undefined,
		stop: async () => server.topics.clear(),
		settings: () => ({}),
		features: {
			restart: async () => {
				server.setState('down');
				await pause(300);
				server.setState('up');
			},
			network: {
				cut: async () => server.setState('down'),
				blackHole: async () => server.setState('silent'),
				heal: async () => server.setState('up'),
			},
			processes: null,
			lockStorage: null,
			ephemeralGoneMs: 0,
			retentionMs: 1000,
		},
	};
}

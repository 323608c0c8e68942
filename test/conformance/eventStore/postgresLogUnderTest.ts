/**
 * The event store on PostgreSQL as the suite sees it.
 */
import { postgresServer } from '../../../scripts/servers/postgres';
import type { BrokerUnderTest } from '../brokerUnderTest';
import { serverUnderTest } from '../serverUnderTest';
import { postgresLog } from './logManifests';

export function postgresLogUnderTest(): BrokerUnderTest {
	return serverUnderTest({
		manifest: postgresLog,
		recipe: postgresServer,
		location: { module: require.resolve('./logManifests'), exportName: 'postgresLog' },
		// Each consumer of a case opens a store of its own, and the server takes 100 clients.
		settings: { poolSize: 3 },
		features: { ephemeralGoneMs: 60_000, retentionMs: null, dropsCopies: true, keepsEventsOnly: true },
	});
}

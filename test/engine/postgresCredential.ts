/**
 * An Event Store credential for a PostgreSQL that a test has started.
 */
import type { Server } from '../../scripts/servers/server';
import type { EngineCredential } from './n8nEngine';

/** What a node names to use it. */
export const ON_POSTGRES = { id: 'postgres', name: 'Event Store on PostgreSQL' } as const;

export function postgresCredential(server: Server): EngineCredential {
	const { hostname, port, username, password } = new URL(server.url());
	return {
		...ON_POSTGRES,
		type: 'eventStoreApi',
		data: {
			store: 'postgres',
			postgresHost: hostname,
			postgresPort: Number(port),
			postgresDatabase: 'postgres',
			postgresSchema: 'event_bus',
			postgresUser: username,
			postgresPassword: password,
		},
	};
}

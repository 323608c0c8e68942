/**
 * What the client library is told.
 */
import { checkServerIdentity } from 'node:tls';
import { type ClientConfig, TypeOverrides, types } from 'pg';
import type { PostgresSettings } from './settings';

/** For the way to the server and the login there, milliseconds. */
const CONNECT_MS = 15_000;
/** Silence after which the operating system asks whether the other side is still there, milliseconds. */
const KEEP_ALIVE_MS = 10_000;

export function clientConfig(settings: PostgresSettings, clientName: string): ClientConfig {
	const { host, port, database, user, password, tls } = settings;
	return {
		host,
		port,
		database,
		user,
		// As a function it is not shown when the configuration is printed, and PGPASSWORD never stands in for an empty one.
		password: () => password,
		application_name: clientName,
		connectionTimeoutMillis: CONNECT_MS,
		keepAlive: true,
		keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
		ssl:
			tls === null
				? false
				: {
						...tls,
						// The client would check the certificate against localhost when the host is an address.
						checkServerIdentity: (_name, certificate) => checkServerIdentity(tls.servername ?? host, certificate),
					},
		types: exactCounts(),
	};
}

/** Counts and positions are far below the 2^53 up to which a JavaScript number is exact. */
function exactCounts(): TypeOverrides {
	const overrides = new TypeOverrides();
	overrides.setTypeParser(types.builtins.INT8, Number);
	return overrides;
}

/** "event_bus" */
export function quoted(name: string): string {
	return `"${name.replaceAll('"', '""')}"`;
}

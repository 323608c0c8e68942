/**
 * The store on PostgreSQL: for several hosts, and for teams that run a server already.
 */
import { createRequire } from 'node:module';
import type { StoreManifest } from '../manifest';
import type * as Engine from './engine';
import { describeSettings, POSTGRES_FIELDS, settingsFromUrl } from './settings';

export const postgresStore: StoreManifest = {
	kind: 'postgres',
	label: 'PostgreSQL',
	summary: 'A server, shared by the n8n processes of several hosts',
	fields: POSTGRES_FIELDS,
	schemes: ['postgres', 'postgresql'],
	exampleUrls: [
		'postgres://user:password@localhost:5432/postgres',
		'postgresql://user:password@db.example.com/shop?sslmode=verify-full&schema=event_bus',
	],
	fromUrl: settingsFromUrl,
	describe: describeSettings,
	open: async (settings, host) => {
		// The client is loaded when it is needed, not with n8n.
		const { openPostgresEngine } = createRequire(__filename)('./engine') as typeof Engine;
		return await openPostgresEngine(settings, host);
	},
};

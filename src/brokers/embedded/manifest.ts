/**
 * The embedded broker: SQLite in a file of this host, served by a thread of this process. No server, the same semantics.
 */
import type { BrokerCapabilities, BrokerManifest } from '../../broker/types';
import { openEmbedded } from './connection';
import { settingsFromFileUrl } from '../../sqlite/fileUrl';
import { EMBEDDED_FIELDS } from './settings';

export const EMBEDDED_CAPABILITIES: BrokerCapabilities = {
	delivery: 'at-least-once',
	ack: 'each',
	delayedRetryMaxMs: Number.MAX_SAFE_INTEGER,
	delayedPublishMaxMs: Number.MAX_SAFE_INTEGER,
	// Timers of this process are exact; this is for a loaded event loop.
	delayToleranceMs: 250,
	ordering: 'key',
	start: new Set(['committed', 'earliest', 'latest', 'time', 'cursor']),
	groups: true,
	headers: 'native',
	maxLeaseMs: null,
	replies: true,
	maxBatch: 1000,
	maxBytes: 16 * 1024 * 1024,
	topology: new Set(['inspect', 'declare', 'delete']),
	deadLetterListing: 'complete',
};

export const embedded: BrokerManifest = {
	kind: 'embedded',
	label: 'Embedded (SQLite)',
	fields: EMBEDDED_FIELDS,
	schemes: ['sqlite'],
	fromUrl: settingsFromFileUrl,
	describe: ({ file }) => `Embedded (SQLite) ${typeof file === 'string' ? file : ''}`.trim(),
	capabilities: EMBEDDED_CAPABILITIES,
	open: async (settings, host) => await openEmbedded(settings, host, EMBEDDED_CAPABILITIES),
};

/**
 * Apache Pulsar over its WebSocket service: a topic a channel, a subscription a group.
 */
import { createRequire } from 'node:module';
import type { BrokerCapabilities, BrokerManifest } from '../../broker/types';
import type * as Connection from './connection';
import { describeSettings, PULSAR_FIELDS, settingsFromUrl } from './settings';

export const PULSAR_CAPABILITIES: BrokerCapabilities = {
	delivery: 'at-least-once',
	ack: 'each',
	// The server knows no bound; a copy that waits longer would be a risk for whoever sets a time to live.
	delayedRetryMaxMs: 24 * 60 * 60_000,
	delayedPublishMaxMs: 0,
	// What is due is looked for once a second (delayedDeliveryTickTimeMillis).
	delayToleranceMs: 1500,
	ordering: 'key',
	// Without the admin API: committed and latest.
	start: new Set(['committed', 'earliest', 'latest', 'time', 'cursor']),
	groups: true,
	headers: 'native',
	maxLeaseMs: null,
	replies: true,
	maxBatch: 100,
	// In base64, with its headers around it, it fits into a frame of the default size (settings.ts).
	maxBytes: 700 * 1024,
	topology: new Set(['inspect', 'declare', 'delete']),
	deadLetterListing: 'complete',
};

export const pulsar: BrokerManifest = {
	kind: 'pulsar',
	label: 'Apache Pulsar',
	summary: 'A topic a channel, a subscription a group, over the WebSocket service. Order by key, delays of any length',
	fields: PULSAR_FIELDS,
	schemes: ['pulsar', 'pulsars'],
	exampleUrls: [
		'pulsar://localhost:8080',
		'pulsars://TOKEN@pulsar.example.com:8443/acme/shop',
		'pulsar://ws.example.com:8080/acme/shop?adminUrl=http://broker.example.com:8080',
		'pulsar://ws.example.com:8080/acme/shop?admin=none',
	],
	fromUrl: settingsFromUrl,
	describe: describeSettings,
	capabilities: PULSAR_CAPABILITIES,
	open: async (settings, host) => {
		// The client is loaded when it is needed, not with n8n.
		const { openPulsar } = createRequire(__filename)('./connection') as typeof Connection;
		return await openPulsar(settings, host, PULSAR_CAPABILITIES);
	},
};

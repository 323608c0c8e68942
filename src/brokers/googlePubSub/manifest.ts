/**
 * Google Pub/Sub: a topic a channel, a subscription a group.
 */
import { createRequire } from 'node:module';
import type { BrokerCapabilities, BrokerManifest } from '../../broker/types';
import type * as Connection from './connection';
import { describeSettings, PUBSUB_FIELDS, settingsFromUrl } from './settings';

export const PUBSUB_CAPABILITIES: BrokerCapabilities = {
	delivery: 'at-least-once',
	ack: 'each',
	// The longest acknowledgement deadline.
	delayedRetryMaxMs: 600_000,
	delayedPublishMaxMs: 0,
	// Deadlines are whole seconds, and Google takes its time to deliver again.
	delayToleranceMs: 2000,
	ordering: 'key',
	// The two last where the topic keeps its history.
	start: new Set(['committed', 'latest', 'earliest', 'time']),
	groups: true,
	headers: 'native',
	maxLeaseMs: null,
	replies: true,
	maxBatch: 500,
	// Google takes 10 MB in one request, attributes and frame included.
	maxBytes: 9_900_000,
	topology: new Set(['inspect', 'declare', 'delete']),
	deadLetterListing: 'sample',
};

export const googlePubSub: BrokerManifest = {
	kind: 'google-pubsub',
	label: 'Google Pub/Sub',
	summary: 'Nothing to run yourself. Order by key; history where the topic keeps it',
	fields: PUBSUB_FIELDS,
	schemes: ['pubsub'],
	exampleUrls: [
		'pubsub://my-project',
		'pubsub://my-project?filter=true&historyDays=7',
		'pubsub://my-project?emulator=localhost:8085',
	],
	fromUrl: settingsFromUrl,
	describe: describeSettings,
	capabilities: PUBSUB_CAPABILITIES,
	open: async (settings, host) => {
		// The client is loaded when it is needed, not with n8n.
		const { openPubSub } = createRequire(__filename)('./connection') as typeof Connection;
		return await openPubSub(settings, host, PUBSUB_CAPABILITIES);
	},
};

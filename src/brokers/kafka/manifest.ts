/**
 * Kafka: a topic a channel, a consumer group a group, and topics beside it for what is to be tried again or is dead.
 */
import { createRequire } from 'node:module';
import { TIER_TOLERANCE_MS, DELAY_TIERS_MS } from '../../broker/delayTiers';
import type { BrokerCapabilities, BrokerManifest } from '../../broker/types';
import type * as Connection from './connection';
import { describeSettings, KAFKA_FIELDS, settingsFromUrl } from './settings';

export const KAFKA_CAPABILITIES: BrokerCapabilities = {
	delivery: 'at-least-once',
	ack: 'in-order',
	delayedRetryMaxMs: DELAY_TIERS_MS.at(-1) ?? 0,
	delayedPublishMaxMs: 0,
	delayToleranceMs: TIER_TOLERANCE_MS,
	ordering: 'key',
	start: new Set(['committed', 'earliest', 'latest', 'time', 'cursor']),
	groups: true,
	headers: 'native',
	maxLeaseMs: null,
	replies: true,
	maxBatch: 1000,
	// A broker takes 1,048,588 bytes by default, with what surrounds a message.
	maxBytes: 1_000_000,
	topology: new Set(['inspect', 'declare', 'delete']),
	deadLetterListing: 'complete',
};

export const kafka: BrokerManifest = {
	kind: 'kafka',
	label: 'Kafka',
	summary: 'Large volumes, order by key, and a history that can be read again',
	fields: KAFKA_FIELDS,
	schemes: ['kafka', 'kafkas'],
	exampleUrls: [
		'kafka://localhost:9092',
		'kafkas://user:password@kafka1.example.com:9093,kafka2.example.com:9093?saslMechanism=scram-sha-512',
	],
	fromUrl: settingsFromUrl,
	describe: describeSettings,
	capabilities: KAFKA_CAPABILITIES,
	open: async (settings, host) => {
		// The client is loaded when it is needed, not with n8n.
		const { openKafka } = createRequire(__filename)('./connection') as typeof Connection;
		return await openKafka(settings, host, KAFKA_CAPABILITIES);
	},
};

/**
 * RabbitMQ: routing by event type, a queue a group, and every promise of delivery.
 */
import { createRequire } from 'node:module';
import { DELAY_TIERS_MS, TIER_TOLERANCE_MS } from '../../broker/delayTiers';
import type { BrokerCapabilities, BrokerManifest } from '../../broker/types';
import type * as Connection from './connection';
import { describeSettings, RABBITMQ_FIELDS, settingsFromUrl } from './settings';

export const RABBITMQ_CAPABILITIES: BrokerCapabilities = {
	delivery: 'at-least-once',
	ack: 'each',
	delayedRetryMaxMs: Math.max(...DELAY_TIERS_MS),
	delayedPublishMaxMs: 0,
	delayToleranceMs: TIER_TOLERANCE_MS,
	ordering: 'key',
	// A queue has no history, and an exchange keeps nothing.
	start: new Set(['committed', 'latest']),
	groups: true,
	headers: 'native',
	// consumer_timeout of the server: what is not acknowledged by then is taken back.
	maxLeaseMs: 30 * 60 * 1000,
	replies: true,
	maxBatch: 1000,
	maxBytes: 16 * 1024 * 1024,
	topology: new Set(['inspect', 'declare', 'delete']),
	deadLetterListing: 'complete',
};

export const rabbitmq: BrokerManifest = {
	kind: 'rabbitmq',
	label: 'RabbitMQ',
	summary: 'Routes by event type, keeps a replicated queue for every consumer group',
	fields: RABBITMQ_FIELDS,
	schemes: ['amqp', 'amqps'],
	exampleUrls: [
		'amqp://guest:guest@localhost:5672',
		'amqps://user:password@rabbit1.example.com,rabbit2.example.com/shop',
	],
	fromUrl: settingsFromUrl,
	describe: describeSettings,
	capabilities: RABBITMQ_CAPABILITIES,
	open: async (settings, host) => {
		// The client is loaded when it is needed, not with n8n.
		const { openRabbitmq } = createRequire(__filename)('./connection') as typeof Connection;
		return await openRabbitmq(settings, host, RABBITMQ_CAPABILITIES);
	},
};

/**
 * Redis Pub/Sub: whoever listens at the moment hears it, and nobody else ever will.
 */
import { createRequire } from 'node:module';
import type { BrokerCapabilities, BrokerManifest } from '../../../broker/types';
import { describeSettings, REDIS_FIELDS, settingsFromUrl } from '../settings';
import type * as Connection from './connection';

export const REDIS_PUBSUB_CAPABILITIES: BrokerCapabilities = {
	delivery: 'at-most-once',
	ack: 'none',
	delayedRetryMaxMs: 0,
	delayedPublishMaxMs: 0,
	// A retry waits in this process; this is for a busy event loop.
	delayToleranceMs: 250,
	ordering: 'none',
	start: new Set(['latest']),
	groups: false,
	headers: 'none',
	maxLeaseMs: null,
	replies: true,
	maxBatch: 1000,
	// The server cuts off a listener that is behind by 32 MiB; a few large messages must not do that.
	maxBytes: 1024 * 1024,
	topology: new Set(['inspect']),
	deadLetterListing: 'sample',
};

/** Channels of Pub/Sub belong to the server, not to one of its databases. */
const DATABASE = 'database';

export const redisPubSub: BrokerManifest = {
	kind: 'redis-pubsub',
	label: 'Redis Pub/Sub',
	summary: 'For what may be missed: an event reaches those who listen at that moment, and is kept nowhere',
	fields: REDIS_FIELDS.filter(({ name }) => name !== DATABASE),
	schemes: [
		'redis-pubsub',
		'rediss-pubsub',
		'redis-pubsub+cluster',
		'rediss-pubsub+cluster',
		'redis-pubsub+sentinel',
		'rediss-pubsub+sentinel',
	],
	exampleUrls: [
		'redis-pubsub://localhost:6379',
		'rediss-pubsub://user:password@redis.example.com:6379',
		'redis-pubsub+cluster://node1:6379,node2:6379',
		'redis-pubsub+sentinel://sentinel1:26379,sentinel2:26379/mymaster',
	],
	fromUrl: (url) => Object.fromEntries(Object.entries(settingsFromUrl(url)).filter(([name]) => name !== DATABASE)),
	describe: (settings) => describeSettings('Redis Pub/Sub', settings),
	capabilities: REDIS_PUBSUB_CAPABILITIES,
	open: async (settings, host) => {
		// The client is loaded when it is needed, not with n8n.
		const { openPubSub } = createRequire(__filename)('./connection') as typeof Connection;
		return await openPubSub(settings, host, REDIS_PUBSUB_CAPABILITIES);
	},
};

/**
 * Redis Streams: events are kept in memory and in Redis' append-only file, and every promise of delivery holds.
 */
import { createRequire } from 'node:module';
import type { BrokerCapabilities, BrokerManifest } from '../../../broker/types';
import { describeSettings, REDIS_FIELDS, settingsFromUrl } from '../settings';
import type * as Connection from './connection';
import { STORAGE_FIELDS } from './storageFields';

export const REDIS_STREAMS_CAPABILITIES: BrokerCapabilities = {
	delivery: 'at-least-once',
	ack: 'each',
	delayedRetryMaxMs: Number.MAX_SAFE_INTEGER,
	delayedPublishMaxMs: 0,
	// A copy is due to the millisecond; this is for the way to the server and back on a busy machine.
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

export const redisStreams: BrokerManifest = {
	kind: 'redis-streams',
	label: 'Redis Streams',
	summary: 'Fast, and often there already. Events live in memory until they are read',
	fields: [...REDIS_FIELDS, ...STORAGE_FIELDS],
	schemes: ['redis', 'rediss', 'redis+cluster', 'rediss+cluster', 'redis+sentinel', 'rediss+sentinel'],
	exampleUrls: [
		'redis://localhost:6379',
		'rediss://user:password@redis.example.com:6379/0',
		'redis+cluster://node1:6379,node2:6379',
		'redis+sentinel://sentinel1:26379,sentinel2:26379/mymaster',
	],
	fromUrl: settingsFromUrl,
	describe: (settings) => describeSettings('Redis Streams', settings),
	capabilities: REDIS_STREAMS_CAPABILITIES,
	open: async (settings, host) => {
		// The client is loaded when it is needed, not with n8n.
		const { openStreams } = createRequire(__filename)('./connection') as typeof Connection;
		return await openStreams(settings, host, REDIS_STREAMS_CAPABILITIES);
	},
};

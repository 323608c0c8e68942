/**
 * AWS SQS and SNS: a topic a channel, a queue a group.
 */
import { createRequire } from 'node:module';
import type { BrokerCapabilities, BrokerManifest } from '../../broker/types';
import type * as Connection from './connection';
import { describeSettings, settingsFromUrl, SQS_FIELDS } from './settings';

export const SQS_CAPABILITIES: BrokerCapabilities = {
	delivery: 'at-least-once',
	ack: 'each',
	// The longest DelaySeconds of a message.
	delayedRetryMaxMs: 900_000,
	delayedPublishMaxMs: 0,
	// Delays are whole seconds, and AWS takes its time to show a message again.
	delayToleranceMs: 1500,
	// FIFO only.
	ordering: 'key',
	start: new Set(['committed', 'latest']),
	groups: true,
	headers: 'native',
	// A message may be held for twelve hours after it was received.
	maxLeaseMs: 12 * 60 * 60_000,
	replies: true,
	maxBatch: 100,
	// What a topic takes by default, attributes included.
	maxBytes: 262_144,
	topology: new Set(['inspect', 'declare', 'delete']),
	deadLetterListing: 'complete',
};

export const sqs: BrokerManifest = {
	kind: 'sqs',
	label: 'AWS SQS/SNS',
	summary: 'Nothing to run yourself. Order by key with FIFO; no history for new groups',
	fields: SQS_FIELDS,
	schemes: ['sqs'],
	exampleUrls: [
		'sqs://eu-west-1',
		'sqs://AKIA…:SECRET@eu-west-1?fifo=true',
		'sqs://eu-west-1?roleArn=arn:aws:iam::123456789012:role/n8n&externalId=n8n',
		'sqs://test:test@us-east-1?endpoint=http://localhost:4566',
	],
	fromUrl: settingsFromUrl,
	describe: describeSettings,
	capabilities: SQS_CAPABILITIES,
	open: async (settings, host) => {
		// The clients are loaded when they are needed, not with n8n.
		const { openSqs } = createRequire(__filename)('./connection') as typeof Connection;
		return await openSqs(settings, host, SQS_CAPABILITIES);
	},
};

/**
 * SQS and SNS as the suite sees them: with standard queues, and with FIFO ones, whose order only they declare.
 */
import { sqsServer } from '../../../scripts/servers/sqs';
import { sqs } from '../../../src/brokers/sqs/manifest';
import type { BrokerManifest, Native } from '../../../src/broker/types';
import type { BrokerFeatures, BrokerUnderTest } from '../brokerUnderTest';
import { serverUnderTest } from '../serverUnderTest';

export function sqsUnderTest(): BrokerUnderTest {
	return underTest({ ...sqs, capabilities: { ...sqs.capabilities, ordering: 'none' } }, {});
}

/** Here SNS filters as well. */
export function fifoUnderTest(): BrokerUnderTest {
	const capabilities = { ...sqs.capabilities, delayedRetryMaxMs: 0 };
	return underTest(
		{ ...sqs, kind: 'sqs-fifo', label: 'AWS SQS/SNS FIFO', capabilities },
		{ fifo: true, filter: true },
		{ dropsCopies: true },
	);
}

function underTest(
	manifest: BrokerManifest,
	settings: Native,
	features: Pick<BrokerFeatures, 'dropsCopies'> = {},
): BrokerUnderTest {
	return serverUnderTest({
		manifest,
		recipe: sqsServer,
		location: { module: require.resolve('../../../src/brokers/sqs/manifest'), exportName: 'sqs' },
		features: {
			// A dead member is known after 40 s; whoever looks then removes the group.
			ephemeralGoneMs: 45_000,
			// SQS keeps a message for a minute at least.
			retentionMs: null,
			...features,
		},
		// A reader that stops waits for the request under way.
		settings: { waitSeconds: 1, ...settings },
	});
}

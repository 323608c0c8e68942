/**
 * Promises on an emulator of SQS and SNS, with clients of AWS that know nothing of us beside our own side.
 */
import { CreateTopicCommand, SNS } from '@aws-sdk/client-sns';
import { SQS } from '@aws-sdk/client-sqs';
import { fromConnectionUrl } from '../../../src/broker/connectionUrl';
import type { Native } from '../../../src/broker/types';
import { sqs as manifest } from '../../../src/brokers/sqs/manifest';
import { runCase } from '../../conformance/case';
import { peacefulBroker } from '../../conformance/peacefulBroker';
import type { Rig } from '../../conformance/rig';

const LIMIT_MS = 60_000;

/** What a promise works with. */
export interface Both {
	readonly rig: Rig;
	readonly sqs: SQS;
	readonly sns: SNS;
}

/** @param endpoint of the emulator, once it is started */
export function onEmulator(endpoint: () => string) {
	return {
		/** One test. @param settings added to the URL of the emulator */
		promise(says: string, settings: Native, keep: (both: Both) => Promise<void>): void {
			it(
				says,
				async () => {
					const login = { credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
					const client = { endpoint: endpoint(), region: 'us-east-1', ...login };
					const [sqs, sns] = [new SQS({ ...client, useQueueUrlAsEndpoint: false }), new SNS(client)];
					const run = async (rig: Rig) => await keep({ rig, sqs, sns });
					const broker = peacefulBroker(manifest, () => settingsFor(endpoint(), settings));
					const outcome = await runCase({ number: null, name: 'sqs', says, limitMs: LIMIT_MS, run }, broker);
					sqs.destroy();
					sns.destroy();
					if (outcome.result === 'failed') throw outcome.error;
				},
				LIMIT_MS + 20_000,
			);
		},
	};
}

export function settingsFor(endpoint: string, settings: Native = {}): Native {
	const { settings: fromUrl } = fromConnectionUrl(`sqs://test:test@us-east-1?endpoint=${endpoint}`, [manifest]);
	return { ...fromUrl, waitSeconds: 1, ...settings };
}

/** A queue of somebody else. @returns its URL */
export async function makeQueue(sqs: SQS, name: string): Promise<string> {
	const fifo = name.endsWith('.fifo') ? { Attributes: { FifoQueue: 'true' } } : {};
	return (await sqs.createQueue({ QueueName: name, ...fifo })).QueueUrl ?? '';
}

/** A topic of somebody else. @returns its ARN */
export async function makeTopic(sns: SNS, name: string): Promise<string> {
	return (await sns.send(new CreateTopicCommand({ Name: name }))).TopicArn ?? '';
}

/** Texts of messages that wait in a queue; they are removed. */
export async function takeBodies(sqs: SQS, url: string): Promise<readonly string[]> {
	const { Messages = [] } = await sqs.receiveMessage({ QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: 2 });
	for (const { ReceiptHandle } of Messages) await sqs.deleteMessage({ QueueUrl: url, ReceiptHandle });
	return Messages.map(({ Body = '' }) => Body);
}

/**
 * Sending to a queue or a topic in batches, with an outcome for every entry.
 */
import type { CallOptions, Outcome, WireMessage } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';
import { inBatches } from './batches';
import type { AwsLink } from './client';
import { awsError, entryError } from './errors';
import type { Queue } from './queues';
import type { Topic } from './topics';
import { toNative, type NativeMessage, type NativeOptions } from './wire';

/** One message, and all of a batch, in a topic. More only where the topic says so (MaximumMessageSize, Amazon SNS guide). */
export const TOPIC_BYTES = 262_144;
/** The same in a queue, since August 2025 (Amazon SQS guide, quotas). */
const QUEUE_BYTES = 1_048_576;

export type Sent = Outcome<{ readonly messageId: string }>;

export interface Sending extends NativeOptions {
	readonly message: WireMessage;
	/** Not to be received earlier, whole seconds. Not on a FIFO queue. */
	readonly delaySeconds?: number;
}

interface Entry extends Sending {
	readonly native: NativeMessage;
}

interface BatchResult {
	readonly Successful?:
		readonly { readonly Id?: string | undefined; readonly MessageId?: string | undefined }[] | undefined;
	readonly Failed?:
		| readonly {
				readonly Id?: string | undefined;
				readonly Code?: string | undefined;
				readonly Message?: string | undefined;
		  }[]
		| undefined;
}

/** In the order given: the next batch goes when the one before is stored. */
export async function sendToQueue(
	link: AwsLink,
	queue: Queue,
	sendings: readonly Sending[],
	options: CallOptions,
): Promise<readonly Sent[]> {
	const call = { ...options, doing: `sending to the queue ${queue.name}` };
	return await send(sendings, { ...call, maxBytes: QUEUE_BYTES, name: queue.name }, async (entries) => {
		const Entries = entries.map(({ native, delaySeconds = 0 }, index) => ({
			Id: String(index),
			MessageBody: native.body,
			MessageAttributes: native.attributes,
			...(queue.isFifo ? fifo(native) : { DelaySeconds: delaySeconds }),
		}));
		return await link.sqs(
			call,
			async (sqs, http) => await sqs.sendMessageBatch({ QueueUrl: queue.url, Entries }, http),
		);
	});
}

/** In the order given: the next batch goes when the one before is stored. */
export async function sendToTopic(
	link: AwsLink,
	topic: Topic,
	sendings: readonly Sending[],
	options: CallOptions,
): Promise<readonly Sent[]> {
	const call = { ...options, doing: `publishing to the topic ${topic.name}` };
	return await send(sendings, { ...call, maxBytes: TOPIC_BYTES, name: topic.name }, async (entries) => {
		const PublishBatchRequestEntries = entries.map(({ native }, index) => ({
			Id: String(index),
			Message: native.body,
			MessageAttributes: native.attributes,
			...(topic.isFifo ? fifo(native) : {}),
		}));
		return await link.sns(call, async (sns, http) => {
			return await sns.publishBatch({ TopicArn: topic.arn, PublishBatchRequestEntries }, http);
		});
	});
}

async function send(
	sendings: readonly Sending[],
	{ maxBytes, name, doing }: { readonly maxBytes: number; readonly name: string; readonly doing: string },
	request: (entries: readonly Entry[]) => Promise<BatchResult>,
): Promise<readonly Sent[]> {
	const outcomes = new Map<Entry, Sent>();
	const entries = sendings.map((sending): Entry => {
		return { ...sending, native: toNative(sending.message, sending) };
	});
	const fitting = entries.filter((entry) => {
		if (entry.native.bytes <= maxBytes) return true;
		outcomes.set(entry, { ok: false, error: tooLarge(entry.native.bytes, name, maxBytes) });
		return false;
	});
	for (const batch of inBatches(fitting, maxBytes, ({ native }) => native.bytes)) {
		try {
			const result = await request(batch);
			batch.forEach((entry, index) => outcomes.set(entry, outcomeOf(result, String(index), doing)));
		} catch (cause) {
			const error = awsError(cause, doing);
			// Nothing was attempted: the caller hears it as one failure. Later, outcomes that are known must not be lost.
			if (![...outcomes.values()].some(({ ok }) => ok)) throw error;
			for (const entry of batch) outcomes.set(entry, { ok: false, error });
		}
	}
	return entries.map((entry) => outcomes.get(entry) ?? { ok: false, error: new EventBusError('bug', 'Never sent') });
}

function outcomeOf({ Successful = [], Failed = [] }: BatchResult, id: string, doing: string): Sent {
	const sent = Successful.find(({ Id }) => Id === id);
	if (sent) return { ok: true, messageId: sent.MessageId ?? '' };
	return { ok: false, error: entryError(Failed.find(({ Id }) => Id === id) ?? {}, doing) };
}

function fifo({ groupId, deduplicationId }: NativeMessage) {
	return { MessageGroupId: groupId, MessageDeduplicationId: deduplicationId };
}

function tooLarge(bytes: number, name: string, maxBytes: number): EventBusError {
	return new EventBusError('too-large', `The event has ${bytes} bytes as AWS counts, and ${name} takes ${maxBytes}`, {
		hint: 'Store the large part elsewhere (a file, a database) and publish a reference to it',
	});
}

/**
 * Asks a queue for messages, never for more than there is room for.
 */
import type { Message } from '@aws-sdk/client-sqs';
import { LongPoll, type LongPollOptions } from '../../broker/longPoll';
import type { CallOptions } from '../../broker/types';
import { EventBusError, toEventBusError } from '../../kernel/errors';
import { MAX_ENTRIES } from './batches';
import type { AwsLink } from './client';
import type { Queue } from './queues';

export interface QueueRequest {
	readonly link: AwsLink;
	readonly queue: Queue;
	readonly leaseSeconds: number;
	readonly room: () => number;
	/** There is no such queue any more. */
	readonly onMissing: () => void;
}

export type QueueReader = LongPoll<Message>;

export function queueReader(
	request: QueueRequest,
	options: Omit<LongPollOptions<Message>, 'ask' | 'keepOpenFor'>,
): QueueReader {
	return new LongPoll({
		...options,
		ask: async () => await ask(request),
		keepOpenFor: (work) => request.link.keepOpenFor(work),
	});
}

/** Never rejects. */
async function ask({
	link,
	queue,
	leaseSeconds,
	room,
	onMissing,
}: QueueRequest): Promise<readonly Message[] | EventBusError> {
	const { waitSeconds } = link.settings;
	const call: CallOptions & { doing: string } = {
		signal: NEVER,
		timeoutMs: waitSeconds * 1000 + 10_000,
		doing: `receiving from ${queue.name}`,
	};
	try {
		const { Messages = [] } = await link.sqs(call, async (sqs, http) => {
			const request = {
				QueueUrl: queue.url,
				MaxNumberOfMessages: Math.min(MAX_ENTRIES, Math.max(1, room())),
				WaitTimeSeconds: waitSeconds,
				VisibilityTimeout: leaseSeconds,
				MessageAttributeNames: ['All'],
				MessageSystemAttributeNames: ['All' as const],
			};
			return await sqs.receiveMessage(request, http);
		});
		return Messages;
	} catch (error) {
		const known = toEventBusError(error, call.doing, 'unreachable');
		if (known.code !== 'not-found') return known;
		onMissing();
		// A group that was removed can be joined again.
		return new EventBusError('closed', known.message, { cause: known, retryable: false });
	}
}

const NEVER = new AbortController().signal;

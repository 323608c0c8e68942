/**
 * Asks a subscription for messages, never for more than there is room for.
 */
import type { protos } from '@google-cloud/pubsub';
import { LongPoll, type LongPollOptions } from '../../broker/longPoll';
import { EventBusError, toEventBusError } from '../../kernel/errors';
import type { PubSubLink } from './client';
import { isLate } from './errors';
import { bareId } from './names';

export type Received = protos.google.pubsub.v1.IReceivedMessage;

/** How long Google may wait for messages, milliseconds. Then it is asked again, or looked whether it is still there. */
const POLL_MS = 10_000;
const CHECK_MS = 5000;
/** Of Pub/Sub, in one request. */
const MAX_MESSAGES = 1000;

export interface PullRequest {
	readonly link: PubSubLink;
	/** Of the subscription. */
	readonly path: string;
	readonly room: () => number;
}

export type PullReader = LongPoll<Received>;

export function pullReader(
	request: PullRequest,
	options: Omit<LongPollOptions<Received>, 'ask' | 'keepOpenFor'>,
): PullReader {
	return new LongPoll({
		...options,
		ask: async () => await ask(request),
		keepOpenFor: (work) => request.link.keepOpenFor(work),
	});
}

/** Never rejects. */
async function ask(request: PullRequest): Promise<readonly Received[] | EventBusError> {
	const { link, path, room } = request;
	const startedAt = Date.now();
	const call = { signal: NEVER, timeoutMs: POLL_MS, doing: `reading ${bareId(path)}`, mayBeSilent: true } as const;
	try {
		const pull = { subscription: path, maxMessages: Math.min(MAX_MESSAGES, Math.max(1, room())) };
		const [{ receivedMessages }] = await link.subscriber(call, async (client, gax) => await client.pull(pull, gax));
		return receivedMessages ?? [];
	} catch (error) {
		const known = toEventBusError(error, call.doing, 'unreachable');
		if (isLate(known.cause)) return link.hasHeardSince(startedAt) ? [] : await check(request);
		if (known.code !== 'not-found') return known;
		// A group that was removed can be joined again.
		return new EventBusError('closed', known.message, { cause: known, retryable: false });
	}
}

/** Whatever the server says, it is there. A link on which it says nothing is ended by the client. */
async function check({ link, path }: PullRequest): Promise<readonly Received[] | EventBusError> {
	const call = { signal: NEVER, timeoutMs: CHECK_MS, doing: `looking whether Google is there` };
	try {
		await link.subscriber(call, async (client, gax) => await client.getSubscription({ subscription: path }, gax));
		return [];
	} catch (error) {
		const known = toEventBusError(error, call.doing, 'unreachable');
		return known.retryable ? known : [];
	}
}

const NEVER = new AbortController().signal;

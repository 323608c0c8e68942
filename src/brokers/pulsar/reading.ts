/**
 * Reading a part of a topic without being one of its subscriptions.
 */
import type { CallOptions } from '../../broker/types';
import { compareIds, writeMessageId, type MessageId } from './messageId';
import { fullName, pathOf, type Topic } from './names';
import { Socket, type SocketSettings } from './socket';
import { fromFrame, type Received } from './wire';

/** More is read by nobody, and has to be kept in memory. */
const MOST_MESSAGES = 5000;
const MOST_BYTES = 64 * 1024 * 1024;
/** What the service keeps ready. */
const QUEUED = 500;
/** What was removed from the storage never comes, milliseconds. */
const PATIENCE_MS = 3000;

type Place = Pick<MessageId, 'ledger' | 'entry'>;

/** @returns complete false: there is more than can be read */
export async function readBetween(
	settings: SocketSettings,
	topic: Topic,
	{ after, last }: { readonly after: Place | null; readonly last: Place },
	options: CallOptions,
): Promise<{ readonly messages: readonly Received[]; readonly complete: boolean }> {
	const messages: Received[] = [];
	let bytes = 0;
	const { promise, resolve } = Promise.withResolvers<boolean>();
	let patience = setTimeout(() => resolve(true), options.timeoutMs);
	const take = (received: Received) => {
		messages.push(received);
		bytes += received.bytes;
		const isFull = messages.length >= MOST_MESSAGES || bytes >= MOST_BYTES;
		clearTimeout(patience);
		if (compareIds({ ...received.id, partition: -1, batch: -1 }, { ...last, partition: -1, batch: -1 }) >= 0) {
			resolve(true);
		} else if (isFull) resolve(false);
		else patience = setTimeout(() => resolve(true), PATIENCE_MS);
	};
	const from = after === null ? 'earliest' : writeMessageId({ ...after, partition: -1, batch: -1 });
	const query = new URLSearchParams({ messageId: from, receiverQueueSize: String(QUEUED) });
	const frames: string[] = [];
	let deliver = (frame: string) => void frames.push(frame);
	const call = { ...options, doing: `looking through ${fullName(topic)}` };
	const reader = await Socket.open(
		settings,
		`reader/${pathOf(topic)}?${query.toString()}`,
		(text) => deliver(text),
		call,
	);
	deliver = (frame) => {
		const received = fromFrame(frame);
		if (!received) return;
		take(received);
		// It asks for the next one.
		if (!reader.lost.aborted) reader.send(JSON.stringify({ messageId: received.token }));
	};
	frames.forEach(deliver);
	clearTimeout(patience);
	if (messages.length === 0) patience = setTimeout(() => resolve(true), PATIENCE_MS);
	const lost = Promise.withResolvers<never>();
	const lose = () => lost.reject(reader.lost.reason as Error);
	reader.lost.addEventListener('abort', lose, { once: true });
	try {
		return { messages, complete: await Promise.race([promise, lost.promise]) };
	} finally {
		clearTimeout(patience);
		reader.lost.removeEventListener('abort', lose);
		reader.cut();
	}
}

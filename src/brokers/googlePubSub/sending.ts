/**
 * Sending to a topic: in requests that Google takes, one ordering key each.
 */
import type { CallOptions, Outcome, WireMessage } from '../../broker/types';
import { tooLargeMessage } from '../../broker/messageSize';
import { toEventBusError } from '../../kernel/errors';
import type { PubSubLink } from './client';
import { bareId } from './names';
import { bytesOfNative, toNative, type NativeMessage, type NativeOptions } from './wire';

export type Sending = NativeOptions & { readonly message: WireMessage };

export type Sent = Outcome<{ readonly messageId: string }>;

/** Of one request and of one message, bytes: 10 MB less what frames it. */
const MAX_BYTES = 9_990_000;
const MAX_MESSAGES = 1000;
/** What a message takes in a request besides its content, bytes. */
const FRAME_BYTES = 32;

interface Entry {
	readonly index: number;
	readonly native: NativeMessage;
	readonly bytes: number;
}

/** One outcome an entry, same order. What has one key is sent one after the other. */
export async function sendToTopic(
	link: PubSubLink,
	topic: string,
	sendings: readonly Sending[],
	options: CallOptions,
): Promise<readonly Sent[]> {
	const outcomes = new Map<number, Sent>();
	const entries = sendings.flatMap(({ message, ...how }, index) => {
		const native = toNative(message, how);
		const bytes = bytesOfNative(native) + FRAME_BYTES;
		if (bytes <= MAX_BYTES) return [{ index, native, bytes }];
		outcomes.set(index, { ok: false, error: tooLargeMessage(message, MAX_BYTES) });
		return [];
	});
	const byKey = Map.groupBy(entries, ({ native }) => native.orderingKey);
	await Promise.all(
		[...byKey.values()].map(async (ofKey) => {
			for (const request of inRequests(ofKey)) {
				const sent = await sendOne(link, topic, request, options);
				request.forEach(({ index }, position) => outcomes.set(index, sent[position] ?? sent[0] ?? nothingSent(topic)));
				// What follows would overtake it.
				if (sent[0]?.ok === false) break;
			}
		}),
	);
	const missed = [...outcomes.values()].find(({ ok }) => !ok) ?? nothingSent(topic);
	return sendings.map((_sending, index) => outcomes.get(index) ?? missed);
}

async function sendOne(
	link: PubSubLink,
	topic: string,
	entries: readonly Entry[],
	options: CallOptions,
): Promise<readonly Sent[]> {
	const call = { ...options, doing: `publishing to ${bareId(topic)}` };
	try {
		const request = { topic, messages: entries.map(({ native }) => native) };
		const [{ messageIds }] = await link.publisher(call, async (client, gax) => await client.publish(request, gax));
		return (messageIds ?? []).map((messageId) => ({ ok: true, messageId }));
	} catch (error) {
		return [{ ok: false, error: toEventBusError(error, call.doing, 'unreachable') }];
	}
}

function* inRequests(entries: readonly Entry[]): Generator<readonly Entry[]> {
	let request: Entry[] = [];
	let bytes = 0;
	for (const entry of entries) {
		if (request.length > 0 && (request.length >= MAX_MESSAGES || bytes + entry.bytes > MAX_BYTES)) {
			yield request;
			[request, bytes] = [[], 0];
		}
		request.push(entry);
		bytes += entry.bytes;
	}
	if (request.length > 0) yield request;
}

function nothingSent(topic: string): Sent {
	return { ok: false, error: toEventBusError(null, `publishing to ${bareId(topic)}`) };
}

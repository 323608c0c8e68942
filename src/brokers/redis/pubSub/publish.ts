/**
 * Publishing: one message an event, its body and nothing else.
 */
import type { Address, Outcome, PublishOptions, Stored, WireMessage } from '../../../broker/types';
import { EventBusError, toEventBusError } from '../../../kernel/errors';
import type { RedisLink } from '../client';
import { channelOf } from './names';

/** Where CloudEvents in binary mode say what they are, with only the data in the body. */
const BINARY_MARK = 'ce-specversion';

/** @throws EventBusError `unsupported` | `settings` */
export async function publishTo(
	link: RedisLink,
	to: Exclude<Address, { kind: 'dead-letters' }>,
	messages: readonly WireMessage[],
	{ signal, timeoutMs }: PublishOptions,
	maxBytes: number,
): Promise<readonly Outcome<Stored>[]> {
	const channel = channelOf(to);
	const call = { signal, timeoutMs, doing: `publishing to ${channel}` };
	return await Promise.all(
		messages.map(async (message): Promise<Outcome<Stored>> => {
			const refused = refusal(message, maxBytes);
			if (refused) return { ok: false, error: refused };
			const { body } = message;
			const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
			try {
				const listeners = Number(await link.call(channel, ['PUBLISH', channel, bytes], call));
				// Those who listen choose by type themselves, and a node of a Cluster counts only its own.
				return { ok: true, cursor: null, matched: listeners === 0 && !link.isCluster ? 'no' : 'unknown' };
			} catch (error) {
				return { ok: false, error: toEventBusError(error, call.doing, 'unreachable') };
			}
		}),
	);
}

/** What a body alone cannot carry. */
function refusal({ id, body, headers, notBefore }: WireMessage, maxBytes: number): EventBusError | null {
	if (body.byteLength > maxBytes) {
		return new EventBusError('too-large', `The event ${id} has ${body.byteLength} bytes; the limit is ${maxBytes}`, {
			hint: 'Store large content elsewhere and publish a reference to it',
		});
	}
	if (notBefore !== undefined) {
		return new EventBusError('unsupported', 'Redis Pub/Sub delays nothing: an event is heard at once, or never', {
			hint: 'Leave out the delay, or use Redis Streams',
		});
	}
	if (BINARY_MARK in headers) {
		return new EventBusError(
			'unsupported',
			'Redis Pub/Sub has no headers, and a CloudEvent in binary mode needs them',
			{
				hint: 'Set Format to CloudEvents (structured)',
			},
		);
	}
	return null;
}

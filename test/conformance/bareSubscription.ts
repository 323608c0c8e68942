/**
 * Reading a subscription of the seam directly, where a case looks at messages and not at events.
 */
import type { Subscription, WireMessage } from '../../src/broker/types';
import type { Rig } from './rig';

/** Acknowledges and returns the first messages, in order of arrival. Single use, as `batches` is. */
export async function takeMessages(rig: Rig, subscription: Subscription, count: number): Promise<WireMessage[]> {
	const messages: WireMessage[] = [];
	for await (const deliveries of subscription.batches()) {
		messages.push(...deliveries.map(({ message }) => message));
		await subscription.settle(
			deliveries.map((delivery) => ({ delivery, as: 'ack' })),
			rig.call(),
		);
		if (messages.length >= count) break;
	}
	return messages;
}

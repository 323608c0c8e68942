/**
 * Acknowledging and changing the deadline of what a subscription handed out, many in one request.
 *
 * Google says nothing of an acknowledgement that is too late, so whether a lease is still ours is told by our clock.
 */
import { Gatherer } from '../../broker/gatherer';
import type { CallOptions } from '../../broker/types';
import type { PubSubLink } from './client';
import { bareId } from './names';

/** What is not extended comes again after this: the least that Google allows for a subscription, seconds. */
export const ACK_DEADLINE_SECONDS = 10;

interface Change {
	readonly ackId: string;
	readonly seconds: number;
}

/** Ids of one request: it may have half a megabyte. */
const MAX_IDS = 1000;
/** Bound on a request that gathers the settlements of several calls, milliseconds. */
const REQUEST_MS = 10_000;
const MAX_SECONDS = 600;

export class Leases {
	private readonly acknowledging: Gatherer<string, 'ok'>;
	private readonly changing: Gatherer<Change, 'ok'>;

	/** @param path of the subscription */
	constructor(
		private readonly link: PubSubLink,
		private readonly path: string,
	) {
		const own: CallOptions = { signal: new AbortController().signal, timeoutMs: REQUEST_MS };
		this.acknowledging = new Gatherer(MAX_IDS, async (ackIds) => {
			const call = { ...own, doing: `acknowledging events of ${bareId(path)}` };
			const request = { subscription: path, ackIds: [...ackIds] };
			await link.subscriber(call, async (client, gax) => await client.acknowledge(request, gax));
			return ackIds.map(() => 'ok');
		});
		this.changing = new Gatherer(MAX_IDS, async (changes) => {
			const bySeconds = Map.groupBy(changes, ({ seconds }) => seconds);
			await Promise.all(
				[...bySeconds].map(async ([seconds, some]) => {
					await this.changeAll(
						some.map(({ ackId }) => ackId),
						seconds,
						own,
					);
				}),
			);
			return changes.map(() => 'ok');
		});
	}

	async acknowledge(ackId: string): Promise<void> {
		await this.acknowledging.add(ackId);
	}

	/** @param seconds from now; 0: given back at once */
	async change(ackId: string, seconds: number): Promise<void> {
		await this.changing.add({ ackId, seconds });
	}

	async changeAll(ackIds: readonly string[], seconds: number, options: CallOptions): Promise<void> {
		const call = { ...options, doing: `changing the lease of events of ${bareId(this.path)}` };
		for (let start = 0; start < ackIds.length; start += MAX_IDS) {
			const some = ackIds.slice(start, start + MAX_IDS);
			const request = { subscription: this.path, ackIds: some, ackDeadlineSeconds: seconds };
			await this.link.subscriber(call, async (client, gax) => await client.modifyAckDeadline(request, gax));
		}
	}
}

/** Google counts in seconds, up to ten minutes. */
export function leaseSeconds(leaseMs: number): number {
	return Math.min(Math.max(1, Math.ceil(leaseMs / 1000)), MAX_SECONDS);
}

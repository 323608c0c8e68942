/**
 * *After a Dead Letter: Hold the Key*: later events of a key wait in the dead letters until the first is redriven.
 *
 * The mark is a leased inbox row, so that every process that shares the inbox sees it.
 */
import type { CallOptions } from '../broker/types';
import type { Inbox } from './inbox';

/** A peek takes the row for a moment when the key is free; nobody else asks for it, for one consumer has the lane. */
const PEEK_LEASE_MS = 1;

export class KeyHold {
	constructor(
		private readonly inbox: () => Inbox,
		private readonly prefix: string,
		private readonly keepMs: number,
	) {}

	async isHeld(lane: string, call: CallOptions): Promise<boolean> {
		const key = this.key(lane);
		const [entry] = await this.inbox().begin([key], 'peek', PEEK_LEASE_MS, call);
		if (entry?.state === 'busy') return true;
		await this.inbox().release([key], 'peek', call);
		return false;
	}

	/** @param eventId the event whose redrive frees the key */
	async hold(lane: string, eventId: string, call: CallOptions): Promise<void> {
		await this.inbox().begin([this.key(lane)], eventId, this.keepMs, call);
	}

	/** No-op unless the key is held because of this event. */
	async free(lane: string, eventId: string, call: CallOptions): Promise<void> {
		await this.inbox().release([this.key(lane)], eventId, call);
	}

	private key(lane: string): string {
		return `${this.prefix}|held|${lane}`;
	}
}

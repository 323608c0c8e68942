/**
 * Settling by receipt: what is done is deleted, what is to come again is sent to the group's queue as a copy, what is
 * given back is made visible.
 *
 * The visibility of a message cannot carry what must be remembered of a failed run, a copy can. On a FIFO queue a copy
 * would be last in the order and may not be delayed, so nothing is copied there: the consumer holds.
 */
import type { CallOptions, Outcome } from '../../broker/types';
import { Gatherer } from '../../broker/gatherer';
import { leaseLost, type Held, type HeldSettlement } from '../../broker/handOut';
import { EventBusError } from '../../kernel/errors';
import { inTens, MAX_ENTRIES } from './batches';
import type { AwsLink } from './client';
import { entryError, isStaleReceipt } from './errors';
import type { Queue } from './queues';
import { sendToQueue, type Sending, type Sent } from './sending';

/** What settles a delivery. */
export interface Receipt {
	readonly handle: string;
	/** Milliseconds since the epoch; moved by extending. */
	leaseUntil: number;
	/** Nothing may extend it any more. */
	isSettling: boolean;
	/** An extension under way: what is decided after it must not be overtaken. */
	extending: Promise<unknown> | null;
}

/** A change of visibility, seconds from now. */
interface Change {
	readonly handle: string;
	readonly seconds: number;
}

type Entry = {
	readonly Id?: string | undefined;
	readonly Code?: string | undefined;
	readonly Message?: string | undefined;
};

/** Bound on a request that gathers the settlements of several calls, milliseconds. */
const REQUEST_MS = 10_000;

export class Settling {
	private readonly deleting: Gatherer<string, Outcome<object>>;
	private readonly copying: Gatherer<Sending, Sent>;
	private readonly changing: Gatherer<Change, Entry | 'ok'>;

	constructor(
		private readonly link: AwsLink,
		private readonly queue: Queue,
		private readonly leaseMs: number,
		private readonly now: () => number,
	) {
		const own: CallOptions = { signal: link.lost, timeoutMs: REQUEST_MS };
		this.deleting = new Gatherer(MAX_ENTRIES, async (handles) => await this.deleteAll(handles, own));
		this.copying = new Gatherer(MAX_ENTRIES, async (sendings) => await sendToQueue(link, queue, sendings, own));
		this.changing = new Gatherer(MAX_ENTRIES, async (changes) => await this.changeAll(changes, own));
	}

	async settle(held: readonly HeldSettlement<Receipt>[]): Promise<readonly Outcome<object>[]> {
		return await Promise.all(held.map(async (settlement) => await this.settleOne(settlement)));
	}

	async extend(
		held: readonly Held<Receipt>[],
		leaseMs: number,
		options: CallOptions,
	): Promise<readonly Outcome<{ readonly leaseUntil: number }>[]> {
		const seconds = leaseSeconds(leaseMs);
		const open = held.filter(({ native }) => !native.isSettling);
		const changes = open.map(({ native }) => ({ handle: native.handle, seconds }));
		const until = this.now() + seconds * 1000;
		const extending = Promise.all(inTens(changes).map(async (ten) => await this.changeAll(ten, options)));
		for (const { native } of open) native.extending = extending.catch(() => undefined);
		const results = (await extending).flat();
		return held.map(({ delivery, native }) => {
			const result = results[open.findIndex((one) => one.native === native)] ?? 'ok';
			if (native.isSettling) return { ok: true, leaseUntil: native.leaseUntil };
			if (result === 'ok') {
				native.leaseUntil = until;
				return { ok: true, leaseUntil: until };
			}
			return {
				ok: false,
				error: isStaleReceipt(result) ? leaseLost(delivery) : entryError(result, 'extending a lease'),
			};
		});
	}

	/** At once visible to others again. */
	async giveBack(handles: readonly string[], options: CallOptions): Promise<void> {
		const changes = handles.map((handle) => ({ handle, seconds: 0 }));
		await Promise.all(inTens(changes).map(async (ten) => await this.changeAll(ten, options)));
	}

	private async settleOne(settlement: HeldSettlement<Receipt>): Promise<Outcome<object>> {
		const { delivery, native } = settlement;
		native.isSettling = true;
		try {
			if (!(await this.isOurs(native))) return { ok: false, error: leaseLost(delivery) };
			switch (settlement.as) {
				case 'ack':
					return await this.deleting.add(native.handle);
				case 'release':
					return await this.change(settlement, 0);
				case 'retry':
				case 'defer':
					return await (this.queue.isFifo
						? this.change(settlement, delaySeconds(settlement.delayMs))
						: this.copy(settlement, native));
			}
		} finally {
			native.isSettling = false;
		}
	}

	/**
	 * AWS deletes with a receipt that is too old without a word, although somebody else may have the message. A lease
	 * that should have been extended by now is asked for.
	 */
	private async isOurs({ handle, leaseUntil }: Receipt): Promise<boolean> {
		const leftMs = leaseUntil - this.now();
		if (leftMs <= 0) return false;
		if (leftMs > this.leaseMs / 3) return true;
		const result = await this.changing.add({ handle, seconds: leaseSeconds(this.leaseMs) });
		if (result === 'ok') return true;
		if (isStaleReceipt(result)) return false;
		throw entryError(result, 'looking whether a lease is still ours');
	}

	/** Stored before the original is let go. */
	private async copy(
		{ delivery: { message }, delayMs, headers }: Extract<HeldSettlement<Receipt>, { as: 'retry' | 'defer' }>,
		{ handle }: Receipt,
	): Promise<Outcome<object>> {
		const copy = { ...message, headers: { ...message.headers, ...headers } };
		const sent = await this.copying.add({ message: copy, delaySeconds: delaySeconds(delayMs) });
		if (!sent.ok) throw sent.error;
		return await this.deleting.add(handle);
	}

	private async change({ delivery, native }: HeldSettlement<Receipt>, seconds: number): Promise<Outcome<object>> {
		await native.extending;
		const result = await this.changing.add({ handle: native.handle, seconds });
		if (result === 'ok') return { ok: true };
		if (isStaleReceipt(result)) return { ok: false, error: leaseLost(delivery) };
		throw entryError(result, 'giving an event back');
	}

	private async deleteAll(handles: readonly string[], options: CallOptions): Promise<readonly Outcome<object>[]> {
		const call = { ...options, doing: `deleting from ${this.queue.name}` };
		const Entries = handles.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }));
		const { Failed = [] } = await this.link.sqs(call, async (sqs, http) => {
			return await sqs.deleteMessageBatch({ QueueUrl: this.queue.url, Entries }, http);
		});
		return handles.map((_handle, index): Outcome<object> => {
			const failed = Failed.find(({ Id }) => Id === String(index));
			if (!failed) return { ok: true };
			const error = isStaleReceipt(failed)
				? new EventBusError('lease-lost', 'The receipt is of no use any more; the event is delivered again')
				: entryError(failed, call.doing);
			return { ok: false, error };
		});
	}

	private async changeAll(changes: readonly Change[], options: CallOptions): Promise<readonly (Entry | 'ok')[]> {
		const call = { ...options, doing: `changing the lease of messages of ${this.queue.name}` };
		const Entries = changes.map(({ handle, seconds }, index) => {
			return { Id: String(index), ReceiptHandle: handle, VisibilityTimeout: seconds };
		});
		const { Failed = [] } = await this.link.sqs(call, async (sqs, http) => {
			return await sqs.changeMessageVisibilityBatch({ QueueUrl: this.queue.url, Entries }, http);
		});
		return changes.map((_change, index) => Failed.find(({ Id }) => Id === String(index)) ?? 'ok');
	}
}

/** SQS counts in seconds, up to 12 hours. */
export function leaseSeconds(leaseMs: number): number {
	return Math.min(Math.max(1, Math.ceil(leaseMs / 1000)), 12 * 60 * 60);
}

/** Never early, and as long as SQS can delay a message at most: 15 minutes. */
function delaySeconds(delayMs: number): number {
	return Math.min(Math.ceil(delayMs / 1000), 15 * 60);
}

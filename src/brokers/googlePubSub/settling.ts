/**
 * Settling: what is done is acknowledged, what is to come again is published as a copy that only this group reads and
 * then acknowledged, what is given back has its deadline ended.
 *
 * A deadline alone could delay the event, but not carry what must be remembered of a failed run.
 */
import type { CallOptions, Outcome } from '../../broker/types';
import { leaseLost, type Held, type HeldSettlement } from '../../broker/handOut';
import { Gatherer } from '../../broker/gatherer';
import { EventBusError } from '../../kernel/errors';
import type { PubSubLink } from './client';
import { leaseSeconds, type Leases } from './leases';
import { sendToTopic, type Sending, type Sent } from './sending';

/** What settles a delivery. */
export interface Receipt {
	readonly ackId: string;
	/** Of the subscription it came from. */
	readonly leases: Leases;
	/** Milliseconds since the epoch; moved by extending. */
	leaseUntil: number;
	/** Nothing may extend it any more. */
	isSettling: boolean;
	/** An extension under way: what is decided after it must not be overtaken. */
	extending: Promise<unknown> | null;
}

/** Copies of one request. */
const MAX_COPIES = 100;
/** Bound on a request that gathers the copies of several calls, milliseconds. */
const REQUEST_MS = 10_000;

export class Settling {
	private readonly copying: Gatherer<Sending, Sent>;

	/** @param retryTopic null: nothing can be copied, and the consumer holds instead */
	constructor(
		link: PubSubLink,
		private readonly retryTopic: string | null,
		private readonly now: () => number,
	) {
		const own: CallOptions = { signal: new AbortController().signal, timeoutMs: REQUEST_MS };
		this.copying = new Gatherer(MAX_COPIES, async (sendings) => {
			return await sendToTopic(link, retryTopic ?? '', sendings, own);
		});
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
		const until = this.now() + seconds * 1000;
		const open = held.filter(({ native }) => !native.isSettling && native.leaseUntil > this.now());
		const byLeases = Map.groupBy(open, ({ native }) => native.leases);
		const extending = Promise.all(
			[...byLeases].map(async ([leases, some]) => {
				await leases.changeAll(
					some.map(({ native }) => native.ackId),
					seconds,
					options,
				);
				for (const { native } of some) native.leaseUntil = Math.max(native.leaseUntil, until);
			}),
		);
		for (const { native } of open) native.extending = extending.catch(() => undefined);
		await extending;
		return held.map(({ delivery, native }) =>
			native.isSettling || native.leaseUntil > this.now()
				? { ok: true, leaseUntil: native.leaseUntil }
				: { ok: false, error: leaseLost(delivery) },
		);
	}

	private async settleOne(settlement: HeldSettlement<Receipt>): Promise<Outcome<object>> {
		const { delivery, native } = settlement;
		if (native.leaseUntil <= this.now()) return { ok: false, error: leaseLost(delivery) };
		native.isSettling = true;
		try {
			switch (settlement.as) {
				case 'ack':
					await native.leases.acknowledge(native.ackId);
					break;
				case 'release':
					await native.extending;
					await native.leases.change(native.ackId, 0);
					break;
				case 'retry':
				case 'defer':
					await this.copy(settlement);
					await native.leases.acknowledge(native.ackId);
					break;
			}
			return { ok: true };
		} finally {
			native.isSettling = false;
		}
	}

	/** Stored before the original is let go. */
	private async copy({
		delivery: { message },
		delayMs,
		headers,
	}: Extract<HeldSettlement<Receipt>, { as: 'retry' | 'defer' }>): Promise<void> {
		if (this.retryTopic === null) throw new EventBusError('bug', 'This group has no place for copies');
		const copy = { ...message, headers: { ...message.headers, ...headers } };
		const sent = await this.copying.add({ message: copy, due: this.now() + delayMs, isAlone: true });
		if (!sent.ok) throw sent.error;
	}
}

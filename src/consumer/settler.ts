/**
 * How a work ends at the broker, and what is reported of it.
 */
import type { Settlement } from '../broker/types';
import type { EventEnvelope } from '../event/envelope';
import { describeFailure, type NextStep } from './afterRun';
import { deferHeaders, retryHeaders } from './bookkeeping';
import type { ConsumerHost, ConsumerSettings, DeliveryInfo } from './types';
import { deliveryInfo, type Work } from './work';

type WithoutDelivery<T> = T extends unknown ? Omit<T, 'delivery'> : never;

export class Settler {
	constructor(
		private readonly settings: ConsumerSettings,
		private readonly host: ConsumerHost,
	) {}

	/** Where order is kept, or nothing else is durable, a failed event waits in memory and its lane with it. */
	holds(work: Work): boolean {
		return this.settings.order === 'key' || !this.keepsDelays(work);
	}

	/** False on a broker that would hand a message out again at once. */
	keepsDelays(work: Work): boolean {
		return work.session.subscription.effective.delayedRetryMaxMs > 0;
	}

	/** False when the session ended first or the lease was lost: the message is delivered again. */
	async settle(work: Work, how: WithoutDelivery<Settlement>): Promise<boolean> {
		return await work.session.settle({ ...how, delivery: work.delivery });
	}

	async retryLater(work: Work, next: NextStep & { step: 'retry' }, now: number): Promise<void> {
		const due = now + next.delayMs;
		const delayMs = Math.min(next.delayMs, work.session.subscription.effective.delayedRetryMaxMs);
		const headers = retryHeaders(next.history, work.event.event_id, now, due);
		await this.settle(work, { as: 'retry', delayMs, headers });
		this.reportRetry(work, next);
	}

	reportRetry(work: Work, next: NextStep & { step: 'retry' }): void {
		this.host.observe({
			kind: 'retry',
			...this.about(work),
			delayMs: next.delayMs,
			error: describeFailure(next.error),
			run: next.error,
		});
	}

	/** Put off without a failed run. */
	async defer(work: Work, until: number): Promise<void> {
		const { effective } = work.session.subscription;
		const delayMs = Math.max(0, Math.min(until - this.host.clock.now(), effective.delayedRetryMaxMs));
		await this.settle(work, { as: 'defer', delayMs, headers: deferHeaders(work.event.event_id, until) });
		this.observe(work, 'deferred');
	}

	async giveBack(works: readonly Work[]): Promise<void> {
		await Promise.all(works.map(async (work) => await this.settle(work, { as: 'release' })));
	}

	observe(
		work: Work,
		kind: 'started' | 'done' | 'handed-over' | 'duplicate' | 'deferred' | 'expired' | 'filtered',
	): void {
		this.host.observe({ kind, ...this.about(work) });
	}

	private about(work: Work): { readonly at: number; readonly event: EventEnvelope; readonly delivery: DeliveryInfo } {
		const { settings, host } = this;
		return { at: host.clock.now(), event: work.event, delivery: deliveryInfo(work, settings, host) };
	}
}

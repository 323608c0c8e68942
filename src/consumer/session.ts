/**
 * One connection with one subscription, for as long as it lives.
 *
 * Settling is tried again while the session lives; after it, the broker delivers the message again and the inbox
 * recognises it, so a settlement that could not be made is never an error of the run.
 */
import type {
	BrokerCapabilities,
	BrokerConnection,
	CallOptions,
	Delivery,
	Settlement,
	Subscription,
} from '../broker/types';
import { backoffDelay, RECONNECT_BACKOFF } from '../kernel/backoff';
import { messageOf, toEventBusError } from '../kernel/errors';
import type { Inbox } from './inbox';
import type { ConsumerHost, ConsumerSettings } from './types';

/** Bound on a single call to the broker; a healthy one answers in milliseconds. */
const CALL_TIMEOUT_MS = 10_000;

/** Deliveries that may wait in memory: behind an earlier one of their key, or for their retry where no broker keeps it. */
const HELD_WINDOW = 1000;

export class Session implements AsyncDisposable {
	private readonly held = new Set<Delivery>();
	private readonly ended = new AbortController();
	private keeper: NodeJS.Timeout | null = null;

	private constructor(
		readonly connection: BrokerConnection,
		readonly subscription: Subscription,
		readonly inbox: Inbox,
		private readonly settings: ConsumerSettings,
		private readonly host: ConsumerHost,
	) {}

	/** @throws EventBusError as `connect` and `subscribe` */
	static async open(settings: ConsumerSettings, host: ConsumerHost, signal: AbortSignal): Promise<Session> {
		const connection = await host.connect(signal);
		// Aborting cuts the opening short; an open session is stopped by draining.
		const opening = new AbortController();
		const cutShort = () => opening.abort(signal.reason);
		signal.addEventListener('abort', cutShort, { once: true });
		try {
			signal.throwIfAborted();
			const subscription = await connection.subscribe({
				from: settings.from,
				types: settings.types,
				group: settings.group,
				consumer: host.instance,
				lifetime: settings.lifetime,
				start: settings.start,
				maxInFlight: inFlightCap(settings, host.capabilities),
				batch: settings.batch ?? { size: Math.min(settings.maxInFlight, 100), waitMs: 0 },
				ordered: settings.order === 'key',
				leaseMs: settings.leaseMs,
				retentionMs: settings.retentionMs,
				provision: settings.provision,
				signal: opening.signal,
			});
			const session = new Session(
				connection,
				subscription,
				connection.inbox ?? (await host.fallbackInbox(signal)),
				settings,
				host,
			);
			session.keepLeases();
			return session;
		} catch (error) {
			await connection[Symbol.asyncDispose]();
			throw error;
		} finally {
			signal.removeEventListener('abort', cutShort);
		}
	}

	/** Aborts when the session is over, for whatever reason. */
	get over(): AbortSignal {
		return this.ended.signal;
	}

	hold(delivery: Delivery): void {
		this.held.add(delivery);
	}

	/** False when the session ended first or the lease was lost: the message will be delivered again. */
	async settle(settlement: Settlement): Promise<boolean> {
		for (let failures = 1; !this.over.aborted; failures += 1) {
			try {
				const [outcome] = await this.subscription.settle([settlement], this.call());
				this.held.delete(settlement.delivery);
				if (outcome?.ok) return true;
				this.host.logger.debug(`A delivery could not be settled: ${outcome?.error.message ?? 'no outcome'}`);
				return false;
			} catch (error) {
				const known = toEventBusError(error, 'settling a delivery', 'unreachable');
				this.host.logger.debug(`Settling failed and is tried again: ${known.message}`);
				await this.host.clock
					.sleep(backoffDelay(RECONNECT_BACKOFF, failures, this.host.random()), this.over)
					.catch(() => undefined);
			}
		}
		return false;
	}

	call(): CallOptions {
		return { signal: this.over, timeoutMs: CALL_TIMEOUT_MS };
	}

	async [Symbol.asyncDispose](): Promise<void> {
		if (this.over.aborted) return;
		this.ended.abort(toEventBusError('The session is over', 'consuming', 'closed'));
		if (this.keeper) clearInterval(this.keeper);
		try {
			await this.subscription[Symbol.asyncDispose]();
		} finally {
			await this.connection[Symbol.asyncDispose]();
		}
	}

	/** Extends what is held at a third of the lease, so that two extensions may fail before it runs out. */
	private keepLeases(): void {
		const everyMs = Math.max(20, Math.floor(this.settings.leaseMs / 3));
		this.keeper = setInterval(() => {
			const deliveries = [...this.held].filter((delivery) => delivery.leaseUntil !== null);
			if (deliveries.length === 0) return;
			this.subscription.extend(deliveries, this.settings.leaseMs, this.call()).then(
				(outcomes) => {
					outcomes.forEach((outcome, index) => {
						const delivery = deliveries[index];
						if (!outcome.ok && outcome.error.code === 'lease-lost' && delivery) this.held.delete(delivery);
					});
				},
				(error: unknown) => this.host.logger.debug(`Leases could not be extended: ${messageOf(error)}`),
			);
		}, everyMs);
		this.keeper.unref();
	}
}

function inFlightCap(
	{ maxInFlight, batch, order }: ConsumerSettings,
	{ delayedRetryMaxMs }: Pick<BrokerCapabilities, 'delayedRetryMaxMs'>,
): number {
	const running = maxInFlight * (batch?.size ?? 1);
	return order === 'key' || delayedRetryMaxMs === 0 ? Math.max(running, HELD_WINDOW) : running;
}

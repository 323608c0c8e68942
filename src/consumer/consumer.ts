/**
 * The consumer: keeps a session, feeds the processor, reconnects, and stops without losing anything.
 */
import type { BrokerCapabilities } from '../broker/types';
import { backoffDelay, RECONNECT_BACKOFF } from '../kernel/backoff';
import { EventBusError, messageOf, toEventBusError, type ErrorCode } from '../kernel/errors';
import { Circuit } from './circuit';
import { DeadLetterWriter } from './deadLetterWriter';
import { InboxClient } from './inboxClient';
import { Intake } from './intake';
import { KeyHold } from './keyHold';
import { Lanes } from './lanes';
import { processingBound } from './processingTime';
import { Processor } from './processor';
import { Session } from './session';
import { checkConsumerSettings, checkOrder, checkStart } from './settings';
import { Settler } from './settler';
import { Slots } from './slots';
import type { Consumer, ConsumerHost, ConsumerSettings, Handler } from './types';
import { channelOf } from './work';

/** What waiting does not heal. Everything else is tried again for as long as the consumer is open. */
const FATAL: ReadonlySet<ErrorCode> = new Set(['settings', 'auth', 'conflict', 'not-found', 'unsupported', 'bug']);

/**
 * Resolves once the group exists on the broker and events flow.
 *
 * @throws EventBusError `settings`, or whatever connecting and subscribing say
 */
export async function startConsumer(
	settings: ConsumerSettings,
	handler: Handler,
	host: ConsumerHost,
): Promise<Consumer> {
	const checked = checkConsumerSettings(settings);
	checkStart(checked, host);
	const stopping = new AbortController();
	const session = await Session.open(checked, host, stopping.signal);
	try {
		const { effective } = session.subscription;
		checkOrder(checked.order, effective);
		const maxProcessingMs = processingBound(checked, effective);
		return new RunningConsumer(checked, maxProcessingMs, handler, host, session, stopping);
	} catch (error) {
		await session[Symbol.asyncDispose]();
		throw error;
	}
}

class RunningConsumer implements Consumer {
	private readonly lanes = new Lanes();
	private readonly units = new Set<Promise<void>>();
	private readonly processor: Processor;
	private readonly pumping: Promise<void>;
	private closing: Promise<void> | null = null;
	private taken = 0;

	constructor(
		private readonly settings: ConsumerSettings,
		maxProcessingMs: number,
		handler: Handler,
		private readonly host: ConsumerHost,
		private session: Session,
		private readonly stopping: AbortController,
	) {
		const inbox = new InboxClient(settings, host, () => this.session, stopping.signal);
		const holdKey = [host.broker, channelOf(settings), settings.group].map(encodeURIComponent).join('/');
		this.processor = new Processor({
			settings,
			maxProcessingMs,
			host,
			handler,
			intake: new Intake(settings, host),
			inbox,
			deadLetters: new DeadLetterWriter(settings, host),
			settler: new Settler(settings, host),
			hold: new KeyHold(() => this.session.inbox, holdKey, settings.retentionMs),
			slots: new Slots(settings.maxInFlight),
			circuit: new Circuit(settings.circuit, host.clock, (kind, detail) => host.observe({ kind, detail })),
			stopping: stopping.signal,
		});
		this.pumping = this.pump();
	}

	get effective(): BrokerCapabilities {
		return this.session.subscription.effective;
	}

	get inFlight(): number {
		return this.taken;
	}

	async close(drainMs: number): Promise<void> {
		this.closing ??= this.stop(drainMs);
		await this.closing;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.close(0);
	}

	private async pump(): Promise<void> {
		while (!this.stopping.signal.aborted) {
			try {
				await this.takeFrom(this.session);
				if (this.isStopping()) return;
				throw new EventBusError('closed', 'The broker ended the subscription');
			} catch (error) {
				if (this.isStopping()) return;
				const known = toEventBusError(error, 'consuming', 'unreachable');
				if (!(await this.reopen(known))) return;
			}
		}
	}

	private async takeFrom(session: Session): Promise<void> {
		for await (const deliveries of session.subscription.batches()) {
			for (const delivery of deliveries) session.hold(delivery);
			const units = this.settings.batch ? [deliveries] : deliveries.map((delivery) => [delivery]);
			for (const unit of units) {
				if (unit.length === 0) continue;
				const lane = this.laneOf(unit[0]?.lane ?? '');
				this.track(
					unit.length,
					this.lanes.run(lane, async () => await this.processor.process(session, unit)),
				);
			}
		}
	}

	/** A batch holds events of many keys, so with order the batches run one after the other. */
	private laneOf(lane: string): string | null {
		if (this.settings.order === 'none') return null;
		if (this.settings.batch) return 'all batches';
		return lane === '' ? null : `key ${lane}`;
	}

	private track(count: number, unit: Promise<void>): void {
		this.taken += count;
		this.units.add(unit);
		void unit.finally(() => {
			this.taken -= count;
			this.units.delete(unit);
		});
	}

	/** False when there is nothing to go on with. */
	private async reopen(lost: EventBusError): Promise<boolean> {
		const { host, settings } = this;
		await this.session[Symbol.asyncDispose]().catch((error: unknown) => {
			host.logger.debug(`Closing a lost connection went wrong: ${messageOf(error)}`);
		});
		let error = lost;
		for (let failures = 1; !this.isStopping(); failures += 1) {
			if (FATAL.has(error.code)) {
				host.onFatal(error);
				return false;
			}
			host.observe({ kind: 'reconnecting', detail: error.message });
			host.logger.warn(`Consumer group ${settings.group} lost its connection and tries again: ${error.message}`);
			const waitMs = backoffDelay(RECONNECT_BACKOFF, failures, host.random());
			try {
				await host.clock.sleep(waitMs, this.stopping.signal);
				// The start was made when the group was created; from now on it goes on from where it stands.
				const keepsHistory = this.session.subscription.effective.start.has('earliest');
				const start = { at: 'committed', otherwise: { at: keepsHistory ? 'earliest' : 'latest' } } as const;
				this.session = await Session.open({ ...settings, start }, host, this.stopping.signal);
				host.observe({ kind: 'connected', detail: `Consumer group ${settings.group} is connected again` });
				host.logger.info(`Consumer group ${settings.group} is connected again`);
				return true;
			} catch (cause) {
				error = toEventBusError(cause, 'connecting again', 'unreachable');
			}
		}
		return false;
	}

	private async stop(drainMs: number): Promise<void> {
		const { host } = this;
		this.stopping.abort(new EventBusError('closed', 'The consumer is closed'));
		const session = this.session;
		await session.subscription.drain(session.call()).catch((error: unknown) => {
			host.logger.debug(`Draining went wrong: ${messageOf(error)}`);
		});
		await this.pumping;
		// A run that goes on keeps the session until it ends: its result is settled even after close has returned.
		const finished = Promise.all(this.units)
			.then(async () => await this.session[Symbol.asyncDispose]())
			.catch((error: unknown) => host.logger.debug(`Closing went wrong: ${messageOf(error)}`));
		const limit = new AbortController();
		const waited = host.clock.sleep(drainMs, limit.signal).catch(() => undefined);
		await Promise.race([finished, waited]);
		limit.abort();
	}

	private isStopping(): boolean {
		return this.stopping.signal.aborted;
	}
}

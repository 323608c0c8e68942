/**
 * Watches a channel from outside n8n, with nothing but this package's own library, as any other service could.
 */
import type { ChosenBroker } from '../../src/broker/registry';
import { hostname } from 'node:os';
import type { BrokerConnection, Subscription } from '../../src/broker/types';
import { decodeMessage } from '../../src/event/codec';
import type { EventEnvelope } from '../../src/event/envelope';
import { systemClock } from '../../src/kernel/clock';
import { silentLogger } from '../../src/kernel/logger';

const CALL_MS = 10_000;

export class EventWatch implements AsyncDisposable {
	private readonly reading: Promise<void>;

	private constructor(
		private readonly connection: BrokerConnection,
		private readonly subscription: Subscription,
		private readonly onEvent: (event: EventEnvelope) => void,
		private readonly channel: string,
	) {
		this.reading = this.read();
		// Who looks at `ended` may do so later than it breaks.
		this.reading.catch(() => undefined);
	}

	/**
	 * Resolves when everything published from now on will be seen.
	 *
	 * The group is ephemeral: it reads along without taking an event from anybody, and leaves nothing behind.
	 */
	static async start(
		{ manifest, settings }: ChosenBroker,
		channel: string,
		onEvent: (event: EventEnvelope) => void,
	): Promise<EventWatch> {
		const connection = await manifest.open(settings, {
			logger: silentLogger,
			clock: systemClock,
			clientName: `npm start@${hostname()}`,
			signal: AbortSignal.timeout(CALL_MS),
		});
		try {
			const subscription = await connection.subscribe({
				from: { kind: 'channel', channel },
				types: ['#'],
				group: `npm-start-${process.pid}`,
				consumer: `npm-start-${process.pid}`,
				lifetime: 'ephemeral',
				start: { at: 'latest' },
				maxInFlight: 100,
				batch: { size: 100, waitMs: 0 },
				ordered: false,
				leaseMs: 30_000,
				retentionMs: 60 * 60_000,
				provision: 'create',
				signal: new AbortController().signal,
			});
			return new EventWatch(connection, subscription, onEvent, channel);
		} catch (error) {
			await connection[Symbol.asyncDispose]();
			throw error;
		}
	}

	/** Rejects when the watch broke; resolves after it was closed. */
	get ended(): Promise<void> {
		return this.reading;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.subscription[Symbol.asyncDispose]();
		await this.reading.catch(() => undefined);
		await this.connection[Symbol.asyncDispose]();
	}

	private async read(): Promise<void> {
		for await (const deliveries of this.subscription.batches()) {
			for (const { message, cursor } of deliveries) {
				const origin = { broker: '', channel: this.channel, cursor, receivedAt: Date.now() };
				const decoded = decodeMessage(message, origin);
				if (decoded.ok) this.onEvent(decoded.event);
			}
			const settlements = deliveries.map((delivery) => ({ delivery, as: 'ack' }) as const);
			await this.subscription.settle(settlements, { signal: AbortSignal.timeout(CALL_MS), timeoutMs: CALL_MS });
		}
	}
}

/**
 * What a case works with: channels of its own, publishing, consumers that record what they do, dead letters.
 *
 * Everything a case opens is closed with it, and every channel it used is removed, whether it passed or not.
 */
import { randomUUID } from 'node:crypto';
import type {
	Address,
	BrokerCapabilities,
	BrokerConnection,
	CallOptions,
	ChannelState,
	GroupState,
	Outcome,
	Provision,
	Source,
	Stored,
	SubscribeOptions,
	Subscription,
	WireMessage,
} from '../../src/broker/types';
import { startConsumer } from '../../src/consumer/consumer';
import {
	listDeadLetters,
	redriveDeadLetters,
	type DeadLetterFilter,
	type DeadLetterItem,
} from '../../src/consumer/deadLetters';
import { defaultConsumerSettings } from '../../src/consumer/settings';
import type { Consumer, ConsumerHost, ConsumerSettings } from '../../src/consumer/types';
import type { WireFormat } from '../../src/event/codec';
import type { EventEnvelope } from '../../src/event/envelope';
import { systemClock } from '../../src/kernel/clock';
import type { Logger } from '../../src/kernel/logger';
import { publishEvents } from '../../src/publisher/publish';
import type { BrokerUnderTest } from './brokerUnderTest';
import { ChildConsumer, ChildPublisher, type ChildConsumerSettings } from './children';
import { MemoryInbox } from './memory/memoryInbox';
import { Recorder, type Handle } from './recorder';

export type Channel = Extract<Source, { kind: 'channel' }>;

export type ConsumeOptions = Partial<ConsumerSettings> &
	Pick<ConsumerSettings, 'from'> & {
		readonly handle?: Handle;
	};

/** A consumer under test and what it did. */
export interface Consuming extends Recorder {
	readonly consumer: Consumer;
}

export interface PublishSettings {
	readonly format?: WireFormat;
	readonly notBefore?: number;
	readonly headers?: Readonly<Record<string, string>>;
	readonly provision?: Provision;
	readonly timeoutMs?: number;
}

const CALL_TIMEOUT_MS = 10_000;

/** Quick retries without jitter, so that a case says itself what it waits for. */
const TEST_DEFAULTS = {
	types: ['#'],
	group: 'group',
	leaseMs: 5000,
	retry: { maxAttempts: 5, backoff: { initialMs: 100, factor: 1, maxMs: 100, jitter: 0 } },
	circuit: { failures: 1000, probeMs: 1000 },
} satisfies Partial<ConsumerSettings>;

export class Rig implements AsyncDisposable {
	/** What was logged as a warning or an error: shown when the case fails. */
	readonly complaints: string[] = [];
	private readonly owned: AsyncDisposable[] = [];
	private readonly channels: Channel[] = [];
	private readonly recorders: Recorder[] = [];
	private readonly finished = new AbortController();
	private readonly fallback = new MemoryInbox(() => Date.now());
	private shared: Promise<BrokerConnection> | null = null;

	constructor(
		readonly broker: BrokerUnderTest,
		private readonly caseName: string,
	) {}

	get capabilities(): BrokerCapabilities {
		return this.broker.manifest.capabilities;
	}

	/** A channel nobody else uses. */
	channel(): Channel {
		const label = this.caseName.replaceAll('_', '-').slice(0, 30);
		const channel = { kind: 'channel', channel: `${label}.${randomUUID().slice(0, 8)}` } as const;
		this.channels.push(channel);
		return channel;
	}

	/** Removes a channel that the case did not name itself. */
	owns(channel: string): void {
		this.channels.push({ kind: 'channel', channel });
	}

	/** Publishes and expects every event to be stored. */
	async publish(to: Address, events: readonly EventEnvelope[], settings: PublishSettings = {}): Promise<Stored[]> {
		const outcomes = await this.tryToPublish(to, events, settings);
		return outcomes.map((outcome) => {
			if (!outcome.ok) throw outcome.error;
			return outcome;
		});
	}

	async tryToPublish(
		to: Address,
		events: readonly EventEnvelope[],
		settings: PublishSettings = {},
	): Promise<readonly Outcome<Stored>[]> {
		const options = { format: 'event-bus', provision: 'create', capabilities: this.capabilities } as const;
		return await publishEvents(await this.connection(), to, events, { ...options, ...this.call(), ...settings });
	}

	/** Publishes bytes as another program would. */
	async publishRaw(to: Address, bodies: readonly (string | Uint8Array)[], headers = {}): Promise<void> {
		const messages: WireMessage[] = bodies.map((body) => {
			const bytes = typeof body === 'string' ? Buffer.from(body) : body;
			return { id: randomUUID(), type: '', body: bytes, headers };
		});
		const connection = await this.connection();
		const outcomes = await connection.publish(to, messages, { ...this.call(), provision: 'create' });
		for (const outcome of outcomes) if (!outcome.ok) throw outcome.error;
	}

	/** Starts a consumer; without `handle` every run is done at once. */
	async consume({ handle = () => undefined, ...settings }: ConsumeOptions): Promise<Consuming> {
		const recorder = new Recorder(handle);
		this.recorders.push(recorder);
		const wanted = { ...defaultConsumerSettings, ...TEST_DEFAULTS, ...settings };
		const consumer = await startConsumer(wanted, recorder.handler, this.hostFor(recorder));
		this.owned.push(consumer);
		return Object.assign(recorder, { consumer });
	}

	/** The bare subscription of the seam, for what a consumer never does. */
	async subscribe(
		from: SubscribeOptions['from'],
		settings: Partial<SubscribeOptions> = {},
		connection?: BrokerConnection,
	): Promise<Subscription> {
		const on = connection ?? (await this.open());
		const subscription = await on.subscribe({
			from,
			types: ['#'],
			group: 'group',
			consumer: randomUUID(),
			lifetime: 'durable',
			start: { at: 'committed', otherwise: { at: 'latest' } },
			maxInFlight: 10,
			batch: { size: 10, waitMs: 0 },
			ordered: false,
			leaseMs: TEST_DEFAULTS.leaseMs,
			retentionMs: defaultConsumerSettings.retentionMs,
			provision: 'create',
			signal: this.finished.signal,
			...settings,
		});
		this.owned.push(subscription);
		return subscription;
	}

	/** A connection of its own; `connection` is the one the case shares. */
	async open(): Promise<BrokerConnection> {
		const { manifest } = this.broker;
		const connection = await manifest.open(this.broker.settings(), {
			logger: this.logger,
			clock: systemClock,
			clientName: `conformance ${this.caseName}`,
			signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
		});
		this.owned.push(connection);
		return connection;
	}

	/** Opened again when it was lost. */
	async connection(): Promise<BrokerConnection> {
		const known = await this.shared?.catch(() => null);
		if (known && !known.lost.aborted) return known;
		this.shared = this.open();
		return await this.shared;
	}

	async deadLetters(
		source: Source,
		filter: Partial<DeadLetterFilter> = {},
		group: string | null = 'group',
	): Promise<readonly DeadLetterItem[]> {
		const of = { source, group };
		return (await listDeadLetters(await this.connection(), of, { limit: 1000, ...filter }, this.call())).items;
	}

	/** The dead letters of the group as they lie on the broker, read in small pages. */
	async rawDeadLetters(of: Source, group: string | null = 'group'): Promise<readonly WireMessage[]> {
		const { deadLetters } = await this.connection();
		const messages: WireMessage[] = [];
		let after: string | null = null;
		do {
			const page = await deadLetters.list({ kind: 'dead-letters', of, group }, { after, limit: 7 }, this.call());
			messages.push(...page.items.map(({ message }) => message));
			after = page.next;
		} while (after !== null);
		return messages;
	}

	/** @returns how many moved */
	async redrive(source: Source, filter: Partial<DeadLetterFilter> = {}): Promise<number> {
		const of = { source, group: 'group' };
		const options = { ...this.call(), provision: 'create' } as const;
		const result = await redriveDeadLetters(await this.connection(), of, { limit: 1000, ...filter }, options);
		for (const { error } of result.failed) throw error;
		return result.redriven.length;
	}

	async inspect(source: Source): Promise<ChannelState> {
		const [state] = await (await this.connection()).topology.inspect([source], this.call());
		if (!state) throw new Error('inspect gave no state');
		return state;
	}

	async groupState(source: Source, group = 'group'): Promise<GroupState | null> {
		return (await this.inspect(source)).groups.find((state) => state.group === group) ?? null;
	}

	async childConsumer(settings: ChildConsumerSettings): Promise<ChildConsumer> {
		const { leaseMs, group, retry } = TEST_DEFAULTS;
		const child = await ChildConsumer.start(this.broker, { group, leaseMs, retry, ...settings });
		this.owned.push(child);
		return child;
	}

	async childPublisher(to: Address): Promise<ChildPublisher> {
		const child = await ChildPublisher.start(this.broker, to);
		this.owned.push(child);
		return child;
	}

	/** Resolves when the case is over: a run that awaits it hangs as long as anybody looks. */
	async hang(): Promise<void> {
		if (this.finished.signal.aborted) return;
		await new Promise((resolve) => this.finished.signal.addEventListener('abort', resolve, { once: true }));
	}

	call(timeoutMs = CALL_TIMEOUT_MS): CallOptions {
		return { signal: this.finished.signal, timeoutMs };
	}

	/** @throws Error when a consumer gave up that was not meant to */
	stillHealthy(): void {
		for (const { fatal, expectsFatal } of this.recorders) if (fatal && !expectsFatal) throw fatal;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		// First, so that hanging runs end and their consumers can close.
		this.finished.abort();
		const closing = this.owned.splice(0).reverse();
		// Consumers before connections: they were opened later.
		for (const one of closing) await this.orComplain(async () => await one[Symbol.asyncDispose]());
		await this.orComplain(async () => await this.removeChannels());
	}

	private async removeChannels(): Promise<void> {
		if (!this.capabilities.topology.has('delete')) return;
		const absent = this.channels.flatMap((of): Address[] => [of, { kind: 'dead-letters', of, group: null }]);
		const connection = await this.open();
		const call = { signal: AbortSignal.timeout(CALL_TIMEOUT_MS), timeoutMs: CALL_TIMEOUT_MS };
		await connection.topology.apply(await connection.topology.plan({ present: [], absent }, call), call);
		await connection[Symbol.asyncDispose]();
	}

	private hostFor(recorder: Recorder): ConsumerHost {
		return {
			connect: async () => await this.open(),
			fallbackInbox: async () => this.fallback,
			broker: this.broker.manifest.kind,
			capabilities: this.broker.manifest.capabilities,
			instance: randomUUID(),
			logger: this.logger,
			clock: systemClock,
			random: () => 0.5,
			observe: (fact) => recorder.facts.push(fact),
			onFatal: (error) => {
				recorder.fatal = error;
			},
		};
	}

	private async orComplain(work: () => Promise<void>): Promise<void> {
		try {
			await work();
		} catch (error) {
			this.complaints.push(String(error));
		}
	}

	private get logger(): Logger {
		const complain = (message: string) => this.complaints.push(message);
		return { debug: () => undefined, info: () => undefined, warn: complain, error: complain };
	}
}

/**
 * A service outside n8n, made of this package's library alone: it publishes into the channels of the workflows, listens
 * to them, and looks at what the groups have left.
 */
import type { ChosenBroker } from '../../src/broker/registry';
import { randomUUID } from 'node:crypto';
import { EventWatch } from '../../scripts/orders/eventWatch';
import { defaultConnection } from '../../nodes/shared/defaultConnection';
import type { BrokerConnection, CallOptions, GroupState, Outcome, Stored } from '../../src/broker/types';
import { listDeadLetters, type DeadLetterItem } from '../../src/consumer/deadLetters';
import { createEvent, type EventDraft } from '../../src/event/createEvent';
import type { EventEnvelope } from '../../src/event/envelope';
import { systemClock } from '../../src/kernel/clock';
import { silentLogger } from '../../src/kernel/logger';
import { publishEvents } from '../../src/publisher/publish';
import { until } from '../conformance/waiting';

const CALL_MS = 30_000;
const LARGEST_LISTING = 1000;

export class OutsideService implements AsyncDisposable {
	private readonly watches: EventWatch[] = [];

	private constructor(
		private readonly broker: ChosenBroker,
		private readonly connection: BrokerConnection,
		readonly channel: string,
	) {}

	/** @param env says which broker, as the environment of an n8n does */
	static async connect(env: Readonly<Record<string, string>>, channel = 'events'): Promise<OutsideService> {
		const broker = defaultConnection(env);
		const connection = await broker.manifest.open(broker.settings, {
			logger: silentLogger,
			clock: systemClock,
			clientName: 'a service outside n8n',
			signal: AbortSignal.timeout(CALL_MS),
		});
		return new OutsideService(broker, connection, channel);
	}

	/** Everything that is published from now on, in a list that grows. */
	async listen(): Promise<EventLog> {
		const log = new EventLog();
		this.watches.push(await EventWatch.start(this.broker, this.channel, (event) => log.events.push(event)));
		return log;
	}

	/** Resolves when all are stored. */
	async publish(drafts: readonly EventDraft[]): Promise<readonly EventEnvelope[]> {
		const now = Date.now();
		const events = drafts.map((draft) => createEvent(draft, { now, defaultSource: 'order-api', cause: null }));
		const outcomes = await publishEvents(this.connection, this.address, events, {
			...call(),
			format: 'event-bus',
			provision: 'create',
			capabilities: this.broker.manifest.capabilities,
		});
		allStored(outcomes);
		return events;
	}

	/** Bytes as a program that knows nothing of events would send them. */
	async publishBytes(type: string, body: string): Promise<void> {
		const message = { id: randomUUID(), type, body: Buffer.from(body), headers: {} };
		allStored(await this.connection.publish(this.address, [message], { ...call(), provision: 'create' }));
	}

	async deadLetters(): Promise<readonly DeadLetterItem[]> {
		const of = { source: this.address, group: null };
		return (await listDeadLetters(this.connection, of, { limit: LARGEST_LISTING }, call())).items;
	}

	async groups(): Promise<readonly GroupState[]> {
		const [state] = await this.connection.topology.inspect([this.address], call());
		return state?.groups ?? [];
	}

	async [Symbol.asyncDispose](): Promise<void> {
		for (const watch of this.watches) await watch[Symbol.asyncDispose]();
		await this.connection[Symbol.asyncDispose]();
	}

	private get address() {
		return { kind: 'channel', channel: this.channel } as const;
	}
}

/** What was heard so far. */
export class EventLog {
	readonly events: EventEnvelope[] = [];

	ofType(type: string): readonly EventEnvelope[] {
		return this.events.filter((event) => event.event_type === type);
	}

	/** Event type → how often, of one order. */
	chainOf(correlationId: string): Readonly<Record<string, number>> {
		const chain: Record<string, number> = {};
		for (const { event_type, metadata } of this.events) {
			if (metadata.correlation_id === correlationId) chain[event_type] = (chain[event_type] ?? 0) + 1;
		}
		return chain;
	}

	async has(count: number, type: string, withinMs = 60_000): Promise<void> {
		await until(`${count} ${type}`, () => this.ofType(type).length >= count, withinMs);
	}
}

function allStored(outcomes: readonly Outcome<Stored>[]): void {
	for (const outcome of outcomes) if (!outcome.ok) throw outcome.error;
}

function call(): CallOptions {
	return { signal: AbortSignal.timeout(CALL_MS), timeoutMs: CALL_MS };
}

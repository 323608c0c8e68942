/**
 * The event store behind the broker seam: the consumer, with all its policies, reads the log as it reads any broker.
 *
 * Events come into the log by appending to a stream, so nothing is published to a channel of it.
 */
import { healthReport } from '../../broker/healthReport';
import type {
	Address,
	BrokerConnection,
	CallOptions,
	DeadLetterPort,
	HealthReport,
	Outcome,
	PublishOptions,
	Source,
	Stored,
	SubscribeOptions,
	Subscription,
	TopologyPort,
	WireMessage,
} from '../../broker/types';
import type { Inbox } from '../../consumer/inbox';
import { EventBusError, toEventBusError } from '../../kernel/errors';
import type { LogFilter } from '../types';
import { packKept, unpackKept } from './message';
import { type LogHost, LogSubscription } from './subscription';

export interface LogConnectionOptions {
	/** What of the log a source means, besides the types. */
	readonly filterOf: (source: Source) => LogFilter;
	/** Name of the subscription of a group. */
	readonly nameOf: (source: Source, group: string) => string;
	/** Closes what was opened for this connection. */
	readonly close: () => Promise<void>;
}

export class LogConnection implements BrokerConnection {
	readonly deadLetters: DeadLetterPort;
	readonly topology: TopologyPort;
	private readonly subscriptions = new Set<LogSubscription>();
	/** One after the other, so that they stand in the order in which they were given. */
	private parking: Promise<unknown> = Promise.resolve();

	constructor(
		private readonly host: LogHost,
		private readonly options: LogConnectionOptions,
	) {
		const { engine } = host;
		this.deadLetters = {
			list: async ({ of, group }, { after, limit }, call) => {
				const subscription = group === null ? null : this.nameOf(of, group);
				const args = { subscription, state: 'dead', after: Number(after ?? 0), limit } as const;
				const found = await engine.read('readParked', args, call);
				const last = found.length < limit ? null : (found.at(-1)?.id ?? null);
				return {
					items: found.map(({ id, message }) => ({ id: String(id), message: unpackKept(message).message })),
					next: last === null ? null : String(last),
					complete: true,
				};
			},
			remove: async (_of, ids, call) => await engine.write('removeParked', { ids: ids.map(Number) }, call),
		};
		this.topology = { inspect: noChannels, channels: noChannels, plan: noChannels, apply: noChannels };
	}

	get lost(): AbortSignal {
		return this.host.engine.lost;
	}

	get inbox(): Inbox {
		return this.host.engine.inbox;
	}

	async publish(
		to: Address,
		messages: readonly WireMessage[],
		{ signal, timeoutMs }: PublishOptions,
	): Promise<readonly Outcome<Stored>[]> {
		const call = { signal, timeoutMs };
		switch (to.kind) {
			case 'group':
				return await this.park(this.nameOf(to.of, to.group), 'due', messages, call);
			case 'dead-letters':
				return await this.park(this.nameOf(to.of, to.group ?? ''), 'dead', messages, call);
			default:
				throw new EventBusError('unsupported', 'Nothing is published to the log of the event store', {
					hint: 'Append to a stream',
				});
		}
	}

	async subscribe(options: SubscribeOptions): Promise<Subscription> {
		const { from, types } = options;
		if (from.kind === 'dead-letters') {
			throw new EventBusError('unsupported', 'Dead letters of the event store are listed, not listened to');
		}
		const filter = { ...this.options.filterOf(from), types };
		const named = { ...options, group: this.nameOf(from, options.group) };
		const subscription = await LogSubscription.join(this.host, named, filter, () =>
			this.subscriptions.delete(subscription),
		);
		this.subscriptions.add(subscription);
		return subscription;
	}

	async health(options: CallOptions): Promise<HealthReport> {
		const { engine } = this.host;
		const toError = (cause: unknown) => toEventBusError(cause, 'asking the event store', 'unreachable');
		return await healthReport(engine.description, toError, async () => ({
			status: 'up',
			detail: await engine.version(options),
		}));
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await Promise.all([...this.subscriptions].map(async (subscription) => await subscription[Symbol.asyncDispose]()));
		await this.options.close();
	}

	private nameOf(source: Source, group: string): string {
		return this.options.nameOf(source, group);
	}

	private async park(
		subscription: string,
		state: 'dead' | 'due',
		messages: readonly WireMessage[],
		call: CallOptions,
	): Promise<readonly Outcome<Stored>[]> {
		const { engine, clock } = this.host;
		const entries = messages.map((message) => ({
			lane: message.orderingKey ?? '',
			message: packKept({ message, cursor: message.id }),
			dueAt: message.notBefore ?? clock.now(),
		}));
		const parked = this.parking.then(async () => await engine.write('park', { subscription, state, entries }, call));
		this.parking = parked.catch(() => undefined);
		await parked;
		return messages.map(() => ({ ok: true, cursor: null, matched: 'yes' }));
	}
}

async function noChannels(): Promise<never> {
	const hint = 'Subscription → Get Many of the Event Store node tells how far each subscription is';
	return await Promise.reject(new EventBusError('unsupported', 'The event store has no channels', { hint }));
}

/**
 * A connection to Redis that tells events to whoever listens.
 */
import type {
	Address,
	BrokerCapabilities,
	BrokerConnection,
	ConnectionHost,
	CallOptions,
	DeadLetterPort,
	HealthReport,
	Native,
	Outcome,
	PublishOptions,
	Stored,
	SubscribeOptions,
	Subscription,
	TopologyPort,
	WireMessage,
} from '../../../broker/types';
import { openLink, type RedisLink } from '../client';
import { healthOf } from '../health';
import { readSettings } from '../settings';
import { Losses } from './losses';
import { publishTo } from './publish';
import { PubSubSubscription } from './subscription';
import { topologyOn } from './topology';

export async function openPubSub(
	native: Native,
	host: ConnectionHost,
	capabilities: BrokerCapabilities,
): Promise<BrokerConnection> {
	return new PubSubConnection(await openLink(readSettings(native), host), host, capabilities);
}

class PubSubConnection implements BrokerConnection {
	/** A user for Pub/Sub often has no right to any key. */
	readonly inbox = null;
	/** None is kept. */
	readonly deadLetters: DeadLetterPort = {
		list: async () => await Promise.resolve({ items: [], next: null, complete: false }),
		remove: async () => await Promise.resolve(0),
	};
	readonly topology: TopologyPort;
	private readonly losses: Losses;
	private readonly subscriptions = new Set<PubSubSubscription>();

	constructor(
		private readonly link: RedisLink,
		private readonly host: ConnectionHost,
		private readonly capabilities: BrokerCapabilities,
	) {
		this.losses = new Losses(host.clock, host.logger);
		this.topology = topologyOn(link, this.losses);
	}

	get lost(): AbortSignal {
		return this.link.lost;
	}

	async publish(
		to: Address,
		messages: readonly WireMessage[],
		options: PublishOptions,
	): Promise<readonly Outcome<Stored>[]> {
		if (to.kind !== 'dead-letters')
			return await publishTo(this.link, to, messages, options, this.capabilities.maxBytes);
		// The consumer gives an event up in this way, and goes on only when it may.
		return messages.map(({ id }) => {
			this.host.logger.warn(`Redis Pub/Sub keeps no dead letters: event ${id}, given up by ${to.group ?? ''}, is gone`);
			return { ok: true, cursor: null, matched: 'no' };
		});
	}

	async subscribe(options: SubscribeOptions): Promise<Subscription> {
		const { clock } = this.host;
		const { link, losses, capabilities } = this;
		const subscription = await PubSubSubscription.join({ link, clock, losses, capabilities }, options, () =>
			this.subscriptions.delete(subscription),
		);
		this.subscriptions.add(subscription);
		return subscription;
	}

	async health(options: CallOptions): Promise<HealthReport> {
		const report = await healthOf(this.link, options, { needsDisk: false });
		const { total, isRecent } = this.losses;
		if (total === 0) return report;
		const detail = `${report.detail}, ${total} events lost here since it was opened`;
		return { ...report, detail, ...(report.status === 'up' && isRecent && { status: 'degraded' }) };
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await Promise.all([...this.subscriptions].map(async (subscription) => await subscription[Symbol.asyncDispose]()));
		this.losses.flush();
		this.link.close();
	}
}

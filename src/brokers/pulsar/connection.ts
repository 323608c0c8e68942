/**
 * A connection to Pulsar: a socket for every topic that is published to and every subscription that is read, and the
 * admin API beside them. There is no link that all of them share: it is of use as long as its login is accepted.
 */
import { healthReport } from '../../broker/healthReport';
import type {
	Address,
	BrokerCapabilities,
	BrokerConnection,
	ConnectionHost,
	CallOptions,
	HealthReport,
	Native,
	Outcome,
	PublishOptions,
	Stored,
	SubscribeOptions,
	Subscription,
	WireMessage,
} from '../../broker/types';
import { EventBusError, isEventBusError, toEventBusError } from '../../kernel/errors';
import { Admin } from './admin';
import { DeadLetters } from './deadLetters';
import { isForbidden } from './errors';
import { Janitor } from './janitor';
import { isWatched } from './joining';
import { Producers } from './producers';
import { Publishing } from './publishing';
import { describeSettings, readSettings, type PulsarSettings } from './settings';
import { Socket } from './socket';
import { Sources } from './sources';
import { PulsarSubscription, type SubscriptionHost } from './subscription';
import { Topics } from './topics';
import { PulsarTopology } from './topology';

const OPEN_MS = 15_000;

export async function openPulsar(
	native: Native,
	host: ConnectionHost,
	capabilities: BrokerCapabilities,
): Promise<BrokerConnection> {
	const settings = readSettings(native);
	const connection = new PulsarConnection(settings, host, capabilities, describeSettings(native));
	try {
		await connection.knock({ signal: host.signal, timeoutMs: OPEN_MS });
		return connection;
	} catch (error) {
		await connection[Symbol.asyncDispose]();
		throw error;
	}
}

class PulsarConnection implements BrokerConnection {
	readonly inbox = null;
	readonly deadLetters: DeadLetters;
	readonly topology: PulsarTopology;
	private readonly ended = new AbortController();
	private readonly admin: Admin | null;
	private readonly producers: Producers;
	private readonly sources: Sources;
	private readonly janitor: Janitor;
	private readonly publishing: Publishing;
	private readonly subscriptions = new Set<PulsarSubscription>();

	constructor(
		private readonly settings: PulsarSettings,
		private readonly host: ConnectionHost,
		private readonly capabilities: BrokerCapabilities,
		private readonly description: string,
	) {
		const { adminUrl } = settings;
		this.admin = adminUrl === null ? null : new Admin(adminUrl, settings, (error) => this.end(error));
		this.producers = new Producers(settings);
		this.sources = new Sources(this.admin && new Topics(this.admin), settings);
		this.janitor = new Janitor(host.logger);
		this.publishing = new Publishing(this.producers, this.sources);
		this.deadLetters = new DeadLetters(settings, this.sources, this.producers);
		const { sources, producers, deadLetters: letters, janitor } = this;
		this.topology = new PulsarTopology({ sources, producers, letters, janitor, place: settings });
	}

	get lost(): AbortSignal {
		return this.ended.signal;
	}

	async publish(
		to: Address,
		messages: readonly WireMessage[],
		options: PublishOptions,
	): Promise<readonly Outcome<Stored>[]> {
		this.lost.throwIfAborted();
		return await this.publishing.publish(to, messages, options);
	}

	async subscribe(options: SubscribeOptions): Promise<Subscription> {
		this.lost.throwIfAborted();
		const { settings, producers, sources, capabilities } = this;
		const { clock, logger } = this.host;
		const host: SubscriptionHost = {
			settings,
			producers,
			topics: sources.topics,
			capabilities,
			clock,
			logger,
			now: () => clock.now(),
			showLetters: async (of, to, call) => await this.deadLetters.copyTo(of, to, call),
		};
		const topic = sources.sourceOf(options.from);
		const forget = (closed: PulsarSubscription) => void this.subscriptions.delete(closed);
		const subscription = await PulsarSubscription.join(host, topic, options, forget);
		this.subscriptions.add(subscription);
		if (sources.topics && isWatched(host, options) && options.provision === 'create') {
			this.janitor.watch(sources.topics, topic);
		}
		return subscription;
	}

	async health(options: CallOptions): Promise<HealthReport> {
		const detail = this.admin === null ? `${this.description}, without the admin API` : this.description;
		const toError = (cause: unknown) => toEventBusError(cause, 'checking Pulsar', 'unreachable');
		return await healthReport(detail, toError, async () => {
			this.lost.throwIfAborted();
			await this.knock(options);
			return { status: 'up', detail };
		});
	}

	/** Whether the service, the admin API and the namespace are there, and the login is good. @throws EventBusError */
	async knock(options: CallOptions): Promise<void> {
		await Promise.all([this.knockAtService(options), this.knockAtAdmin(options)]);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.janitor.stop();
		await Promise.all([...this.subscriptions].map(async (subscription) => await subscription[Symbol.asyncDispose]()));
		await this.producers.close();
		this.admin?.close();
		this.end(new EventBusError('closed', 'The connection to Pulsar was closed'));
	}

	/** Asks for a producer that cannot be: the login is checked before, and nothing is made. */
	private async knockAtService(options: CallOptions): Promise<void> {
		const { tenant, namespace } = this.settings;
		const path = `producer/persistent/${tenant}/${namespace}/event-bus-check?compressionType=none-that-exists`;
		const call = { ...options, doing: 'connecting to the WebSocket service' };
		try {
			await (await Socket.open(this.settings, path, () => undefined, call)).close();
		} catch (error) {
			// Not that one, but another: rights are looked at when they are needed.
			if (isForbidden(error) || (isEventBusError(error) && error.code === 'settings')) return;
			if (!isEventBusError(error) || error.code !== 'not-found') throw error;
			throw new EventBusError('settings', 'There is no WebSocket service of Pulsar at this address', {
				cause: error,
				hint: 'Set webSocketServiceEnabled=true on the brokers, or give the address of the WebSocket service that runs by itself',
			});
		}
	}

	private async knockAtAdmin(options: CallOptions): Promise<void> {
		const { sources, settings } = this;
		try {
			await sources.topics?.list(settings, options);
		} catch (error) {
			if (isForbidden(error)) return;
			throw error;
		}
	}

	private end(reason: EventBusError): void {
		if (!this.lost.aborted) this.ended.abort(reason);
	}
}

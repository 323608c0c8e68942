/**
 * A connection to Redis that keeps events in streams.
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
import type { Inbox } from '../../../consumer/inbox';
import { openLink, type RedisLink } from '../client';
import { healthOf } from '../health';
import { inboxOn } from '../inbox';
import { ServerFacts } from '../serverFacts';
import { readSettings } from '../settings';
import { deadLettersOn } from './deadLetters';
import { messageOf } from '../../../kernel/errors';
import { Janitor } from './janitor';
import { publishTo } from './publish';
import { Registry } from './registry';
import { readStorage, type Storage } from './storageFields';
import { StreamSubscription } from './subscription';
import { topologyOn } from './topology';

const NOTE_MS = 10_000;

export async function openStreams(
	native: Native,
	host: ConnectionHost,
	capabilities: BrokerCapabilities,
): Promise<BrokerConnection> {
	const storage = readStorage(native);
	return new StreamConnection(await openLink(readSettings(native), host), host, capabilities, storage);
}

class StreamConnection implements BrokerConnection {
	readonly inbox: Inbox;
	readonly deadLetters: DeadLetterPort;
	readonly topology: TopologyPort;
	private readonly facts: ServerFacts;
	private readonly registry: Registry;
	private readonly janitor: Janitor;
	private readonly subscriptions = new Set<StreamSubscription>();
	private hasWarned = false;

	constructor(
		private readonly link: RedisLink,
		private readonly host: ConnectionHost,
		private readonly capabilities: BrokerCapabilities,
		private readonly storage: Storage,
	) {
		this.inbox = inboxOn(link);
		this.deadLetters = deadLettersOn(link);
		this.facts = new ServerFacts(link, host.logger);
		this.registry = new Registry(link);
		this.topology = topologyOn(link, this.registry);
		this.janitor = new Janitor({
			link,
			registry: this.registry,
			facts: this.facts,
			logger: host.logger,
			keepMs: storage.keepMs,
		});
	}

	get lost(): AbortSignal {
		return this.link.lost;
	}

	async publish(
		to: Address,
		messages: readonly WireMessage[],
		options: PublishOptions,
	): Promise<readonly Outcome<Stored>[]> {
		await this.facts.keepsWhatItGets(options);
		const outcomes = await publishTo(this.link, to, messages, options, {
			maxBytes: this.capabilities.maxBytes,
			replicas: this.storage.replicas,
		});
		if (to.kind === 'channel' && outcomes.some(({ ok }) => ok)) await this.note(to, options);
		return outcomes;
	}

	/** What is stored is stored, whether or not a janitor hears of it. */
	private async note(to: Extract<Address, { kind: 'channel' }>, options: PublishOptions): Promise<void> {
		try {
			await this.registry.note(to, options);
		} catch (error) {
			if (this.hasWarned) return;
			this.hasWarned = true;
			this.host.logger.warn(`Nobody will tidy up the stream ${to.channel}: ${messageOf(error)}`);
		}
	}

	async subscribe(options: SubscribeOptions): Promise<Subscription> {
		const call = { signal: options.signal, timeoutMs: NOTE_MS };
		await this.facts.keepsWhatItGets(call);
		const subscription = await StreamSubscription.join(
			{ link: this.link, clock: this.host.clock, logger: this.host.logger, capabilities: this.capabilities },
			options,
			() => this.subscriptions.delete(subscription),
		);
		this.subscriptions.add(subscription);
		try {
			await this.registry.note(options.from, call);
		} catch (error) {
			await subscription[Symbol.asyncDispose]();
			throw error;
		}
		return subscription;
	}

	async health(options: CallOptions): Promise<HealthReport> {
		return await healthOf(this.link, options, { needsDisk: true });
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await Promise.all([...this.subscriptions].map(async (subscription) => await subscription[Symbol.asyncDispose]()));
		this.link.close();
		await this.janitor.stop();
	}
}

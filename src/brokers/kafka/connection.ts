/**
 * A connection to a Kafka cluster: a link for publishing, one for looking around, and two for each subscription.
 */
import { healthReport } from '../../broker/healthReport';
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
} from '../../broker/types';
import { EventBusError } from '../../kernel/errors';
import { bounded } from './bounds';
import { KafkaLink } from './client';
import { DeadLetters, deadLetterKey } from './deadLetters';
import { kafkaError } from './errors';
import { removeGroups } from './groups';
import { saslOptions } from './login';
import { retryTopics, sourceTopic, topicOf } from './names';
import { Partitioner } from './partitioner';
import { Producer } from './producer';
import { toRecord } from './records';
import type { OutgoingRecord } from './protocol';
import { describeSettings, readSettings, type KafkaSettings } from './settings';
import { KafkaSubscription, type SubscriptionHost } from './subscription';
import { channelShape, DEAD_LETTER_SHAPE, missing, retryShape, Topics, type TopicShape } from './topics';
import { kafkaTopology } from './topology';

const OPEN_TIMEOUT_MS = 15_000;
/** Of a topic that is made by publishing, before any group has said how long it wants to wait: 14 days. */
const RETENTION_MS = 14 * 24 * 60 * 60_000;

export async function openKafka(
	native: Native,
	host: ConnectionHost,
	capabilities: BrokerCapabilities,
): Promise<BrokerConnection> {
	const settings = readSettings(native);
	const sasl = saslOptions(settings.login);
	const newLink = () => {
		const { servers, tls } = settings;
		return new KafkaLink({ servers, tls, sasl, clientId: host.clientName, logger: host.logger });
	};
	const links = { publishing: newLink(), looking: newLink() };
	try {
		const call = { signal: host.signal, timeoutMs: OPEN_TIMEOUT_MS };
		await bounded(links.looking.cluster(), call, 'connecting');
		return new KafkaConnection(links, newLink, settings, describeSettings(native), host, capabilities);
	} catch (error) {
		for (const link of Object.values(links)) link.destroy();
		throw kafkaError(error, 'connecting');
	}
}

class KafkaConnection implements BrokerConnection {
	readonly inbox = null;
	readonly topology: TopologyPort;
	readonly deadLetters: DeadLetterPort;
	private readonly closed = new AbortController();
	private readonly topics: Topics;
	private readonly producer: Producer;
	private readonly partitioner = new Partitioner();
	private readonly subscriptions = new Set<KafkaSubscription>();

	constructor(
		private readonly links: { readonly publishing: KafkaLink; readonly looking: KafkaLink },
		private readonly newLink: () => KafkaLink,
		private readonly settings: KafkaSettings,
		private readonly description: string,
		private readonly host: ConnectionHost,
		private readonly capabilities: BrokerCapabilities,
	) {
		const { publishing, looking } = links;
		this.topics = new Topics(looking, settings.replicationFactor);
		this.producer = new Producer(publishing, new Topics(publishing, settings.replicationFactor), settings.compression);
		const letters = new DeadLetters(looking, this.topics, async (topic, record, timeoutMs) => {
			await this.send(topic, record, timeoutMs);
		});
		this.deadLetters = {
			list: async (of, { after, limit }, options) =>
				await this.call(letters.list(of, after, limit), options, 'reading dead letters'),
			remove: async (of, ids, options) =>
				await this.call(letters.remove(of, ids, options.timeoutMs), options, 'removing dead letters'),
		};
		this.topology = kafkaTopology({
			link: looking,
			topics: this.topics,
			letters,
			shapeOf: async (address) => await this.shapeOf(address),
			call: async (work, options, doing) => await this.call(work, options, doing),
		});
	}

	/** Broken sockets are replaced: as long as it is not closed, it is of use. */
	get lost(): AbortSignal {
		return this.closed.signal;
	}

	async publish(
		to: Address,
		messages: readonly WireMessage[],
		{ provision, ...options }: PublishOptions,
	): Promise<readonly Outcome<Stored>[]> {
		const until = Date.now() + options.timeoutMs;
		const topic = topicOf(to);
		const isOurs = to.kind !== 'existing';
		const ready = this.topics.ensure(topic, isOurs ? provision : 'verify', async () => await this.shapeOf(to));
		await this.call(ready, options, `looking for the topic ${topic}`);
		return await Promise.all(
			messages.map(async (message): Promise<Outcome<Stored>> => {
				try {
					const key = to.kind === 'dead-letters' ? deadLetterKey(message) : (message.orderingKey ?? null);
					const timeoutMs = Math.max(1, until - Date.now());
					const record = toRecord(message, Date.now(), key);
					const sent = this.send(topic, record, timeoutMs);
					return {
						ok: true,
						matched: 'unknown',
						cursor: await this.call(sent, { ...options, timeoutMs }, 'publishing'),
					};
				} catch (error) {
					return { ok: false, error: kafkaError(error, 'publishing') };
				}
			}),
		);
	}

	async subscribe(options: SubscribeOptions): Promise<Subscription> {
		this.closed.signal.throwIfAborted();
		const subscription = await KafkaSubscription.join(this.subscriptionHost(), options, () => {
			this.subscriptions.delete(subscription);
		});
		this.subscriptions.add(subscription);
		return subscription;
	}

	async health(options: CallOptions): Promise<HealthReport> {
		const toError = (cause: unknown) => kafkaError(cause, 'checking the cluster');
		return await healthReport(this.description, toError, async () => {
			const { brokers } = await this.call(this.links.looking.cluster(), options, 'checking the cluster');
			const count = brokers.length === 1 ? '1 broker' : `${brokers.length} brokers`;
			return { status: 'up', detail: `${this.description}, ${count}` };
		});
	}

	async [Symbol.asyncDispose](): Promise<void> {
		if (this.closed.signal.aborted) return;
		this.closed.abort(new EventBusError('closed', 'The connection is closed'));
		await Promise.all([...this.subscriptions].map(async (subscription) => await subscription[Symbol.asyncDispose]()));
		this.producer.close();
		for (const link of Object.values(this.links)) link.destroy();
	}

	/** @returns the cursor, where the broker tells the offset */
	private async send(topic: string, record: OutgoingRecord, timeoutMs: number): Promise<string | null> {
		const leaders = await this.topics.find(topic);
		if (!leaders) throw missing(topic);
		const partition = this.partitioner.partitionOf(record.key, leaders.length);
		try {
			const offset = await this.producer.send(topic, partition, record, Date.now() + timeoutMs);
			return offset === null ? null : `${partition}:${offset}`;
		} catch (error) {
			this.topics.forget(topic);
			throw error;
		}
	}

	/** As which a missing topic is made. */
	private async shapeOf(address: Address, retentionMs = RETENTION_MS): Promise<TopicShape> {
		switch (address.kind) {
			case 'channel':
			case 'existing':
				return channelShape(this.settings.partitions, retentionMs);
			case 'group':
				return await this.topics.roomFor(sourceTopic(address.of), retryShape(retentionMs));
			case 'dead-letters':
				return await this.topics.roomFor(sourceTopic(address.of), DEAD_LETTER_SHAPE);
		}
	}

	private subscriptionHost(): SubscriptionHost {
		const { topics, host, capabilities, newLink } = this;
		return {
			clock: host.clock,
			logger: host.logger,
			capabilities,
			topics,
			newLink,
			ensureSource: async ({ from, provision, retentionMs }) => {
				if (from.kind === 'dead-letters' && from.group === null) return;
				const topic = topicOf(from);
				// Of what was known before somebody may have removed it.
				topics.forget(topic);
				const shape = async () => await this.shapeOf(from, retentionMs);
				await topics.ensure(topic, from.kind === 'existing' ? 'verify' : provision, shape);
			},
			store: async (topic, record, timeoutMs) => await this.send(topic, record, timeoutMs),
			removeGroup: async (groupId) => {
				await removeGroups(this.links.looking, [groupId]);
				const found = await Promise.all(retryTopics(groupId).map(async (topic) => await topics.lookUp(topic)));
				await topics.remove(retryTopics(groupId).filter((_topic, index) => found[index] !== null));
			},
		};
	}

	private async call<T>(work: Promise<T>, options: CallOptions, doing: string): Promise<T> {
		try {
			return await bounded(work, options, doing);
		} catch (error) {
			throw kafkaError(error, doing);
		}
	}
}

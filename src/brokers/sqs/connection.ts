/**
 * A connection to SQS and SNS. There is no link that could break: it is of use as long as its login is accepted.
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
import { toEventBusError } from '../../kernel/errors';
import { AwsLink } from './client';
import { DeadLetters } from './deadLetters';
import { bareCode } from './errors';
import { Publishing } from './publishing';
import { describeSettings, readSettings } from './settings';
import { Sources } from './sources';
import { SqsSubscription, type SubscriptionHost } from './subscription';
import { Sweeper } from './sweeper';
import { SqsTopology } from './topology';

const OPEN_MS = 15_000;

export async function openSqs(
	native: Native,
	host: ConnectionHost,
	capabilities: BrokerCapabilities,
): Promise<BrokerConnection> {
	const link = new AwsLink(readSettings(native), host.clientName);
	try {
		await knock(link, { signal: host.signal, timeoutMs: OPEN_MS });
		return new SqsConnection(link, host, capabilities, describeSettings(native));
	} catch (error) {
		link.close();
		throw error;
	}
}

class SqsConnection implements BrokerConnection {
	readonly inbox = null;
	readonly deadLetters: DeadLetters;
	readonly topology: SqsTopology;
	private readonly sources: Sources;
	private readonly sweeper: Sweeper;
	private readonly publishing: Publishing;
	private readonly subscriptions = new Set<SqsSubscription>();

	constructor(
		private readonly link: AwsLink,
		private readonly host: ConnectionHost,
		private readonly capabilities: BrokerCapabilities,
		private readonly description: string,
	) {
		this.sources = new Sources(link);
		this.sweeper = new Sweeper(this.sources, host.logger);
		this.deadLetters = new DeadLetters(link, this.sources);
		this.topology = new SqsTopology(this.sources, this.deadLetters, this.sweeper);
		this.publishing = new Publishing(link, this.sources, host.logger);
	}

	get lost(): AbortSignal {
		return this.link.lost;
	}

	async publish(
		to: Address,
		messages: readonly WireMessage[],
		options: PublishOptions,
	): Promise<readonly Outcome<Stored>[]> {
		return await this.publishing.publish(to, messages, options);
	}

	async subscribe(options: SubscribeOptions): Promise<Subscription> {
		this.link.lost.throwIfAborted();
		const { link, sources } = this;
		const { clock, logger } = this.host;
		const { filter } = link.settings;
		const host: SubscriptionHost = {
			link,
			sources,
			clock,
			logger,
			filter,
			capabilities: this.capabilities,
			showLetters: async (of, to, call) => await this.deadLetters.copyTo(of, to, call),
		};
		const subscription = await SqsSubscription.join(host, options, () => this.subscriptions.delete(subscription));
		this.subscriptions.add(subscription);
		if (options.provision === 'create' || options.lifetime === 'ephemeral') this.sweeper.start();
		return subscription;
	}

	async health(options: CallOptions): Promise<HealthReport> {
		const toError = (cause: unknown) => toEventBusError(cause, 'checking SQS', 'unreachable');
		return await healthReport(this.description, toError, async () => {
			const mayList = await knock(this.link, options);
			const detail = mayList ? this.description : `${this.description}, where this login may not list queues`;
			return { status: 'up', detail };
		});
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.sweeper.stop();
		await Promise.all([...this.subscriptions].map(async (subscription) => await subscription[Symbol.asyncDispose]()));
		await this.deadLetters.close();
		this.link.close();
	}
}

/** Whether queues may be listed. That it may not is an answer, too: the login is good. @throws EventBusError */
async function knock(link: AwsLink, options: CallOptions): Promise<boolean> {
	try {
		await link.sqs(
			{ ...options, doing: 'connecting' },
			async (sqs, http) => await sqs.listQueues({ MaxResults: 1 }, http),
		);
		return true;
	} catch (error) {
		if (error instanceof Error && bareCode(error.cause) === 'AccessDenied') return false;
		throw error;
	}
}

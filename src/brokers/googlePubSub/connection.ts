/**
 * A connection to Google Pub/Sub. Its link mends itself, so it is of use as long as its login is accepted and Google
 * answers.
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
import { PubSubLink } from './client';
import { DeadLetters } from './deadLetters';
import { isForbidden } from './errors';
import { Publishing } from './publishing';
import { describeSettings, readSettings } from './settings';
import { Sources } from './sources';
import { PubSubSubscription, type SubscriptionHost } from './subscription';
import { PubSubTopology } from './topology';

const OPEN_MS = 15_000;

export async function openPubSub(
	native: Native,
	host: ConnectionHost,
	capabilities: BrokerCapabilities,
): Promise<BrokerConnection> {
	const link = await PubSubLink.open(readSettings(native), host.clientName);
	try {
		await knock(link, { signal: host.signal, timeoutMs: OPEN_MS });
		return new PubSubConnection(link, host, capabilities, describeSettings({ ...native, project: link.project }));
	} catch (error) {
		link.close();
		throw error;
	}
}

class PubSubConnection implements BrokerConnection {
	readonly inbox = null;
	readonly deadLetters: DeadLetters;
	readonly topology: PubSubTopology;
	private readonly sources: Sources;
	private readonly publishing: Publishing;
	private readonly subscriptions = new Set<PubSubSubscription>();

	constructor(
		private readonly link: PubSubLink,
		private readonly host: ConnectionHost,
		private readonly capabilities: BrokerCapabilities,
		private readonly description: string,
	) {
		this.sources = new Sources(link);
		this.deadLetters = new DeadLetters(link, this.sources);
		this.topology = new PubSubTopology(this.sources, this.deadLetters);
		this.publishing = new Publishing(link, this.sources);
	}

	get lost(): AbortSignal {
		return this.link.lost;
	}

	async publish(
		to: Address,
		messages: readonly WireMessage[],
		options: PublishOptions,
	): Promise<readonly Outcome<Stored>[]> {
		this.link.lost.throwIfAborted();
		return await this.publishing.publish(to, messages, options);
	}

	async subscribe(options: SubscribeOptions): Promise<Subscription> {
		this.link.lost.throwIfAborted();
		const { link, sources, capabilities } = this;
		const { clock, logger } = this.host;
		const host: SubscriptionHost = { link, sources, clock, logger, filter: link.settings.filter, capabilities };
		const subscription = await PubSubSubscription.join(host, options, () => this.subscriptions.delete(subscription));
		this.subscriptions.add(subscription);
		return subscription;
	}

	async health(options: CallOptions): Promise<HealthReport> {
		const toError = (cause: unknown) => toEventBusError(cause, 'checking Google Pub/Sub', 'unreachable');
		return await healthReport(this.description, toError, async () => {
			const mayList = await knock(this.link, options);
			const detail = mayList ? this.description : `${this.description}, where this login may not list topics`;
			return { status: 'up', detail };
		});
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await Promise.all([...this.subscriptions].map(async (subscription) => await subscription[Symbol.asyncDispose]()));
		await this.deadLetters.close();
		this.link.close();
	}
}

/** Whether topics may be listed. That they may not is an answer, too: the login is good. @throws EventBusError */
async function knock(link: PubSubLink, options: CallOptions): Promise<boolean> {
	try {
		const request = { project: `projects/${link.project}`, pageSize: 1 };
		await link.publisher({ ...options, doing: 'connecting' }, async (client, gax) => {
			return await client.listTopics(request, { ...gax, autoPaginate: false });
		});
		return true;
	} catch (error) {
		if (isForbidden(error)) return false;
		throw error;
	}
}

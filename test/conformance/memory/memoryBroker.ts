/**
 * A correct broker in memory, with the whole seam and no policy: what an adapter has to do, in a few hundred lines.
 *
 * It is the reference for authors of adapters, and what the conformance suite is itself tested with (faults.ts).
 */
import type {
	Address,
	BrokerCapabilities,
	BrokerConnection,
	ConnectionHost,
	BrokerManifest,
	CallOptions,
	DeadLetterPage,
	DeadLetterPort,
	HealthReport,
	Outcome,
	PublishOptions,
	Stored,
	SubscribeOptions,
	Subscription,
	WireMessage,
} from '../../../src/broker/types';
import type { Inbox } from '../../../src/consumer/inbox';
import { EventBusError, toEventBusError } from '../../../src/kernel/errors';
import type { MemoryServer } from './memoryServer';
import { MemorySubscription } from './memorySubscription';
import { MemoryTopology } from './memoryTopology';

const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

export const memoryCapabilities: BrokerCapabilities = {
	delivery: 'at-least-once',
	ack: 'each',
	delayedRetryMaxMs: YEAR_MS,
	delayedPublishMaxMs: YEAR_MS,
	delayToleranceMs: 100,
	ordering: 'key',
	start: new Set(['committed', 'earliest', 'latest', 'time', 'cursor']),
	groups: true,
	headers: 'native',
	maxLeaseMs: null,
	replies: true,
	maxBatch: 500,
	maxBytes: 1024 * 1024,
	topology: new Set(['inspect', 'declare', 'delete']),
	deadLetterListing: 'complete',
};

/** A broker that can do less, to see what the core makes of it. */
export interface MemoryLimits {
	readonly delayedRetryMaxMs?: number;
	/** 0: a message goes out at once, whatever its `notBefore` says. */
	readonly delayedPublishMaxMs?: number;
	readonly maxBatch?: number;
	/** false: the host's own inbox is used. */
	readonly hostsInbox?: boolean;
}

/** A manifest for one server: its settings are empty, because the server is in this process. */
export function memoryManifest(server: MemoryServer, limits: MemoryLimits = {}): BrokerManifest {
	const { hostsInbox = true, ...less } = limits;
	const capabilities = { ...memoryCapabilities, ...less };
	return {
		kind: 'memory',
		label: 'Memory',
		fields: [],
		schemes: ['memory'],
		fromUrl: () => ({}),
		describe: () => 'Memory',
		capabilities,
		async open(_settings, host) {
			await server.answer(5000);
			return new MemoryConnection(server, host, capabilities, hostsInbox ? server.inbox : null);
		},
	};
}

class MemoryConnection implements BrokerConnection {
	readonly deadLetters: DeadLetterPort;
	readonly topology;
	private readonly losing = new AbortController();
	private readonly subscriptions = new Set<MemorySubscription>();
	private readonly unregister: () => void;

	constructor(
		private readonly server: MemoryServer,
		private readonly host: ConnectionHost,
		private readonly capabilities: BrokerCapabilities,
		readonly inbox: Inbox | null,
	) {
		this.topology = new MemoryTopology(server);
		this.deadLetters = { list: this.listDeadLetters.bind(this), remove: this.removeDeadLetters.bind(this) };
		this.unregister = server.register((error) => this.lose(error));
	}

	get lost(): AbortSignal {
		return this.losing.signal;
	}

	async publish(
		to: Address,
		messages: readonly WireMessage[],
		options: PublishOptions,
	): Promise<readonly Outcome<Stored>[]> {
		await this.ready(options);
		return messages.map((message) => this.storeOne(to, message, options));
	}

	async subscribe(options: SubscribeOptions): Promise<Subscription> {
		await this.ready({ timeoutMs: 5000 });
		const { topic, group } = this.server.join(options);
		const subscription = new MemorySubscription(this.capabilities, group, this.server, options, (left) => {
			this.subscriptions.delete(left);
			if (group.lifetime === 'ephemeral' && group.members.size === 0) topic.groups.delete(group.name);
		});
		this.subscriptions.add(subscription);
		return subscription;
	}

	async health(): Promise<HealthReport> {
		const up = this.server.state === 'up' && !this.lost.aborted;
		const detail = `Memory on behalf of ${this.host.clientName}`;
		if (up) return { status: 'up', latencyMs: 0, detail };
		return { status: 'down', latencyMs: 0, detail, error: new EventBusError('unreachable', 'The server is down') };
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.lose(new EventBusError('closed', 'The connection was closed'));
	}

	private lose(error: EventBusError): void {
		this.unregister();
		for (const subscription of [...this.subscriptions]) subscription.lose(error);
		this.losing.abort(error);
	}

	private async ready({ timeoutMs }: Pick<CallOptions, 'timeoutMs'>): Promise<void> {
		if (this.lost.aborted) throw toEventBusError(this.lost.reason, 'using a lost connection');
		await this.server.answer(timeoutMs);
	}

	private storeOne(to: Address, message: WireMessage, { provision }: PublishOptions): Outcome<Stored> {
		const bytes = message.body.byteLength + Buffer.byteLength(JSON.stringify(message.headers));
		const { maxBytes, delayedPublishMaxMs } = this.capabilities;
		if (bytes > maxBytes) {
			return { ok: false, error: new EventBusError('too-large', `The message has ${bytes} bytes`) };
		}
		try {
			const { notBefore, ...undelayed } = message;
			const stored = delayedPublishMaxMs === 0 && notBefore !== undefined ? undelayed : message;
			return { ok: true, ...this.server.store(to, stored, provision) };
		} catch (error) {
			return { ok: false, error: toEventBusError(error, 'publishing') };
		}
	}

	private async listDeadLetters(
		of: Extract<Address, { kind: 'dead-letters' }>,
		{ after, limit }: { readonly after: string | null; readonly limit: number },
		options: CallOptions,
	): Promise<DeadLetterPage> {
		await this.ready(options);
		const rest = this.server.deadLettersOf(of).filter(([id]) => Number(id) > Number(after ?? 0));
		const page = rest.slice(0, limit);
		return {
			items: page.map(([id, message]) => ({ id, message })),
			next: rest.length > limit ? (page.at(-1)?.[0] ?? null) : null,
			complete: true,
		};
	}

	private async removeDeadLetters(
		of: Extract<Address, { kind: 'dead-letters' }>,
		ids: readonly string[],
		options: CallOptions,
	): Promise<number> {
		await this.ready(options);
		const { log } = this.server.deadLetterTopic(of.of);
		return ids.filter((id) => log.delete(Number(id))).length;
	}
}

/**
 * A connection to the embedded broker: the seam's calls, put as commands to the thread that owns the file.
 */
import { healthReport } from '../../broker/healthReport';
import { join } from 'node:path';
import { messageSize, tooLargeMessage } from '../../broker/messageSize';
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
import type { Inbox } from '../../consumer/inbox';
import { EventBusError, toEventBusError } from '../../kernel/errors';
import { openSqliteFile, type SqliteFile } from '../../sqlite/file';
import { inboxOn } from '../../store/sqlite/inbox';
import type { sqliteModule } from './brokerModule';
import { type BrokerPort, MAX_ANSWER_BYTES } from './port';
import { type EmbeddedSettings, readSettings } from './settings';
import { EmbeddedSubscription } from './subscription';
import { embeddedTopology } from './topology';

const OPEN_TIMEOUT_MS = 20_000;
/** A file this full is near the moment in which publishing is refused. */
const DEGRADED_SHARE = 0.9;

export async function openEmbedded(
	native: Native,
	host: ConnectionHost,
	capabilities: BrokerCapabilities,
): Promise<BrokerConnection> {
	const settings = readSettings(native);
	const options: CallOptions = { signal: host.signal, timeoutMs: OPEN_TIMEOUT_MS };
	const file = await openSqliteFile(settings.file, host.logger, options);
	try {
		const port = await file.use<typeof sqliteModule>(join(__dirname, 'brokerModule.js'), host.clock, options);
		const inbox = await inboxOn(file, host.clock, options);
		return new EmbeddedConnection(file, port, inbox, settings, host, capabilities);
	} catch (error) {
		await file[Symbol.asyncDispose]();
		throw error;
	}
}

class EmbeddedConnection implements BrokerConnection {
	readonly topology: TopologyPort;
	readonly deadLetters: DeadLetterPort;
	private readonly subscriptions = new Set<EmbeddedSubscription>();

	constructor(
		private readonly file: SqliteFile,
		private readonly port: BrokerPort,
		readonly inbox: Inbox,
		private readonly settings: EmbeddedSettings,
		private readonly host: ConnectionHost,
		private readonly capabilities: BrokerCapabilities,
	) {
		this.topology = embeddedTopology(port, file.path);
		this.deadLetters = {
			list: async (of, { after, limit }, options) =>
				await port.read('listDeadLetters', { of, after, limit, maxBytes: MAX_ANSWER_BYTES }, options),
			remove: async (of, ids, options) => await port.write('removeDeadLetters', { of, ids }, options),
		};
	}

	get lost(): AbortSignal {
		return this.file.lost;
	}

	async publish(
		to: Address,
		messages: readonly WireMessage[],
		{ provision, signal, timeoutMs }: PublishOptions,
	): Promise<readonly Outcome<Stored>[]> {
		const { maxBytes } = this.capabilities;
		const tooLarge = messages.map((message) => messageSize(message) > maxBytes);
		const fitting = messages.filter((_message, index) => !tooLarge[index]);
		const { maxFileBytes } = this.settings;
		const stored =
			fitting.length === 0
				? []
				: await this.port.write(
						'publish',
						{ to, messages: fitting.map(withOwnBody), provision, maxFileBytes },
						{ signal, timeoutMs },
					);
		let next = 0;
		return messages.map((message, index) => {
			if (tooLarge[index]) return { ok: false, error: tooLargeMessage(message, maxBytes) };
			const outcome = stored[next++];
			return outcome
				? { ok: true, ...outcome }
				: { ok: false, error: new EventBusError('bug', 'No outcome came back') };
		});
	}

	async subscribe(options: SubscribeOptions): Promise<Subscription> {
		const subscription = await EmbeddedSubscription.join(
			{ file: this.file, port: this.port, clock: this.host.clock, capabilities: this.capabilities },
			options,
			() => this.subscriptions.delete(subscription),
		);
		this.subscriptions.add(subscription);
		return subscription;
	}

	async health(options: CallOptions): Promise<HealthReport> {
		const toError = (cause: unknown) => toEventBusError(cause, 'checking the file', 'unreachable');
		return await healthReport(`SQLite ${this.file.path}`, toError, async () => {
			const { version, bytes } = await this.port.read('status', {}, options);
			const { maxFileBytes } = this.settings;
			const detail = `SQLite ${version}, ${this.file.path}, ${megabytes(bytes)} of ${megabytes(maxFileBytes)} MB`;
			return { status: bytes > maxFileBytes * DEGRADED_SHARE ? 'degraded' : 'up', detail };
		});
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await Promise.all([...this.subscriptions].map(async (subscription) => await subscription[Symbol.asyncDispose]()));
		await this.file[Symbol.asyncDispose]();
	}
}

/** A view into a larger buffer would take all of it along to the other thread. */
function withOwnBody(message: WireMessage): WireMessage {
	const { body } = message;
	const isWhole = body.byteLength === body.buffer.byteLength && !Buffer.isBuffer(body);
	return isWhole ? message : { ...message, body: new Uint8Array(body) };
}

function megabytes(bytes: number): number {
	return Math.round(bytes / 1024 / 1024);
}

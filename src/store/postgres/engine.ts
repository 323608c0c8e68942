/**
 * The event store on a PostgreSQL server. The commands are those of every store (../sql); here they become transactions.
 */
import { randomUUID } from 'node:crypto';
import type { CallOptions, ConnectionHost, Native } from '../../broker/types';
import type { Inbox } from '../../consumer/inbox';
import type { StoreEngine } from '../engine';
import {
	type ReadArgs,
	type ReadResult,
	type Reads,
	storeReads,
	storeWrites,
	wakesOthers,
	type WriteArgs,
	type WriteResult,
	type Writes,
} from '../sql/commands';
import type { StoreContext } from '../sql/context';
import type { Steps } from '../sql/steps';
import { AppendQueue } from './appendQueue';
import { clientConfig, quoted } from './clientConfig';
import { channelOf, CommitNotices } from './commitNotices';
import { isSchemaGone, postgresError } from './errors';
import { inboxOn } from './inbox';
import { Link } from './link';
import { migrate } from './migrations';
import { describeSettings, type PostgresSettings, readSettings } from './settings';
import { startSweeping } from './sweep';
import { inTransaction, readOnly, workOf } from './transaction';

const OPEN_TIMEOUT_MS = 20_000;

/** @throws EventBusError `settings` | `auth` | `unreachable` | `timeout` | `storage` | `unsupported` */
export async function openPostgresEngine(native: Native, host: ConnectionHost): Promise<StoreEngine> {
	const settings = readSettings(native);
	const link = new Link(settings, host.clientName);
	try {
		await migrate(link, settings.schema, { signal: host.signal, timeoutMs: OPEN_TIMEOUT_MS });
	} catch (error) {
		await link[Symbol.asyncDispose]();
		throw postgresError(error, `connecting to ${describeSettings(native)}`);
	}
	return new PostgresEngine(describeSettings(native), settings, link, host);
}

class PostgresEngine implements StoreEngine {
	readonly inbox: Inbox;
	private readonly ended = new AbortController();
	private readonly notices: CommitNotices;
	private readonly notify: string;
	private readonly appends: AppendQueue;
	private readonly stopSweeping: () => void;

	constructor(
		readonly description: string,
		settings: PostgresSettings,
		private readonly link: Link,
		private readonly host: ConnectionHost,
	) {
		const channel = channelOf(settings.schema);
		this.notices = new CommitNotices(clientConfig(settings, host.clientName), channel, host);
		this.notify = `NOTIFY ${quoted(channel)}; `;
		this.appends = new AppendQueue(link, host.clock, this.notify);
		this.inbox = inboxOn(link, host.clock);
		this.stopSweeping = startSweeping(link, { ...host, owner: randomUUID() });
	}

	/** Connections heal by themselves; only tables that somebody dropped do not. */
	get lost(): AbortSignal {
		return this.ended.signal;
	}

	async read<K extends keyof Reads>(command: K, args: ReadArgs<K>, options: CallOptions): Promise<ReadResult<K>> {
		const steps = storeReads[command] as (context: StoreContext, args: ReadArgs<K>) => Steps<ReadResult<K>>;
		return await this.watched(
			readOnly(this.link, `reading (${command})`, steps({ now: this.host.clock.now() }, args), options),
		);
	}

	async write<K extends keyof Writes>(command: K, args: WriteArgs<K>, options: CallOptions): Promise<WriteResult<K>> {
		const result = await this.watched(this.carryOut(command, args, options));
		if (wakesOthers(command, args)) this.notices.wake();
		return result;
	}

	onCommit(listener: () => void): () => void {
		return this.notices.listen(listener);
	}

	async version(options: CallOptions): Promise<string> {
		const rows = await this.link.use(
			'asking for the version',
			options,
			async (session) =>
				await session.query<{ readonly server_version: string }>({ sql: 'SHOW server_version', values: [] }),
		);
		return `PostgreSQL ${rows[0]?.server_version.split(' ')[0] ?? ''}`;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.stopSweeping();
		this.notices[Symbol.dispose]();
		await this.link[Symbol.asyncDispose]();
	}

	private async carryOut<K extends keyof Writes>(
		command: K,
		args: WriteArgs<K>,
		options: CallOptions,
	): Promise<WriteResult<K>> {
		const { clock } = this.host;
		const make = storeWrites[command] as (context: StoreContext, args: WriteArgs<K>) => Steps<WriteResult<K>>;
		const steps = () => make({ now: clock.now() }, args);
		if (command === 'append') return await this.appends.add(steps, eventsIn(args), options);
		// Not always: a notice makes commits of the whole server queue up.
		const atCommit = wakesOthers(command, args) ? this.notify : '';
		const transaction = { name: `writing (${command})`, work: workOf(steps), atCommit };
		return await inTransaction(this.link, transaction, clock, options);
	}

	private async watched<T>(call: Promise<T>): Promise<T> {
		try {
			return await call;
		} catch (error) {
			// Whoever opens the store next makes them again.
			if (isSchemaGone(error)) this.ended.abort(error);
			throw error;
		}
	}
}

function eventsIn(args: object): number {
	return 'events' in args && Array.isArray(args.events) ? args.events.length : 1;
}

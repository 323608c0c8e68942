/**
 * One link to one Redis server: commands with a bound on their time, a heartbeat, and one end.
 *
 * The client behind it never reconnects and never queues for later: whoever needs another link opens one.
 */
import { createClient, RESP_TYPES } from '@redis/client';
import type { TlsOptions } from '../../broker/tls';
import type { CallOptions } from '../../broker/types';
import { EventBusError, isEventBusError } from '../../kernel/errors';
import { endsLink, redisError, replyWord } from './errors';
import type { RedisAddress } from './settings';
import type { Script } from './script';

/** Blob strings are `Buffer` when asked for `bytes`, else text. */
export type Reply = string | number | Buffer | null | readonly Reply[];

export interface RedisCall extends CallOptions {
	/** What was being done, as it continues "while …". */
	readonly doing: string;
	/** Blob strings of the answer as bytes. */
	readonly bytes?: boolean;
}

export interface NodeOptions {
	readonly address: RedisAddress;
	readonly user: string;
	readonly password: string;
	readonly database: number;
	readonly tls: TlsOptions | null;
	readonly clientName: string;
}

export type Listener = (message: Buffer, channel: Buffer) => void;

const CONNECT_MS = 10_000;
/** A link on which nothing was answered for so long, although it was asked, is dead. */
const HEARTBEAT_MS = 5000;
const SILENCE_MS = 20_000;

const AS_BYTES = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } } as const;

type Client = ReturnType<typeof clientFor>;

export class RedisNode {
	private readonly ended = new AbortController();
	private readonly heartbeat: NodeJS.Timeout;

	private constructor(
		private readonly client: Client,
		readonly address: RedisAddress,
	) {
		client.on('error', (error: unknown) => this.fail(redisError(error, `talking to ${address.host}:${address.port}`)));
		client.on('end', () => this.fail(new EventBusError('closed', 'The link to Redis was closed')));
		this.heartbeat = setInterval(() => void this.beat(), HEARTBEAT_MS);
		this.heartbeat.unref();
	}

	/** @throws EventBusError `auth` | `unreachable` | `timeout` */
	static async open(options: NodeOptions, signal: AbortSignal): Promise<RedisNode> {
		const { address } = options;
		const doing = `connecting to ${address.host}:${address.port}`;
		const client = clientFor(options);
		// Told by the promise as well.
		const ignore = () => undefined;
		client.on('error', ignore);
		try {
			await bounded(client.connect(), { signal, timeoutMs: CONNECT_MS, doing });
			const node = new RedisNode(client, address);
			const call = { signal, timeoutMs: CONNECT_MS, doing };
			await node.call(['PING'], call);
			// A name is a courtesy: not every user may give one.
			await node.call(['CLIENT', 'SETNAME', options.clientName.replace(/[^!-~]+/g, '-')], call).catch(ignore);
			return node;
		} catch (error) {
			client.destroy();
			const known = redisError(error, doing);
			throw options.tls === null || known.code !== 'unreachable' ? known : brokenTls(known, options.tls);
		}
	}

	/** Aborts, with an EventBusError as reason, once the link is of no further use. */
	get lost(): AbortSignal {
		return this.ended.signal;
	}

	/** Commands sent in one turn of the event loop travel together. @throws EventBusError */
	async call(args: readonly (string | Buffer)[], options: RedisCall): Promise<Reply> {
		try {
			return await bounded(this.send(args, options.bytes ?? false), options);
		} catch (error) {
			throw this.judged(error, options.doing);
		}
	}

	/** @throws EventBusError */
	async run(
		{ sha, source }: Script,
		keys: readonly string[],
		args: readonly (string | Buffer)[],
		options: RedisCall,
	): Promise<Reply> {
		const rest = [String(keys.length), ...keys, ...args];
		const bytes = options.bytes ?? false;
		try {
			const running = this.send(['EVALSHA', sha, ...rest], bytes).catch(async (error: unknown) => {
				if (replyWord(error) !== 'NOSCRIPT') throw error;
				return await this.send(['EVAL', source, ...rest], bytes);
			});
			return await bounded(running, options);
		} catch (error) {
			throw this.judged(error, options.doing);
		}
	}

	/** Two commands that no other one gets between. */
	async pair(first: readonly string[], second: readonly (string | Buffer)[], options: RedisCall): Promise<Reply> {
		const both = Promise.all([this.send(first, false), this.send(second, options.bytes ?? false)]);
		try {
			return (await bounded(both, options))[1];
		} catch (error) {
			throw this.judged(error, options.doing);
		}
	}

	/** Afterwards this link is for Pub/Sub only. @throws EventBusError */
	async listen(to: 'channel' | 'pattern', name: string, listener: Listener, options: RedisCall): Promise<void> {
		try {
			const { client } = this;
			await bounded(
				to === 'channel' ? client.subscribe(name, listener, true) : client.pSubscribe(name, listener, true),
				options,
			);
		} catch (error) {
			throw this.judged(error, options.doing);
		}
	}

	async unlisten(to: 'channel' | 'pattern', name: string, listener: Listener, options: RedisCall): Promise<void> {
		try {
			const { client } = this;
			await bounded(
				to === 'channel' ? client.unsubscribe(name, listener, true) : client.pUnsubscribe(name, listener, true),
				options,
			);
		} catch (error) {
			throw this.judged(error, options.doing);
		}
	}

	close(): void {
		this.fail(new EventBusError('closed', 'The link to Redis was closed'));
	}

	private async send(args: readonly (string | Buffer)[], bytes: boolean): Promise<Reply> {
		return await this.client.sendCommand<Reply>([...args], bytes ? AS_BYTES : undefined);
	}

	private judged(cause: unknown, doing: string): EventBusError {
		const { lost } = this;
		// Why the link broke says more than that this call went down with it.
		if (lost.aborted && isEventBusError(lost.reason)) return lost.reason;
		const error = redisError(cause, doing);
		// A server that became a replica, or is going down, serves nobody any more.
		if (endsLink(cause, error)) this.fail(error);
		return error;
	}

	private async beat(): Promise<void> {
		const options = { signal: this.lost, timeoutMs: SILENCE_MS, doing: 'checking the link' };
		try {
			await bounded(this.send(['PING'], false), options);
		} catch (error) {
			if (replyWord(error) === '') this.fail(unreachable(error));
		}
	}

	private fail(error: EventBusError): void {
		if (this.lost.aborted) return;
		clearInterval(this.heartbeat);
		this.ended.abort(error);
		this.client.destroy();
	}
}

/** A server that wants a certificate of ours often hangs up before it says so. */
function brokenTls(cause: EventBusError, { cert }: TlsOptions): EventBusError {
	const wants = cert === undefined ? 'a client certificate' : 'another client certificate';
	return new EventBusError(cause.code, cause.message, {
		cause,
		hint: `Check host and port, that this port speaks TLS, and whether the server asks for ${wants}`,
	});
}

function unreachable(cause: unknown): EventBusError {
	return new EventBusError('unreachable', 'Redis does not answer any more', { cause });
}

function clientFor({ address, user, password, database, tls }: NodeOptions) {
	const socket = { ...address, connectTimeout: CONNECT_MS, reconnectStrategy: false as const };
	return createClient({
		RESP: 2,
		socket: tls === null ? socket : { ...socket, ...withServerName(tls, address), tls: true },
		...(user === '' ? {} : { username: user }),
		...(password === '' ? {} : { password }),
		database,
		disableOfflineQueue: true,
		disableClientInfo: true,
		maintNotifications: 'disabled',
		// Every call has a bound of its own.
		commandOptions: { timeout: 0 },
	});
}

function withServerName(tls: TlsOptions, { host }: RedisAddress): TlsOptions {
	const isName = !/^[\d.]+$|:/.test(host);
	return tls.servername === undefined && isName ? { ...tls, servername: host } : tls;
}

/** @throws EventBusError `timeout`, or the reason of the signal */
async function bounded<T>(work: Promise<T>, { signal, timeoutMs, doing }: RedisCall): Promise<T> {
	// Whatever becomes of it when nobody waits any more.
	work.catch(() => undefined);
	signal.throwIfAborted();
	const { promise: stopped, reject } = Promise.withResolvers<never>();
	const onAbort = () => reject(signal.reason as Error);
	const timer = setTimeout(() => {
		reject(new EventBusError('timeout', `Redis did not answer within ${timeoutMs} ms while ${doing}`));
	}, timeoutMs);
	signal.addEventListener('abort', onAbort, { once: true });
	try {
		return await Promise.race([work, stopped]);
	} finally {
		clearTimeout(timer);
		signal.removeEventListener('abort', onAbort);
	}
}

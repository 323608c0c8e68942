/**
 * One connection to RabbitMQ, and channels on it. A link that broke stays broken: whoever needs it opens another.
 */
import {
	connect,
	credentials,
	type Channel,
	type ChannelModel,
	type ConfirmChannel,
	type SocketOptions,
} from 'amqplib';
import type { ConnectionHost, CallOptions } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';
import { rabbitmqError } from './errors';
import type { RabbitmqAddress, RabbitmqSettings } from './settings';

/** Both sides give a silent link up after two to three of these, so it is noticed within 24 s. */
const HEARTBEAT_S = 8;
/** For the way to one host and the login there, milliseconds. */
const CONNECT_MS = { single: 15_000, several: 5000 } as const;
/** A goodbye that takes longer is not waited for, milliseconds. */
const GOODBYE_MS = 1000;

export class Link {
	private readonly ended = new AbortController();
	private unblocked = Promise.resolve();
	private blockedBecause: string | null = null;

	private constructor(
		private readonly model: ChannelModel,
		private readonly socket: AbortController,
		readonly address: RabbitmqAddress,
	) {
		let release = () => undefined as void;
		model.on('error', (error) => this.fail(error));
		model.on('close', (error) => this.fail(error));
		model.on('blocked', (reason) => {
			this.blockedBecause = reason;
			this.unblocked = new Promise((resolve) => (release = resolve));
		});
		model.on('unblocked', () => {
			this.blockedBecause = null;
			release();
		});
	}

	/**
	 * Tries one host after the other.
	 * @throws EventBusError `settings` | `auth` | `unreachable` | `timeout`
	 */
	static async open(settings: RabbitmqSettings, { clientName, signal }: ConnectionHost): Promise<Link> {
		let last: EventBusError | null = null;
		for (const address of settings.servers) {
			try {
				return await Link.openAt(address, settings, clientName, signal);
			} catch (error) {
				last = rabbitmqError(error, `connecting to ${nameOf(address)}`);
				// The others know the same users.
				if (signal.aborted || (last.code === 'auth' && settings.tls === null)) break;
			}
		}
		if (signal.aborted) {
			throw new EventBusError('timeout', 'RabbitMQ did not answer in time while connecting', { cause: last });
		}
		throw (
			last ?? new EventBusError('settings', 'RabbitMQ has no host', { hint: 'Give at least one in the credential' })
		);
	}

	private static async openAt(
		address: RabbitmqAddress,
		settings: RabbitmqSettings,
		clientName: string,
		signal: AbortSignal,
	): Promise<Link> {
		const { tls, login, vhost, servers } = settings;
		const socket = new AbortController();
		const cutShort = () => socket.abort(signal.reason);
		signal.throwIfAborted();
		signal.addEventListener('abort', cutShort, { once: true });
		// `signal` ends the socket, whatever state the protocol is in.
		const options: SocketOptions & { readonly signal: AbortSignal } = {
			...tls,
			signal: socket.signal,
			noDelay: true,
			timeout: servers.length > 1 ? CONNECT_MS.several : CONNECT_MS.single,
			clientProperties: { connection_name: clientName },
			credentials: login === null ? credentials.external() : credentials.plain(login.user, login.password),
		};
		try {
			const model = await connect(
				{
					protocol: tls === null ? 'amqp' : 'amqps',
					hostname: address.host,
					port: address.port,
					// The client decodes it.
					vhost: encodeURIComponent(vhost),
					heartbeat: HEARTBEAT_S,
				},
				options,
			);
			return new Link(model, socket, address);
		} catch (error) {
			socket.abort();
			throw error;
		} finally {
			signal.removeEventListener('abort', cutShort);
		}
	}

	/** Aborts, with an EventBusError as reason, once the link is of no further use. */
	get lost(): AbortSignal {
		return this.ended.signal;
	}

	/** Why the server takes no messages at the moment (a resource alarm); null: it does. */
	get blocked(): string | null {
		return this.blockedBecause;
	}

	/** 'RabbitMQ 3.10.8 at host:5672'. */
	get title(): string {
		return `RabbitMQ ${this.model.connection.serverProperties.version} at ${nameOf(this.address)}`;
	}

	/** The caller closes it. */
	async channel(): Promise<Channel> {
		return quiet(await this.model.createChannel());
	}

	/** The caller closes it. */
	async confirmChannel(): Promise<ConfirmChannel> {
		return quiet(await this.model.createConfirmChannel());
	}

	/**
	 * Does some work on a channel of its own: a refusal of the server closes the channel it happens on.
	 *
	 * @param doing as it continues "while …"
	 * @throws EventBusError
	 */
	async use<T>(doing: string, call: CallOptions, work: (channel: Channel) => Promise<T>): Promise<T> {
		const opened: Channel[] = [];
		const over = new AbortController();
		try {
			return await this.within(doing, call, async () => {
				const channel = await this.channel();
				if (over.signal.aborted) leave(channel);
				opened.push(channel);
				return await work(channel);
			});
		} finally {
			over.abort();
			opened.forEach(leave);
		}
	}

	/** Waits at most as long as the call may take, and no longer than the link lives. @throws EventBusError */
	async within<T>(doing: string, { timeoutMs, signal }: CallOptions, work: () => Promise<T>): Promise<T> {
		const { promise: over, reject } = Promise.withResolvers<never>();
		const late = setTimeout(() => {
			reject(new EventBusError('timeout', `RabbitMQ did not answer within ${timeoutMs} ms while ${doing}`));
		}, timeoutMs);
		const stop = () => reject(new EventBusError('closed', `Stopped while ${doing}`, { cause: signal.reason }));
		const lose = () => reject(this.lost.reason as EventBusError);
		if (signal.aborted) stop();
		if (this.lost.aborted) lose();
		signal.addEventListener('abort', stop, { once: true });
		this.lost.addEventListener('abort', lose, { once: true });
		try {
			return await Promise.race([over, work()]);
		} catch (error) {
			throw rabbitmqError(error, doing);
		} finally {
			clearTimeout(late);
			signal.removeEventListener('abort', stop);
			this.lost.removeEventListener('abort', lose);
		}
	}

	/** Resolves when the server takes messages. */
	async untilUnblocked(): Promise<void> {
		await this.unblocked;
	}

	async close(): Promise<void> {
		if (!this.lost.aborted) {
			const late = new Promise((resolve) => setTimeout(resolve, GOODBYE_MS).unref());
			const goodbye = this.model.close().catch(() => undefined);
			this.fail(new EventBusError('closed', 'The connection to RabbitMQ was closed'));
			await Promise.race([goodbye, late]);
		}
		this.socket.abort();
	}

	private fail(cause: unknown): void {
		if (this.lost.aborted) return;
		this.ended.abort(rabbitmqError(cause ?? new Error('Connection closed'), 'connected'));
	}
}

/** Closes it, if the server has not done so. What it holds unacknowledged goes back. */
export function leave(channel: Channel): void {
	closed(channel).catch(() => undefined);
}

/** As `leave`; resolves when the server knows it. */
export async function closed(channel: Channel): Promise<void> {
	try {
		await channel.close();
	} catch {
		// It was closed already.
	}
}

function quiet<C extends Channel>(channel: C): C {
	// The call that was refused tells; an error event without a listener would end the process.
	channel.on('error', () => undefined);
	return channel;
}

function nameOf({ host, port }: RabbitmqAddress): string {
	return `${host}:${port}`;
}

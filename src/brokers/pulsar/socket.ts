/**
 * One connection to the WebSocket service: a producer of a topic, a consumer of a subscription, or a reader.
 *
 * A socket that broke stays broken: whoever needs it opens another.
 */
import type { IncomingMessage } from 'node:http';
import WebSocket from 'ws';
import { EventBusError } from '../../kernel/errors';
import { limited, type AdminCall } from './admin';
import { closeError, networkError, statusError } from './errors';
import type { PulsarSettings } from './settings';

/**
 * How often a sign of life is asked for, milliseconds. Half-open links are noticed within twice this time; the service
 * closes what was silent for 5 minutes (webSocketSessionIdleTimeoutMillis).
 */
const PING_MS = 8000;
/** A goodbye that takes longer is not waited for, milliseconds. */
const GOODBYE_MS = 1000;
/** What a server sends that takes frames of another size: a message of the largest size that Pulsar can be set to. */
const MAX_RECEIVED_BYTES = 256 * 1024 * 1024;
/** What stands for a close without a word of the other side (RFC 6455). */
const WITHOUT_GOODBYE = 1006;
/** Of an answer to an upgrade that was refused, characters. */
const MOST_REASON = 4000;

export type SocketSettings = Pick<PulsarSettings, 'socketUrl' | 'token' | 'tls'>;

export class Socket {
	private readonly ended = new AbortController();
	private isAlive = true;
	private readonly heart: NodeJS.Timeout;

	private constructor(
		private readonly socket: WebSocket,
		private readonly doing: string,
		onText: (text: string) => void,
	) {
		socket.on('message', (data: Buffer) => {
			this.isAlive = true;
			onText(data.toString());
		});
		socket.on('pong', () => (this.isAlive = true));
		let failure: unknown = null;
		socket.on('error', (cause) => (failure ??= cause));
		// What the service said of it tells more than how the network took it.
		socket.on('close', (code, reason) => {
			const isSaid = code !== WITHOUT_GOODBYE || failure === null;
			this.end(isSaid ? closeError(code, reason.toString(), doing) : networkError(failure, doing));
		});
		this.heart = setInterval(() => this.beat(), PING_MS);
		this.heart.unref();
	}

	/**
	 * @param path below /ws/v2, without a slash at the front
	 * @throws EventBusError
	 */
	static async open(
		settings: SocketSettings,
		path: string,
		onText: (text: string) => void,
		call: AdminCall,
	): Promise<Socket> {
		const { socketUrl, token, tls } = settings;
		const limit = limited(call);
		const native = new WebSocket(`${socketUrl}/ws/v2/${path}`, {
			...tls,
			headers: token === null ? {} : { authorization: `Bearer ${token}` },
			perMessageDeflate: false,
			maxPayload: MAX_RECEIVED_BYTES,
		});
		// Before anything else, for the first frame may come with the answer to the upgrade.
		const socket = new Socket(native, call.doing, onText);
		const { promise, resolve, reject } = Promise.withResolvers<undefined>();
		const fail = () => reject((limit.signal.reason ?? socket.lost.reason) as EventBusError);
		limit.signal.addEventListener('abort', fail, { once: true });
		socket.lost.addEventListener('abort', fail, { once: true });
		native.once('open', () => resolve(undefined));
		native.once('unexpected-response', (_request, response) => {
			refusal(response, call.doing).then(reject, reject);
		});
		if (limit.signal.aborted) fail();
		try {
			await promise;
			return socket;
		} catch (error) {
			socket.cut();
			throw error;
		} finally {
			limit.clear();
			socket.lost.removeEventListener('abort', fail);
		}
	}

	/** Aborts, with an EventBusError as reason, once the socket is of no further use. */
	get lost(): AbortSignal {
		return this.ended.signal;
	}

	/** @throws EventBusError when it is lost */
	send(text: string): void {
		if (this.lost.aborted) throw this.lost.reason;
		this.socket.send(text);
	}

	/** What was sent arrives first. */
	async close(): Promise<void> {
		if (this.lost.aborted) return;
		const { promise, resolve } = Promise.withResolvers<undefined>();
		this.lost.addEventListener('abort', () => resolve(undefined), { once: true });
		const late = setTimeout(() => this.cut(), GOODBYE_MS);
		this.socket.close(1000);
		await promise;
		clearTimeout(late);
	}

	/** At once; what was sent may be lost. */
	cut(): void {
		this.end(new EventBusError('closed', `The connection to Pulsar was closed while ${this.doing}`));
		this.socket.terminate();
	}

	private beat(): void {
		if (!this.isAlive) {
			this.end(new EventBusError('unreachable', `Pulsar is silent while ${this.doing}`));
			this.socket.terminate();
			return;
		}
		this.isAlive = false;
		if (this.socket.readyState === WebSocket.OPEN) this.socket.ping();
	}

	private end(reason: EventBusError): void {
		clearInterval(this.heart);
		if (!this.lost.aborted) this.ended.abort(reason);
	}
}

async function refusal(response: IncomingMessage, doing: string): Promise<EventBusError> {
	let text = '';
	for await (const chunk of response) {
		text += String(chunk);
		if (text.length > MOST_REASON) break;
	}
	response.destroy();
	return statusError(response.statusCode ?? 0, text === '' ? (response.statusMessage ?? '') : text, doing);
}

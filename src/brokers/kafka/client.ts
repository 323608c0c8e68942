/**
 * The only file that knows the client library. It uses the library's protocol layer: connections, logins, encoding and
 * decoding of requests. Groups, fetching and producing are ours, because the library's own commit for a partition that
 * another member has taken over meanwhile, and count sequences of an idempotent producer so that a message can be lost.
 */
import { createRequire } from 'node:module';
import { isIP, connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { TlsOptions } from '../../broker/tls';
import type { Logger } from '../../kernel/logger';
import type { LoginProvider } from './bearerLogin';
import { compressions, type Codec } from './compression';
import { breaksLink, ClosedAtOnceError, isClosedByServer, LinkClosedError } from './linkErrors';
import type { Answers, Api, Metadata, NodeAddress } from './protocol';

export interface ServerAddress {
	readonly host: string;
	readonly port: number;
}

export type SaslOptions =
	| {
			readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
			readonly username: string;
			readonly password: string;
	  }
	| { readonly mechanism: 'oauthbearer'; readonly authenticationProvider: LoginProvider };

export interface LinkOptions {
	readonly servers: readonly ServerAddress[];
	readonly tls: TlsOptions | null;
	readonly sasl: SaslOptions | null;
	readonly clientId: string;
	readonly logger: Logger;
}

const CONNECT_TIMEOUT_MS = 5000;
/** A healthy server answers in milliseconds; what takes longer than this hangs on a dead line. */
const REQUEST_TIMEOUT_MS = 6000;
const KEEP_ALIVE_MS = 10_000;
/** Before a login expires it is made again, milliseconds. */
const REAUTHENTICATE_BEFORE_MS = 10_000;

/** What the library offers, as far as it is used here. Version 2.2.4; it is not developed any more. */
interface RawRequest {
	readonly request: unknown;
	readonly response: { readonly decode: (bytes: Buffer) => Promise<unknown> };
	readonly requestTimeout?: number;
}
interface RawPool {
	send(request: object): Promise<unknown>;
}
interface RawBroker {
	readonly connectionPool: RawPool;
	connect(): Promise<void>;
	readonly lookupRequest: (apiKey: number, definition: unknown) => (params: object) => RawRequest;
}
interface RawLogger {
	readonly log: { readonly message: string };
	readonly namespace: string;
}
interface RawQueue {
	readonly pending: readonly unknown[];
	throttledUntil: number;
	throttleCheckTimeoutId: NodeJS.Timeout | null;
	checkPendingRequests(): void;
}

const load = createRequire(__filename);
const Broker = load('kafkajs/src/broker') as new (options: object) => RawBroker;
const ConnectionPool = load('kafkajs/src/network/connectionPool') as new (options: object) => RawPool;
const { createLogger, LEVELS } = load('kafkajs/src/loggers') as {
	readonly createLogger: (options: object) => unknown;
	LEVELS: { readonly INFO: number };
};
const { requests } = load('kafkajs/src/protocol/requests') as { requests: Readonly<Record<string, unknown>> };
const apiKeys = load('kafkajs/src/protocol/requests/apiKeys') as Readonly<Record<string, number>>;
const { Codecs } = load('kafkajs/src/protocol/message/compression') as { Codecs: Record<number, () => Codec> };
const protocol = load('kafkajs/src/consumer/assignerProtocol') as {
	readonly MemberMetadata: {
		readonly encode: (value: { version: number; topics: readonly string[]; userData: Buffer }) => Buffer;
		readonly decode: (bytes: Buffer) => { readonly topics: readonly string[]; readonly userData: Buffer };
	};
	readonly MemberAssignment: {
		readonly encode: (value: {
			version: number;
			assignment: Readonly<Record<string, readonly number[]>>;
			userData: Buffer;
		}) => Buffer;
		readonly decode: (bytes: Buffer) => {
			readonly assignment: Readonly<Record<string, readonly number[]>>;
			readonly userData: Buffer;
		} | null;
	};
};

export const { MemberMetadata, MemberAssignment } = protocol;

for (const [number, codec] of compressions) Codecs[number] = () => codec;

const Queue = load('kafkajs/src/network/requestQueue') as { readonly prototype: RawQueue & object };
/**
 * The library's own sets a timer in the past after every answer, of which Node 24 warns on the console. A timer is
 * needed only while requests wait.
 */
Object.assign(Queue.prototype, {
	scheduleCheckPendingRequests(this: RawQueue) {
		if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
		this.throttleCheckTimeoutId = setTimeout(
			() => {
				this.throttleCheckTimeoutId = null;
				this.checkPendingRequests();
			},
			Math.max(10, this.throttledUntil - Date.now()),
		);
	},
});

interface Node {
	readonly broker: RawBroker;
	readonly sockets: Set<Socket>;
	hasAnswered: boolean;
}

/** Sockets to a cluster: one pair a server that is spoken to. A broken one is replaced at the next request. */
export class KafkaLink {
	private readonly nodes = new Map<number, Node>();
	private readonly addresses = new Map<number, ServerAddress>();
	private readonly logger: unknown;
	private bootstrap: Node | null = null;
	private nextServer = 0;
	private isDestroyed = false;

	constructor(private readonly options: LinkOptions) {
		this.nextServer = Math.floor(Math.random() * options.servers.length);
		this.logger = createLogger({
			level: LEVELS.INFO,
			logCreator:
				() =>
				({ namespace, log }: RawLogger) =>
					options.logger.debug(`Kafka ${namespace}: ${log.message}`),
		});
	}

	/** What the cluster says of these topics; [] means all. Topics that do not exist come with an error code. */
	async metadata(topics: readonly string[]): Promise<Metadata> {
		const answer = await this.ask('Metadata', { topics, allowAutoTopicCreation: false });
		for (const { nodeId, host, port } of answer.brokers) this.learn({ nodeId, host, port });
		return answer;
	}

	/** What the cluster says of its servers. */
	async cluster(): Promise<Metadata> {
		// Some topic must be named, or all would come along.
		return await this.metadata(['__consumer_offsets']);
	}

	/** Asks any server. */
	async ask<A extends Api>(api: A, params: object): Promise<Answers[A]> {
		const [known] = this.nodes.values();
		if (known) return await this.send(known, api, params);
		// The last server of the list is tried as well before giving up.
		for (let tries = 1; ; tries += 1) {
			const node = (this.bootstrap ??= this.make(this.nextOfList()));
			try {
				return await this.send(node, api, params);
			} catch (error) {
				if (this.bootstrap === node || tries >= this.options.servers.length || this.isDestroyed) throw error;
			}
		}
	}

	/** Asks this one server. */
	async askNode<A extends Api>(nodeId: number, api: A, params: object): Promise<Answers[A]> {
		if (!this.addresses.has(nodeId)) await this.cluster();
		const address = this.addresses.get(nodeId);
		if (!address) return await this.ask(api, params);
		let node = this.nodes.get(nodeId);
		if (!node) this.nodes.set(nodeId, (node = this.make(address)));
		return await this.send(node, api, params);
	}

	learn({ nodeId, host, port }: NodeAddress): void {
		const known = this.addresses.get(nodeId);
		if (known?.host === host && known.port === port) return;
		const node = this.nodes.get(nodeId);
		if (node) this.drop(node);
		this.addresses.set(nodeId, { host, port });
	}

	get nodeIds(): readonly number[] {
		return [...this.addresses.keys()];
	}

	/** Breaks everything off; what is under way fails. */
	destroy(): void {
		this.isDestroyed = true;
		for (const node of [...this.nodes.values(), this.bootstrap]) if (node) this.drop(node);
	}

	private async send<A extends Api>(node: Node, api: A, params: object): Promise<Answers[A]> {
		if (this.isDestroyed) throw new LinkClosedError();
		try {
			const { broker } = node;
			await broker.connect();
			const { request, response, requestTimeout } = broker.lookupRequest(apiKeys[api] ?? -1, requests[api])(params);
			// The library throws at the first error code; we want to see each.
			const raw = { decode: response.decode, parse: async (decoded: unknown) => decoded };
			const sent = { request, response: raw, requestTimeout: requestTimeout ?? null, logResponseError: false };
			const answer = (await broker.connectionPool.send(sent)) as Answers[A];
			node.hasAnswered = true;
			return answer;
		} catch (error) {
			if (breaksLink(error)) this.drop(node);
			throw !node.hasAnswered && isClosedByServer(error) ? new ClosedAtOnceError(error) : error;
		}
	}

	private make({ host, port }: ServerAddress): Node {
		const sockets = new Set<Socket>();
		const { tls, sasl, clientId } = this.options;
		const socketFactory = (to: { readonly onConnect: () => void }) => {
			const socket = tls
				? connectTls({ host, port, ...(isIP(host) === 0 && { servername: host }), ...tls }, to.onConnect)
				: connectPlain({ host, port }, to.onConnect);
			socket.setKeepAlive(true, KEEP_ALIVE_MS);
			socket.setNoDelay(true);
			sockets.add(socket);
			socket.once('close', () => {
				sockets.delete(socket);
				// Of a pair of which one is closed the library would open the other twice.
				this.drop(node);
			});
			return socket;
		};
		const connectionPool = new ConnectionPool({
			host,
			port,
			rack: null,
			ssl: tls,
			// A copy, for the library keeps things of one connection in it.
			sasl: sasl && { ...sasl },
			clientId,
			socketFactory,
			connectionTimeout: CONNECT_TIMEOUT_MS,
			requestTimeout: REQUEST_TIMEOUT_MS,
			enforceRequestTimeout: true,
			reauthenticationThreshold: REAUTHENTICATE_BEFORE_MS,
			logger: this.logger,
		});
		const broker = new Broker({ connectionPool, logger: this.logger, allowAutoTopicCreation: false });
		const node: Node = { broker, sockets, hasAnswered: false };
		return node;
	}

	private nextOfList(): ServerAddress {
		const { servers } = this.options;
		const server = servers[this.nextServer++ % servers.length];
		if (!server) throw new LinkClosedError();
		return server;
	}

	/** It is replaced at the next request. */
	private drop(node: Node): void {
		for (const [nodeId, known] of this.nodes) if (known === node) this.nodes.delete(nodeId);
		if (this.bootstrap === node) this.bootstrap = null;
		// With an error, or the library would wait for the answers of what is under way.
		for (const socket of node.sockets) socket.destroy(new LinkClosedError());
	}
}

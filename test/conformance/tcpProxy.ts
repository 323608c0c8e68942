/**
 * A TCP proxy in front of a server, to cut the network on purpose: the `NetworkControl` of brokers that have a server.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { NetworkControl } from './brokerUnderTest';

type Mode = 'open' | 'cut' | 'black-hole';

export class TcpProxy implements NetworkControl, AsyncDisposable {
	private mode: Mode = 'open';
	private readonly links = new Set<Link>();

	private constructor(private readonly server: Server) {}

	/** Listens on a free port of this machine and leads to `port` of `host`. */
	static async start(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
		// A proxy that waits for more to send costs 40 ms where small messages go to and fro.
		const server = createServer({ noDelay: true });
		const proxy = new TcpProxy(server);
		server.on('connection', (client) => proxy.accept(client, target));
		server.listen(0, '127.0.0.1');
		await once(server, 'listening');
		return proxy;
	}

	/** Where clients connect. */
	get port(): number {
		return (this.server.address() as AddressInfo).port;
	}

	/** Every link is reset, and new ones are as soon as they are made. */
	async cut(): Promise<void> {
		this.mode = 'cut';
		this.dropAll();
	}

	/** Links stay and new ones are accepted, but no byte gets through in either direction. */
	async blackHole(): Promise<void> {
		this.mode = 'black-hole';
		for (const link of this.links) link.stop();
	}

	/** What was swallowed is gone: links from the black hole are reset, as a router does that knows them no more. */
	async heal(): Promise<void> {
		if (this.mode === 'black-hole') this.dropAll();
		this.mode = 'open';
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.dropAll();
		const closed = once(this.server, 'close');
		this.server.close();
		await closed;
	}

	private accept(client: Socket, target: { readonly host: string; readonly port: number }): void {
		if (this.mode === 'cut') {
			reset(client);
			return;
		}
		const link = new Link(client, connect({ ...target, noDelay: true }), () => this.links.delete(link));
		this.links.add(link);
		if (this.mode === 'black-hole') link.stop();
	}

	private dropAll(): void {
		for (const link of [...this.links]) link.reset();
	}
}

class Link {
	private stopped = false;

	constructor(
		private readonly client: Socket,
		private readonly target: Socket,
		onEnd: () => void,
	) {
		for (const [from, to] of [
			[client, target],
			[target, client],
		] as const) {
			from.on('data', (bytes) => {
				if (!this.stopped) to.write(bytes);
			});
			from.on('end', () => {
				if (!this.stopped) to.end();
			});
			// A broken link is what this is for; both ends see it as a reset.
			from.on('error', () => this.reset());
			from.on('close', () => {
				if (!this.stopped) to.destroySoon();
				if (client.destroyed && target.destroyed) onEnd();
			});
		}
	}

	stop(): void {
		this.stopped = true;
	}

	reset(): void {
		reset(this.client);
		reset(this.target);
	}
}

function reset(socket: Socket): void {
	// A reset after the end of writing is refused (libuv: EINVAL), and Node 24 then never lets go of the handle: the process
	// spins at its exit.
	if (socket.writableEnded) socket.destroy();
	else socket.resetAndDestroy();
}

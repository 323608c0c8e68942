/**
 * An HTTP service as sagas want it: what it was asked under one Idempotency-Key it does once, and answers the same again.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Json } from '../../../src/event/envelope';

export interface Request {
	readonly sagaId: string;
	/** 'charge' or 'undo charge'. */
	readonly place: string;
	readonly command: Json;
}

export interface Reply {
	readonly status: number;
	readonly body: Json;
}

export class HttpService implements AsyncDisposable {
	/** Requests that came again. */
	repeated = 0;
	/** Requests that came again and asked for something else. */
	changed = 0;
	private readonly answered = new Map<string, { readonly asked: string; readonly reply: Reply }>();

	private constructor(
		private readonly server: Server,
		private readonly handle: (request: Request) => Reply,
	) {}

	/** @param handle is asked once for each key */
	static async start(handle: (request: Request) => Reply): Promise<HttpService> {
		const server = createServer();
		const service = new HttpService(server, handle);
		server.on('request', (request, response) => {
			void service.answer(request).then(({ status, body }) => {
				response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
			});
		});
		server.listen(0, '127.0.0.1');
		await once(server, 'listening');
		return service;
	}

	get url(): string {
		return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
	}

	private async answer(request: IncomingMessage): Promise<Reply> {
		const key = String(request.headers['idempotency-key']);
		const asked = await text(request);
		const known = this.answered.get(key);
		if (known) {
			this.repeated += 1;
			if (known.asked !== asked) this.changed += 1;
			return known.reply;
		}
		const reply = this.handle(JSON.parse(asked) as Request);
		this.answered.set(key, { asked, reply });
		return reply;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		const closed = once(this.server, 'close');
		this.server.close();
		this.server.closeAllConnections();
		await closed;
	}
}

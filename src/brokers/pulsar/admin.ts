/**
 * The admin API: JSON over HTTP. Every call is bounded, and its failure is one of ours.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { CallOptions } from '../../broker/types';
import { EventBusError, isEventBusError } from '../../kernel/errors';
import { networkError, statusError } from './errors';
import { parseJson } from './replies';
import type { PulsarSettings } from './settings';

export type AdminCall = CallOptions & {
	/** As it continues "while …". */
	readonly doing: string;
};

export interface AdminRequest {
	readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
	/** Below /admin/v2, without a slash at the front. */
	readonly path: string;
	readonly body?: unknown;
}

interface Answer {
	readonly status: number;
	readonly text: string;
	readonly location: string;
}

/** A broker that has not the topic says which one has; that one answers. */
const MOST_REDIRECTS = 5;
const MAX_SOCKETS = 50;

/** Two who change the same at once: the server refuses one of them, and does not try again by itself. */
const MOST_COLLISIONS = 10;
const COLLISION_WAIT_MS = 100;

export class Admin {
	private readonly http = new HttpAgent({ keepAlive: true, maxSockets: MAX_SOCKETS });
	private readonly https: HttpsAgent;
	private readonly ended = new AbortController();

	/** @param url 'http://localhost:8080' */
	constructor(
		private readonly url: string,
		private readonly settings: Pick<PulsarSettings, 'token' | 'tls'>,
		private readonly onRefused: (error: EventBusError) => void,
	) {
		this.https = new HttpsAgent({ keepAlive: true, maxSockets: MAX_SOCKETS, ...settings.tls });
	}

	/** The answer, read as JSON where it is such. @throws EventBusError */
	async call(request: AdminRequest, call: AdminCall): Promise<unknown> {
		let answer = await this.answerOf(request, call);
		for (let again = 0; again < MOST_COLLISIONS && isCollision(answer); again += 1) {
			await sleep(Math.random() * COLLISION_WAIT_MS);
			answer = await this.answerOf(request, call);
		}
		const { status, text } = answer;
		if (status >= 200 && status < 300) return parseJson(text);
		const error = statusError(status, text, call.doing);
		if (status === 401) this.onRefused(error);
		throw error;
	}

	/** null: there is no such thing. @throws EventBusError */
	async find(request: AdminRequest, call: AdminCall): Promise<unknown> {
		return await unless('not-found', async () => await this.call(request, call));
	}

	close(): void {
		this.ended.abort(new EventBusError('closed', 'The connection to Pulsar was closed'));
		this.http.destroy();
		this.https.destroy();
	}

	private async answerOf({ method, path, body }: AdminRequest, call: AdminCall): Promise<Answer> {
		const limit = limited(call, this.ended.signal);
		const sent = body === undefined ? '' : JSON.stringify(body);
		let url = new URL(`${this.url}/admin/v2/${path}`);
		try {
			for (let redirects = 0; ; redirects += 1) {
				const answer = await this.send(method, url, sent, limit.signal);
				if (answer.status !== 307 && answer.status !== 308) return answer;
				const next = new URL(answer.location, url);
				// The token is for those only who can be trusted as much as the first.
				if (redirects === MOST_REDIRECTS || next.protocol !== url.protocol) {
					throw new EventBusError('unreachable', `Pulsar led on to ${next.host} while ${call.doing}, in vain`);
				}
				url = next;
			}
		} catch (cause) {
			if (limit.signal.aborted) throw limit.signal.reason;
			throw networkError(cause, call.doing);
		} finally {
			limit.clear();
		}
	}

	private async send(method: string, url: URL, body: string, signal: AbortSignal): Promise<Answer> {
		const { token } = this.settings;
		const isTls = url.protocol === 'https:';
		const headers = {
			accept: 'application/json',
			...(body === '' ? { 'content-length': '0' } : { 'content-type': 'application/json' }),
			...(token === null ? {} : { authorization: `Bearer ${token}` }),
		};
		return await new Promise<Answer>((resolve, reject) => {
			const options = { method, headers, signal, agent: isTls ? this.https : this.http };
			const request = (isTls ? httpsRequest : httpRequest)(url, options, (response) => {
				read(response).then(resolve, reject);
			});
			request.once('error', (cause) => {
				// A connection that was kept may end just when it is used again.
				if (request.reusedSocket && !signal.aborted) this.send(method, url, body, signal).then(resolve, reject);
				else reject(cause);
			});
			request.end(body);
		});
	}
}

function isCollision({ status, text }: Answer): boolean {
	return status >= 500 && text.includes('BadVersionException');
}

/** null instead of an error of this kind. */
export async function unless<T>(code: EventBusError['code'], work: () => Promise<T>): Promise<T | null> {
	try {
		return await work();
	} catch (error) {
		if (isEventBusError(error) && error.code === code) return null;
		throw error;
	}
}

/** Aborts with an EventBusError: too late, not wanted any more, or closed. */
export function limited(
	{ signal, timeoutMs, doing }: AdminCall,
	...others: readonly AbortSignal[]
): { readonly signal: AbortSignal; clear(): void } {
	const limit = new AbortController();
	const late = setTimeout(() => {
		limit.abort(new EventBusError('timeout', `Pulsar did not answer within ${timeoutMs} ms while ${doing}`));
	}, timeoutMs);
	const watched = [signal, ...others];
	const stop = () => {
		const reason: unknown = watched.find(({ aborted }) => aborted)?.reason;
		const isOurs = isEventBusError(reason);
		limit.abort(isOurs ? reason : new EventBusError('closed', `Stopped while ${doing}`, { cause: reason }));
	};
	if (watched.some(({ aborted }) => aborted)) stop();
	for (const one of watched) one.addEventListener('abort', stop, { once: true });
	return {
		signal: limit.signal,
		clear: () => {
			clearTimeout(late);
			for (const one of watched) one.removeEventListener('abort', stop);
		},
	};
}

async function read(response: IncomingMessage): Promise<Answer> {
	const chunks: Buffer[] = [];
	for await (const chunk of response) chunks.push(Buffer.from(chunk as Uint8Array));
	return {
		status: response.statusCode ?? 0,
		text: Buffer.concat(chunks).toString(),
		location: response.headers.location ?? '',
	};
}

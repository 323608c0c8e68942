/**
 * The clients of Pub/Sub behind one door: every call is bounded, its failure is one of ours, and a refused login or a
 * silent server ends the connection.
 */
import { v1 } from '@google-cloud/pubsub';
import type { CallOptions } from '../../broker/types';
import { EventBusError, isEventBusError } from '../../kernel/errors';
import { endsLogin, googleError, isLate } from './errors';
import { loginOf } from './login';
import { pathOf } from './names';
import type { PubSubSettings } from './settings';

export type GoogleCall = CallOptions & {
	/** As it continues "while …". */
	readonly doing: string;
	/** The server may wait until the call is over: that it says nothing means nothing. */
	readonly mayBeSilent?: true;
};

/** What the clients of Google take for one call. Trying again is decided elsewhere. */
export interface GaxOptions {
	readonly timeout: number;
	readonly retry: null;
}

/** The client keeps the bound itself; this is for what it does before, such as fetching a token, milliseconds. */
const GRACE_MS = 500;
/** A server that takes longer than this for a short call is gone, milliseconds. */
const SILENCE_MS = 3000;
const RECONNECT_MS = { first: 200, longest: 2000 };

export class PubSubLink {
	private readonly ended = new AbortController();
	private readonly lingering = new Set<Promise<unknown>>();
	/** When the server last answered anything. */
	private heardAt = 0;

	private constructor(
		readonly settings: PubSubSettings,
		readonly project: string,
		private readonly publisherClient: v1.PublisherClient,
		private readonly subscriberClient: v1.SubscriberClient,
	) {}

	/** @throws EventBusError `auth` */
	static async open(settings: PubSubSettings, clientName: string): Promise<PubSubLink> {
		const options = clientOptions(settings, clientName);
		const publisher = new v1.PublisherClient(options);
		const subscriber = new v1.SubscriberClient(options);
		try {
			const project = settings.project === '' ? await publisher.getProjectId() : settings.project;
			return new PubSubLink(settings, project, publisher, subscriber);
		} catch (cause) {
			throw googleError(cause, 'looking for a login');
		}
	}

	/** Aborts when the login is refused, the server is silent, or at the end. */
	get lost(): AbortSignal {
		return this.ended.signal;
	}

	topicPath(id: string): string {
		return pathOf(this.project, 'topics', id);
	}

	subscriptionPath(id: string): string {
		return pathOf(this.project, 'subscriptions', id);
	}

	/** @throws EventBusError */
	async publisher<T>(call: GoogleCall, work: (client: v1.PublisherClient, gax: GaxOptions) => Promise<T>): Promise<T> {
		return await this.call(call, async (gax) => await work(this.publisherClient, gax));
	}

	/** @throws EventBusError */
	async subscriber<T>(
		call: GoogleCall,
		work: (client: v1.SubscriberClient, gax: GaxOptions) => Promise<T>,
	): Promise<T> {
		return await this.call(call, async (gax) => await work(this.subscriberClient, gax));
	}

	/** Whether anything was heard of the server since then, milliseconds of `Date.now`. */
	hasHeardSince(time: number): boolean {
		return this.heardAt >= time;
	}

	/** The client is kept until this is over: a request on which the server may still give something away. */
	keepOpenFor(work: Promise<unknown>): void {
		const kept = work.catch(() => undefined).finally(() => this.lingering.delete(kept));
		this.lingering.add(kept);
	}

	/** Nothing new is begun. What lingers ends by itself. */
	close(): void {
		this.end(new EventBusError('closed', 'The connection is closed'));
		void Promise.all(this.lingering).then(async () => {
			await Promise.allSettled([this.publisherClient.close(), this.subscriberClient.close()]);
		});
	}

	/** The connection is of no further use. */
	end(reason: EventBusError): void {
		if (!this.ended.signal.aborted) this.ended.abort(reason);
	}

	private async call<T>(call: GoogleCall, work: (gax: GaxOptions) => Promise<T>): Promise<T> {
		const { signal, timeoutMs, doing } = call;
		signal.throwIfAborted();
		const startedAt = Date.now();
		const limit = new AbortController();
		const late = () => {
			limit.abort(new EventBusError('timeout', `Google did not answer within ${timeoutMs} ms while ${doing}`));
		};
		const timer = setTimeout(late, timeoutMs + GRACE_MS);
		const stop = () => limit.abort(signal.reason);
		signal.addEventListener('abort', stop, { once: true });
		const cut = new Promise<never>((_resolve, reject) => {
			limit.signal.addEventListener('abort', () => reject(limit.signal.reason as Error), { once: true });
		});
		cut.catch(() => undefined);
		try {
			const working = work({ timeout: timeoutMs, retry: null });
			working.catch(() => undefined);
			const result = await Promise.race([working, cut]);
			this.heardAt = Date.now();
			return result;
		} catch (cause) {
			if (limit.signal.aborted && isEventBusError(limit.signal.reason)) throw limit.signal.reason;
			throw this.judge(cause, call, startedAt);
		} finally {
			clearTimeout(timer);
			signal.removeEventListener('abort', stop);
		}
	}

	private judge(cause: unknown, { timeoutMs, doing, mayBeSilent }: GoogleCall, startedAt: number): EventBusError {
		if (!isLate(cause)) {
			const error = googleError(cause, doing);
			if (endsLogin(cause)) this.end(error);
			else if (error.code !== 'unreachable') this.heardAt = Date.now();
			return error;
		}
		const error = new EventBusError('timeout', `Google did not answer within ${timeoutMs} ms while ${doing}`, {
			cause,
		});
		if (!mayBeSilent && timeoutMs >= SILENCE_MS && !this.hasHeardSince(startedAt)) this.end(error);
		return error;
	}
}

function clientOptions(
	settings: PubSubSettings,
	clientName: string,
): ConstructorParameters<typeof v1.PublisherClient>[0] {
	const { emulator, endpoint, project, tls } = settings;
	const at = emulator ?? endpoint;
	return {
		...loginOf(settings),
		...(project === '' ? {} : { projectId: project }),
		...(at === null ? {} : { servicePath: at.host, port: at.port }),
		...(tls.servername === undefined ? {} : { 'grpc.ssl_target_name_override': tls.servername }),
		libName: clientName.replaceAll(/[^\w.-]+/g, '-'),
		libVersion: '1',
		// A link of our own: Google takes a hundred calls at once on one.
		'grpc.use_local_subchannel_pool': 1,
		'grpc.initial_reconnect_backoff_ms': RECONNECT_MS.first,
		'grpc.max_reconnect_backoff_ms': RECONNECT_MS.longest,
	};
}

/**
 * The clients of SQS and SNS behind one door: every call is bounded, its failure is one of ours, and a refused login
 * ends the connection.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { SNS } from '@aws-sdk/client-sns';
import { SQS } from '@aws-sdk/client-sqs';
import { fromNodeProviderChain, fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import type { CallOptions } from '../../broker/types';
import { EventBusError, isEventBusError } from '../../kernel/errors';
import { awsError, endsLogin } from './errors';
import type { SqsSettings } from './settings';

export type AwsCall = CallOptions & {
	/** As it continues "while …". */
	readonly doing: string;
};

interface Http {
	readonly abortSignal: AbortSignal;
}

/** Every subscription keeps a request open; more than this many at once wait for each other. */
const MAX_SOCKETS = 1000;
const CONNECT_MS = 5000;
/** Beyond the wait of a long poll, a server that says nothing for so long is gone, milliseconds. */
const SILENCE_MS = 5000;
/** The client tries again by itself, within the bound of the call. */
const ATTEMPTS = 3;

export class AwsLink {
	private readonly sqsClient: SQS;
	private readonly snsClient: SNS;
	private readonly ended = new AbortController();
	private readonly lingering = new Set<Promise<unknown>>();

	constructor(
		readonly settings: SqsSettings,
		clientName: string,
	) {
		const { region, endpoint, waitSeconds } = settings;
		const agent = { keepAlive: true, maxSockets: MAX_SOCKETS };
		const common = {
			region,
			...(endpoint === null ? {} : { endpoint }),
			...credentials(settings),
			maxAttempts: ATTEMPTS,
			customUserAgent: clientName.replaceAll(/[^\w.-]+/g, '-'),
			requestHandler: {
				connectionTimeout: CONNECT_MS,
				requestTimeout: waitSeconds * 1000 + SILENCE_MS,
				throwOnRequestTimeout: true,
				httpAgent: new HttpAgent(agent),
				httpsAgent: new HttpsAgent(agent),
			},
		};
		this.sqsClient = new SQS({ ...common, useQueueUrlAsEndpoint: false });
		this.snsClient = new SNS(common);
	}

	/** Aborts when the login is refused, or at the end. */
	get lost(): AbortSignal {
		return this.ended.signal;
	}

	/** @throws EventBusError */
	async sqs<T>(call: AwsCall, work: (client: SQS, http: Http) => Promise<T>): Promise<T> {
		return await this.call(call, async (http) => await work(this.sqsClient, http));
	}

	/** @throws EventBusError */
	async sns<T>(call: AwsCall, work: (client: SNS, http: Http) => Promise<T>): Promise<T> {
		return await this.call(call, async (http) => await work(this.snsClient, http));
	}

	/** The client is kept until this is over: a request on which the server may still give something away. */
	keepOpenFor(work: Promise<unknown>): void {
		const kept = work.catch(() => undefined).finally(() => this.lingering.delete(kept));
		this.lingering.add(kept);
	}

	/** Nothing new is begun. What lingers ends by itself. */
	close(): void {
		this.end(new EventBusError('closed', 'The connection is closed'));
		void Promise.all(this.lingering).then(() => {
			this.sqsClient.destroy();
			this.snsClient.destroy();
		});
	}

	private async call<T>({ signal, timeoutMs, doing }: AwsCall, work: (http: Http) => Promise<T>): Promise<T> {
		signal.throwIfAborted();
		const limit = new AbortController();
		const late = () => {
			limit.abort(new EventBusError('timeout', `AWS did not answer within ${timeoutMs} ms while ${doing}`));
		};
		const timer = setTimeout(late, timeoutMs);
		const stop = () => limit.abort(signal.reason);
		signal.addEventListener('abort', stop, { once: true });
		const cut = new Promise<never>((_resolve, reject) => {
			limit.signal.addEventListener('abort', () => reject(limit.signal.reason as Error), { once: true });
		});
		cut.catch(() => undefined);
		try {
			const working = work({ abortSignal: limit.signal });
			working.catch(() => undefined);
			return await Promise.race([working, cut]);
		} catch (cause) {
			const error =
				limit.signal.aborted && isEventBusError(limit.signal.reason) ? limit.signal.reason : awsError(cause, doing);
			if (endsLogin(cause)) this.end(error);
			throw error;
		} finally {
			clearTimeout(timer);
			signal.removeEventListener('abort', stop);
		}
	}

	private end(reason: EventBusError): void {
		if (!this.ended.signal.aborted) this.ended.abort(reason);
	}
}

/** Nothing: the client looks where AWS keeps logins. */
function credentials({ keys, role, region, endpoint }: SqsSettings) {
	const own =
		keys === null
			? undefined
			: {
					accessKeyId: keys.accessKeyId,
					secretAccessKey: keys.secretAccessKey,
					...(keys.sessionToken === '' ? {} : { sessionToken: keys.sessionToken }),
				};
	const clientConfig = { region, ...(endpoint === null ? {} : { endpoint }) };
	if (role === null) return { credentials: own ?? fromNodeProviderChain({ clientConfig: { region } }) };
	return {
		credentials: fromTemporaryCredentials({
			masterCredentials: own ?? fromNodeProviderChain({ clientConfig: { region } }),
			params: {
				RoleArn: role.arn,
				RoleSessionName: 'n8n-event-bus',
				...(role.externalId === '' ? {} : { ExternalId: role.externalId }),
			},
			clientConfig,
		}),
	};
}

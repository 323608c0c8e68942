/**
 * The connections to a server: opened when they are needed, kept for a while, and never given back in doubt.
 */
import { Socket } from 'node:net';
import { Client, type ClientConfig, Pool, type PoolClient } from 'pg';
import type { CallOptions } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';
import type { SqlValue, Statement } from '../sql/steps';
import { clientConfig, quoted } from './clientConfig';
import { postgresError, tooLate } from './errors';
import { numbered } from './placeholders';
import type { PostgresSettings } from './settings';

/** An unused connection is given up after this, milliseconds. */
const IDLE_MS = 30_000;
/** A read whose caller has given up ends on the server after this, milliseconds. */
const LONGEST_STATEMENT_MS = 5 * 60 * 1000;

export class Link implements AsyncDisposable {
	private readonly pool: Pool;
	private isClosed = false;

	constructor(settings: PostgresSettings, clientName: string) {
		const prologue = `SET search_path TO ${quoted(settings.schema)}; SET statement_timeout = ${LONGEST_STATEMENT_MS}`;
		const config = clientConfig(settings, clientName);
		this.pool = new Pool({
			...config,
			Client: pipelining(config),
			max: settings.poolSize,
			idleTimeoutMillis: IDLE_MS,
			allowExitOnIdle: true,
			verify: (client, done) => {
				// What happens to a connection in use is told to who uses it.
				client.on('error', () => undefined);
				client.query(prologue).then(() => done(), done);
			},
		});
		this.pool.on('error', () => undefined);
	}

	/**
	 * Lends a connection to some work. It goes back only when the work ended in time and left no transaction open;
	 * otherwise it is cut, and the server undoes what was not committed.
	 *
	 * @param doing what is being done, as it continues "while …"
	 * @throws EventBusError `unreachable` | `timeout` | `closed` | …, or the reason of the signal
	 */
	async use<T>(doing: string, options: CallOptions, work: (session: Session) => Promise<T>): Promise<T> {
		options.signal.throwIfAborted();
		if (this.isClosed) throw new EventBusError('closed', 'The event store is closed');
		const until = Date.now() + options.timeoutMs;
		let isOver = false;
		let cut: () => void = () => undefined;
		const run = async (): Promise<T> => {
			const client = await this.pool.connect();
			if (isOver) {
				client.release();
				throw tooLate(doing);
			}
			const session = new Session(client, until);
			cut = () => session.cut();
			try {
				return await work(session);
			} finally {
				session.giveBack();
			}
		};
		try {
			return await inTime(run(), options, doing);
		} catch (error) {
			throw options.signal.aborted && error === options.signal.reason ? error : postgresError(error, doing);
		} finally {
			isOver = true;
			cut();
		}
	}

	async [Symbol.asyncDispose](): Promise<void> {
		if (this.isClosed) return;
		this.isClosed = true;
		await this.pool.end();
	}
}

/** Sockets of the clients: the goodbye of a client waits for the server, and a cut must not. */
const sockets = new WeakMap<object, Socket>();

/** Clients that send a statement without waiting for the answers to those before it. */
function pipelining(config: ClientConfig): typeof Client {
	return class extends Client {
		constructor() {
			const socket = new Socket();
			super({ ...config, pipeline: true, stream: () => socket });
			sockets.set(this, socket);
		}
	};
}

/**
 * One connection, while it is lent.
 *
 * A blind statement is sent and not waited for. When it fails, the next one that is waited for fails with its error, and
 * inside a transaction the server refuses what follows, a COMMIT too.
 */
export class Session {
	private isBack = false;
	private blind: Promise<unknown>[] = [];

	/** @param until when its user stops waiting, milliseconds since the epoch */
	constructor(
		private readonly client: PoolClient,
		private readonly until: number,
	) {}

	/** Milliseconds; at least 1. */
	get timeLeftMs(): number {
		return Math.max(1, this.until - Date.now());
	}

	/** @typeParam Row the columns the statement returns; not checked at run time */
	async query<Row extends object>({ sql, values, isBlind }: Statement): Promise<readonly Row[]> {
		const answer = this.client.query<Row>(numbered(sql), values.map(storable));
		if (isBlind) return this.send(answer);
		return (await this.afterBlind(answer)).rows;
	}

	/** Any number of statements without values. */
	async execute(script: string): Promise<void> {
		await this.afterBlind(this.client.query(script));
	}

	/** As `execute`, blindly. */
	executeBlindly(script: string): void {
		this.send(this.client.query(script));
	}

	/** Undoes a transaction, whatever became of its blind statements. */
	async rollBack(): Promise<void> {
		this.blind = [];
		await this.client.query('ROLLBACK');
	}

	private send(answer: Promise<unknown>): readonly [] {
		answer.catch(() => undefined);
		this.blind.push(answer);
		return [];
	}

	/** The answers come in the order of the statements, so the first error is the cause of the others. */
	private async afterBlind<T>(answer: Promise<T>): Promise<T> {
		const earlier = this.blind;
		this.blind = [];
		const [last] = await Promise.all([answer, ...earlier]);
		return last;
	}

	/** Once. */
	giveBack(): void {
		if (this.isBack) return;
		this.isBack = true;
		// Whatever is unanswered or undecided ends with the connection.
		if (this.blind.length > 0 || this.client.getTransactionStatus() !== 'I') this.cutOff();
		else this.client.release();
	}

	/** Ends the connection unless it is back. */
	cut(): void {
		if (this.isBack) return;
		this.isBack = true;
		this.cutOff();
	}

	private cutOff(): void {
		sockets.get(this.client)?.destroy();
		this.client.release(true);
	}
}

/** PostgreSQL has no zero character. */
function storable(value: SqlValue): SqlValue {
	return typeof value === 'string' ? value.replaceAll('\u0000', '\ufffd') : value;
}

/** Rejects when the caller does not wait any longer; the work may go on. */
export async function inTime<T>(work: Promise<T>, { signal, timeoutMs }: CallOptions, doing: string): Promise<T> {
	let stop: () => void = () => undefined;
	const over = new Promise<never>((_resolve, reject) => {
		const timer = setTimeout(() => reject(tooLate(doing)), timeoutMs);
		const onAbort = () => reject(signal.reason as Error);
		signal.addEventListener('abort', onAbort, { once: true });
		stop = () => {
			clearTimeout(timer);
			signal.removeEventListener('abort', onAbort);
		};
	});
	try {
		return await Promise.race([work, over]);
	} finally {
		stop();
	}
}

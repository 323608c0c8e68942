/**
 * One connection per settings, shared by all runs and nodes of the process, closed after it was idle for a while.
 */
import { createHash } from 'node:crypto';
import { EventBusError, toEventBusError } from '../kernel/errors';
import type { BrokerConnection, ConnectionHost, Manifest, Native } from './types';

/** A workflow that publishes every few seconds keeps its connection; an unused one does not burden the broker. */
const IDLE_MS = 60_000;
const OPEN_TIMEOUT_MS = 20_000;

/** What can be shared: a connection to a broker, or to a store. */
export interface Shareable extends AsyncDisposable {
	/** Aborts once it is of no further use. */
	readonly lost: AbortSignal;
}

/** A borrowed connection. Disposing gives it back, and does not close it for the others. */
export interface Loan<C extends Shareable = BrokerConnection> extends AsyncDisposable {
	readonly connection: C;
}

/** The connection of a loan, whose disposal gives it back: for whoever owns it for long, as a consumer does. */
export function lentConnection(loan: Loan): BrokerConnection {
	const { connection } = loan;
	return {
		lost: connection.lost,
		inbox: connection.inbox,
		deadLetters: connection.deadLetters,
		topology: connection.topology,
		publish: async (...call) => await connection.publish(...call),
		subscribe: async (...call) => await connection.subscribe(...call),
		health: async (...call) => await connection.health(...call),
		[Symbol.asyncDispose]: async () => {
			await loan[Symbol.asyncDispose]();
		},
	};
}

interface Entry<C> {
	readonly opening: Promise<C>;
	borrowers: number;
	idle: NodeJS.Timeout | null;
}

export class ConnectionPool<C extends Shareable = BrokerConnection> {
	private readonly entries = new Map<string, Entry<C>>();
	private readonly answered = new Set<string>();
	private closed = false;

	constructor(private readonly host: Omit<ConnectionHost, 'signal'>) {}

	/** @throws EventBusError as the manifest's `open` */
	async borrow(manifest: Manifest<C>, settings: Native): Promise<Loan<C>> {
		if (this.closed) throw new EventBusError('closed', 'The connection pool is closed');
		const key = keyOf(manifest, settings);
		const entry = this.entries.get(key) ?? this.open(key, manifest, settings);
		entry.borrowers += 1;
		if (entry.idle) clearTimeout(entry.idle);
		entry.idle = null;
		let returned = false;
		const giveBack = () => {
			if (returned) return;
			returned = true;
			entry.borrowers -= 1;
			if (entry.borrowers === 0 && this.entries.get(key) === entry) this.closeWhenIdle(key, entry);
		};
		try {
			const connection = await entry.opening;
			return {
				connection,
				[Symbol.asyncDispose]: async () => giveBack(),
			};
		} catch (error) {
			giveBack();
			throw error;
		}
	}

	/** Whether a connection with these settings was open before. */
	hasAnswered(manifest: Manifest<C>, settings: Native): boolean {
		return this.answered.has(keyOf(manifest, settings));
	}

	/** Closes every connection; later borrows fail. */
	async close(): Promise<void> {
		this.closed = true;
		const entries = [...this.entries.values()];
		this.entries.clear();
		await Promise.all(entries.map(async (entry) => await dispose(entry)));
	}

	private open(key: string, manifest: Manifest<C>, settings: Native): Entry<C> {
		const signal = AbortSignal.timeout(OPEN_TIMEOUT_MS);
		const opening = manifest.open(settings, { ...this.host, signal }).then(
			(connection) => {
				this.answered.add(key);
				// A lost connection is replaced at the next borrow; those who hold it learn it from `lost` themselves.
				connection.lost.addEventListener('abort', () => this.evict(key, entry), { once: true });
				return connection;
			},
			(error: unknown) => {
				this.evict(key, entry);
				throw toEventBusError(error, `connecting to ${manifest.describe(settings)}`, 'unreachable');
			},
		);
		const entry: Entry<C> = { opening, borrowers: 0, idle: null };
		this.entries.set(key, entry);
		return entry;
	}

	private closeWhenIdle(key: string, entry: Entry<C>): void {
		entry.idle = setTimeout(() => this.evict(key, entry), IDLE_MS);
		entry.idle.unref();
	}

	private evict(key: string, entry: Entry<C>): void {
		if (this.entries.get(key) !== entry) return;
		this.entries.delete(key);
		if (entry.idle) clearTimeout(entry.idle);
		void dispose(entry).catch((error: unknown) => {
			this.host.logger.debug('Closing an unused connection went wrong', { error: String(error) });
		});
	}
}

async function dispose(entry: Entry<AsyncDisposable>): Promise<void> {
	if (entry.idle) clearTimeout(entry.idle);
	const connection = await entry.opening.catch(() => null);
	await connection?.[Symbol.asyncDispose]();
}

/** Settings contain secrets, so the key is a digest. */
function keyOf(manifest: Manifest<unknown>, settings: Native): string {
	const sorted = Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1));
	return createHash('sha256')
		.update(JSON.stringify([manifest.kind, sorted]))
		.digest('base64');
}

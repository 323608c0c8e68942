/**
 * The connections of this process: one a broker and settings, shared by every run, node and trigger.
 */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { LoggerProxy } from 'n8n-workflow';
import { ConnectionPool, lentConnection, type Loan } from '../../src/broker/connectionPool';
import type { BrokerConnection } from '../../src/broker/types';
import { within } from '../../src/broker/within';
import type { Inbox } from '../../src/consumer/inbox';
import type { StoreEngine } from '../../src/store/engine';
import type { ChosenStore } from '../../src/store/stores';
import { systemClock } from '../../src/kernel/clock';
import type { Logger } from '../../src/kernel/logger';
import type { Lender } from '../../src/publisher/persistently';

import { openSqliteInbox } from '../../src/store/sqlite/inbox';
import type { ChosenBroker } from '../../src/broker/registry';
import { defaultStore, eventBusFolder } from './defaultConnection';

/** n8n installs its logger after it loaded the nodes, so it is looked up at each call. */
export const n8nLogger: Logger = {
	debug: (message, meta) => LoggerProxy.debug(message, meta),
	info: (message, meta) => LoggerProxy.info(message, meta),
	warn: (message, meta) => LoggerProxy.warn(message, meta),
	error: (message, meta) => LoggerProxy.error(message, meta),
};

const pool = new ConnectionPool({
	logger: n8nLogger,
	clock: systemClock,
	clientName: `n8n-event-bus@${hostname()}`,
});

/** @throws EventBusError as the broker's `open` */
export async function borrow({ manifest, settings }: ChosenBroker): Promise<Loan> {
	return await pool.borrow(manifest, settings);
}

/** The pool as a publisher uses it. */
export function lenderOf(broker: ChosenBroker): Lender {
	return {
		borrow: async () => await borrow(broker),
		hasAnswered: () => pool.hasAnswered(broker.manifest, broker.settings),
	};
}

/** A connection whose disposal gives it back to the pool, for whoever owns it for long: a consumer. */
export async function borrowConnection(broker: ChosenBroker): Promise<BrokerConnection> {
	return lentConnection(await borrow(broker));
}

const stores = new ConnectionPool<StoreEngine>({
	logger: n8nLogger,
	clock: systemClock,
	clientName: `n8n-event-store@${hostname()}`,
});

/** @throws EventBusError as the store's `open` */
export async function borrowStore({ manifest, settings }: ChosenStore): Promise<Loan<StoreEngine>> {
	return await stores.borrow(manifest, settings);
}

const OPEN_TIMEOUT_MS = 20_000;

let inbox: Promise<Inbox> | null = null;

/**
 * The inbox for brokers that cannot keep one: in the event store of `EVENT_STORE_URL`, which several hosts may share, else
 * in a file of this host. Opened at the first use; a failure is tried again.
 */
export async function hostInbox(): Promise<Inbox> {
	inbox ??= openInbox().catch((error: unknown) => {
		inbox = null;
		throw error;
	});
	return await inbox;
}

async function openInbox(): Promise<Inbox> {
	if (process.env.EVENT_STORE_URL?.trim()) {
		const { connection } = await borrowStore(defaultStore(process.env));
		connection.lost.addEventListener('abort', () => (inbox = null), { once: true });
		return connection.inbox;
	}
	const path = join(eventBusFolder(process.env), 'inbox.db');
	const call = within(OPEN_TIMEOUT_MS);
	return await openSqliteInbox(path, { logger: n8nLogger, clock: systemClock }, call);
}

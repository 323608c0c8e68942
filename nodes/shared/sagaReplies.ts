/**
 * The events that answer the commands of sagas: read by one group for each event store and channel, whoever runs the
 * sagas, and recorded in the store.
 *
 * It reads every event of its channel. A group with a filter would be another one with each edit of a saga, and would leave
 * old groups behind.
 */
import { randomUUID } from 'node:crypto';
import type { ChosenBroker } from '../../src/broker/registry';
import { within } from '../../src/broker/within';
import { startConsumer } from '../../src/consumer/consumer';
import { defaultConsumerSettings as defaults } from '../../src/consumer/settings';
import type { Consumer, ConsumerSettings, Handler } from '../../src/consumer/types';
import { LocalNews } from '../../src/saga/localNews';
import { takeReply } from '../../src/saga/replies';
import type { ChosenStore } from '../../src/store/stores';
import { consumerHost } from './consumerHost';
import { borrowStore, n8nLogger } from './pool';
import { sagaJournal } from './sagaJournal';

/** Tells the runs of this process what was recorded here. */
export const sagaNews = new LocalNews();

const CALL_TIMEOUT_MS = 30_000;
const DRAIN_MS = 5000;
/** The next saga comes soon, and its answers must not wait for a new subscription. */
const LINGER_MS = 5_000;
const AT_ONCE = 50;

interface Listener {
	readonly consumer: Promise<Consumer>;
	users: number;
	idle: NodeJS.Timeout | null;
}

const listeners = new Map<string, Listener>();

/**
 * Resolves when the group exists, so that no answer from now on is missed. Returns how to stop.
 * @throws EventBusError when the broker or the store cannot be reached
 */
export async function listenForReplies(store: ChosenStore, broker: ChosenBroker, channel: string): Promise<() => void> {
	const key = JSON.stringify([
		store.manifest.describe(store.settings),
		broker.manifest.describe(broker.settings),
		channel,
	]);
	const listener = listeners.get(key) ?? begin(key, store, broker, channel);
	listener.users += 1;
	if (listener.idle !== null) clearTimeout(listener.idle);
	listener.idle = null;
	let isStopped = false;
	const stop = () => {
		if (isStopped) return;
		isStopped = true;
		listener.users -= 1;
		if (listener.users === 0) lingerOn(key, listener);
	};
	listener.consumer.catch(stop);
	await listener.consumer;
	return stop;
}

function begin(key: string, store: ChosenStore, broker: ChosenBroker, channel: string): Listener {
	const consumer = start(store, broker, channel, () => listeners.delete(key));
	const listener: Listener = { consumer, users: 0, idle: null };
	listeners.set(key, listener);
	consumer.catch(() => listeners.delete(key));
	return listener;
}

function lingerOn(key: string, listener: Listener): void {
	listener.idle = setTimeout(() => {
		if (listeners.get(key) === listener) listeners.delete(key);
		void listener.consumer.then(async (consumer) => await consumer.close(DRAIN_MS)).catch(() => undefined);
	}, LINGER_MS);
	listener.idle.unref();
}

async function start(
	store: ChosenStore,
	broker: ChosenBroker,
	channel: string,
	onFatal: () => void,
): Promise<Consumer> {
	const host = consumerHost(broker, n8nLogger, (error) => {
		n8nLogger.error(`Answers to sagas are not read from ${channel} any more: ${error.message}`);
		onFatal();
	});
	return await startConsumer(settingsFor(channel, await groupOf(store)), handlerFor(store, broker), host);
}

function settingsFor(channel: string, group: string): ConsumerSettings {
	return {
		...defaults,
		from: { kind: 'channel', channel },
		types: ['#'],
		group,
		maxInFlight: AT_ONCE,
		// An answer that comes twice changes nothing, and events that answer nothing are most of them.
		deduplicateMs: 0,
		hopLimit: 1000,
		badPayload: 'discard',
	};
}

/** Two stores on one broker must not take each other's answers. */
async function groupOf(store: ChosenStore): Promise<string> {
	await using loan = await borrowStore(store);
	const call = within(CALL_TIMEOUT_MS);
	const proposal = randomUUID().slice(0, 8);
	return `sagas-${await loan.connection.write('identifyStore', { proposal }, call)}`;
}

function handlerFor(store: ChosenStore, broker: ChosenBroker): Handler {
	return async (received, { signal }) => {
		await using loan = await borrowStore(store);
		const journal = sagaJournal(store, broker, loan.connection);
		const host = { journal, news: sagaNews, now: () => Date.now() };
		for (const { event } of received) {
			const call = { signal, timeoutMs: CALL_TIMEOUT_MS };
			const outcome = await takeReply(event, host, call);
			if (outcome === 'applied') n8nLogger.debug(`Event ${event.event_id} (${event.event_type}) answers a saga`);
		}
		return received.map(() => ({ as: 'done' }) as const);
	};
}

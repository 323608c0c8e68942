/**
 * The event store as a broker, for the suite: what the Event Store Trigger reads with. A channel is a category of streams,
 * and what is published to it is appended to the stream of its key.
 */
import type {
	Address,
	BrokerConnection,
	BrokerManifest,
	CallOptions,
	Outcome,
	Source,
	Stored,
	WireMessage,
} from '../../../src/broker/types';
import { decodeMessage } from '../../../src/event/codec';
import { EventBusError, toEventBusError } from '../../../src/kernel/errors';
import type { StoreEngine } from '../../../src/store/engine';
import { LOG_CAPABILITIES } from '../../../src/store/log/capabilities';
import { LogConnection } from '../../../src/store/log/connection';
import type { StoreManifest } from '../../../src/store/manifest';
import { postgresStore } from '../../../src/store/postgres/manifest';
import { sqliteStore } from '../../../src/store/sqlite/manifest';

export const sqliteLog = logOf(sqliteStore);
export const postgresLog = logOf(postgresStore);

function logOf(store: StoreManifest): BrokerManifest {
	return {
		...store,
		kind: `event-store-${store.kind}`,
		label: `Event Store (${store.label})`,
		capabilities: LOG_CAPABILITIES,
		async open(settings, host) {
			const engine = await store.open(settings, host);
			const connection = new LogConnection(
				{ engine, clock: host.clock, logger: host.logger, capabilities: LOG_CAPABILITIES, lanes: 'stream' },
				{
					filterOf: (source) => ({ category: categoryOf(source) }),
					nameOf: (source, group) => `${categoryOf(source)}/${group}`,
					close: async () => await engine[Symbol.asyncDispose](),
				},
			);
			return appendingTo(engine, connection);
		},
	};
}

/** The category of a stream ends at its first dash. */
function categoryOf(source: Source): string {
	return (source.kind === 'channel' ? source.channel : source.name).replaceAll('-', '_');
}

function appendingTo(engine: StoreEngine, connection: BrokerConnection): BrokerConnection {
	const appendAll = async (to: Source, messages: readonly WireMessage[], call: CallOptions) =>
		await Promise.all(messages.map(async (message) => await append(engine, to, message, call)));
	return {
		lost: connection.lost,
		inbox: connection.inbox,
		deadLetters: connection.deadLetters,
		topology: connection.topology,
		publish: async (to, messages, options) =>
			isSource(to) ? await appendAll(to, messages, options) : await connection.publish(to, messages, options),
		subscribe: async (options) => await connection.subscribe(options),
		health: async (options) => await connection.health(options),
		[Symbol.asyncDispose]: async () => await connection[Symbol.asyncDispose](),
	};
}

function isSource(address: Address): address is Source {
	return address.kind === 'channel' || address.kind === 'existing';
}

async function append(
	engine: StoreEngine,
	to: Source,
	message: WireMessage,
	{ signal, timeoutMs }: CallOptions,
): Promise<Outcome<Stored>> {
	const category = categoryOf(to);
	const decoded = decodeMessage(message, {
		broker: 'event-store',
		channel: category,
		cursor: message.id,
		receivedAt: Date.now(),
	});
	if (!decoded.ok) return { ok: false, error: new EventBusError('undecodable', decoded.error) };
	const stream = `${category}-${message.orderingKey ?? message.id}`;
	const args = { stream, events: [decoded.event], expect: 'any', publish: null } as const;
	try {
		const { places } = await engine.write('append', args, { signal, timeoutMs });
		return { ok: true, cursor: String(places[0]?.position ?? 0), matched: 'unknown' };
	} catch (error) {
		return { ok: false, error: toEventBusError(error, 'appending an event', 'unreachable') };
	}
}

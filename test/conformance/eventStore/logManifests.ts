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
import type { Change } from '../../../src/store/sql/commands';
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
	return {
		lost: connection.lost,
		inbox: connection.inbox,
		deadLetters: connection.deadLetters,
		topology: connection.topology,
		publish: async (to, messages, { signal, timeoutMs, ...options }) =>
			isSource(to)
				? await appendAll(engine, to, messages, { signal, timeoutMs })
				: await connection.publish(to, messages, { signal, timeoutMs, ...options }),
		subscribe: async (options) => await connection.subscribe(options),
		health: async (options) => await connection.health(options),
		[Symbol.asyncDispose]: async () => await connection[Symbol.asyncDispose](),
	};
}

function isSource(address: Address): address is Source {
	return address.kind === 'channel' || address.kind === 'existing';
}

/** In one commit: appends at the same moment have no order. */
async function appendAll(
	engine: StoreEngine,
	to: Source,
	messages: readonly WireMessage[],
	call: CallOptions,
): Promise<readonly Outcome<Stored>[]> {
	const category = categoryOf(to);
	const receivedAt = Date.now();
	const decoded = messages.map((message) =>
		decodeMessage(message, { broker: 'event-store', channel: category, cursor: message.id, receivedAt }),
	);
	const changes = decoded.flatMap((one, index): readonly Change[] => {
		if (!one.ok) return [];
		const stream = `${category}-${messages[index]?.orderingKey ?? one.event.event_id}`;
		return [{ do: 'append', args: { stream, events: [one.event], expect: 'any', publish: null } }];
	});
	try {
		await engine.write('transact', { changes }, call);
	} catch (cause) {
		const error = toEventBusError(cause, 'appending events', 'unreachable');
		return messages.map(() => ({ ok: false, error }));
	}
	return decoded.map((one) =>
		one.ok
			? { ok: true, cursor: null, matched: 'unknown' }
			: { ok: false, error: new EventBusError('undecodable', one.error) },
	);
}

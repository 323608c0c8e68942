/**
 * Publishing: events become messages, what cannot be sent is refused before anything is, and the rest goes out as
 * confirmed batches.
 */
import { noOutcome } from '../broker/noOutcome';
import type {
	Address,
	BrokerCapabilities,
	BrokerConnection,
	Outcome,
	PublishOptions,
	Stored,
	WireMessage,
} from '../broker/types';
import { encodeEvent, type WireFormat } from '../event/codec';
import type { EventEnvelope } from '../event/envelope';
import { EventBusError, toEventBusError } from '../kernel/errors';
import { HEADER } from '../event/headers';

export interface PublishEventsOptions extends PublishOptions {
	readonly format: WireFormat;
	readonly capabilities: Pick<BrokerCapabilities, 'maxBatch' | 'maxBytes'>;
	/** No group sees it earlier, milliseconds since the epoch. A broker that cannot delay leaves it to each group. */
	readonly notBefore?: number;
	/** Where the broker routes: instead of the event type. */
	readonly routingKey?: string;
	/** Sent along as they are; names are lower-cased. */
	readonly headers?: Readonly<Record<string, string>>;
	/** Told what a broker has stored, for the trail. Must not throw. */
	readonly onStored?: (events: readonly EventEnvelope[]) => void;
}

/**
 * One outcome an event, same order. An event that is refused does not keep the others back.
 *
 * @throws EventBusError when nothing could be attempted
 */
export async function publishEvents(
	connection: BrokerConnection,
	to: Address,
	events: readonly EventEnvelope[],
	options: PublishEventsOptions,
): Promise<readonly Outcome<Stored>[]> {
	const outcomes = new Map<number, Outcome<Stored>>();
	const ready: { readonly index: number; readonly message: WireMessage }[] = [];
	events.forEach((event, index) => {
		try {
			ready.push({ index, message: toMessage(event, options) });
		} catch (error) {
			outcomes.set(index, { ok: false, error: toEventBusError(error, `encoding ${event.event_type}`) });
		}
	});
	for (let start = 0; start < ready.length; start += options.capabilities.maxBatch) {
		const batch = ready.slice(start, start + options.capabilities.maxBatch);
		const results = await publishBatch(connection, to, batch, options, start === 0);
		batch.forEach(({ index }, position) => outcomes.set(index, results[position] ?? noOutcome()));
	}
	options.onStored?.(events.filter((_event, index) => outcomes.get(index)?.ok));
	return events.map((_event, index) => outcomes.get(index) as Outcome<Stored>);
}

async function publishBatch(
	connection: BrokerConnection,
	to: Address,
	batch: readonly { readonly message: WireMessage }[],
	options: PublishEventsOptions,
	isFirst: boolean,
): Promise<readonly Outcome<Stored>[]> {
	const messages = batch.map(({ message }) => message);
	const { signal, timeoutMs, provision } = options;
	try {
		return await connection.publish(to, messages, { signal, timeoutMs, provision });
	} catch (error) {
		const known = toEventBusError(error, 'publishing', 'unreachable');
		// Earlier batches are stored: their outcomes must not be lost to this failure.
		if (isFirst) throw known;
		return batch.map(() => ({ ok: false, error: known }));
	}
}

function toMessage(event: EventEnvelope, options: PublishEventsOptions): WireMessage {
	const encoded = encodeEvent(event, options.format);
	const headers = {
		...lowerCased(options.headers ?? {}),
		...encoded.headers,
		[HEADER.eventVersion]: event.event_version,
		...(options.notBefore === undefined ? {} : { [HEADER.notBefore]: String(options.notBefore) }),
	};
	const message: WireMessage = {
		...encoded,
		headers,
		...(options.routingKey === undefined ? {} : { routingKey: options.routingKey }),
		...(options.notBefore === undefined ? {} : { notBefore: options.notBefore }),
	};
	const bytes = sizeOf(message);
	if (bytes > options.capabilities.maxBytes) {
		throw new EventBusError(
			'too-large',
			`The event ${event.event_type} has ${bytes} bytes, and this broker takes ${options.capabilities.maxBytes}`,
			{ hint: 'Store the large part elsewhere (a file, a database) and publish a reference to it' },
		);
	}
	return message;
}

function sizeOf(message: WireMessage): number {
	const headers = Object.entries(message.headers);
	return headers.reduce((sum, [name, value]) => sum + name.length + Buffer.byteLength(value), message.body.byteLength);
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
	return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/**
 * The queues and exchanges that are ours, with their arguments. Declaring is idempotent; other arguments are refused.
 */
import type { Channel, Options } from 'amqplib';
import { RETURN_EXCHANGE, UNCLAIMED, type GroupNames } from './names';
import type { ScannedQueue } from './scan';
import type { QueueSettings } from './settings';

/**
 * Without it RabbitMQ 4 gives a message up after 20 deliveries, and -1 drops it at the first one on 3.10. We count
 * failed runs ourselves.
 */
const DELIVERY_LIMIT = 1_000_000;
/** RabbitMQ counts these times in 32 bits, milliseconds: 49 days. */
const LONGEST_MS = 2 ** 32 - 1;
const DAY_MS = 24 * 60 * 60 * 1000;
/** Copies whose group is gone: for a person to look at, and then to go. */
const UNCLAIMED_LIMITS = { 'x-message-ttl': 14 * DAY_MS, 'x-max-length-bytes': 256 * 1024 * 1024 };

/** Moves to the dead-letter exchange only what that has stored. */
const AT_LEAST_ONCE = { 'x-dead-letter-strategy': 'at-least-once', 'x-overflow': 'reject-publish' };

const QUORUM = { 'x-queue-type': 'quorum', 'x-delivery-limit': DELIVERY_LIMIT };

type Arguments = Readonly<Record<string, string | number | boolean>>;

export interface GroupShape {
	readonly settings: QueueSettings;
	readonly ordered: boolean;
	readonly retentionMs: number;
	/** Where dead letters go, and the key with which. */
	readonly deadLetters: { readonly exchange: string; readonly group: string };
}

export function groupArguments({ settings, ordered, retentionMs, deadLetters }: GroupShape): Arguments {
	const waits = Math.min(Math.round(retentionMs), LONGEST_MS);
	return {
		...settings.arguments,
		...(settings.type === 'quorum' ? { ...QUORUM, ...AT_LEAST_ONCE } : {}),
		...(settings.maxPriority > 0 && { 'x-max-priority': settings.maxPriority }),
		...(ordered && { 'x-single-active-consumer': true }),
		'x-expires': waits,
		'x-message-ttl': waits,
		'x-dead-letter-exchange': settings.deadLetterExchange ?? deadLetters.exchange,
		'x-dead-letter-routing-key': deadLetters.group,
	};
}

/** For one reader: gone with its connection, however that ends. */
export const EPHEMERAL: Options.AssertQueue = { exclusive: true, durable: false, autoDelete: true };

/** To be looked through by one at a time (scan.ts). */
export async function declareScanned(channel: Channel, { queue, turns }: ScannedQueue): Promise<void> {
	const ofTurns = { 'x-single-active-consumer': true, 'x-max-length': 1, 'x-overflow': 'drop-head' };
	await channel.assertQueue(turns, { arguments: { ...QUORUM, ...ofTurns } });
	await channel.assertQueue(queue, { arguments: QUORUM });
}

/** The way back from the delays: by the name of the group, or to where nobody has to be. */
export async function declareReturn(channel: Channel): Promise<void> {
	await channel.assertExchange(UNCLAIMED, 'fanout');
	await channel.assertQueue(UNCLAIMED, { arguments: { ...QUORUM, ...UNCLAIMED_LIMITS, 'x-overflow': 'drop-head' } });
	await channel.bindQueue(UNCLAIMED, UNCLAIMED, '');
	await channel.assertExchange(RETURN_EXCHANGE, 'direct', { alternateExchange: UNCLAIMED });
}

export async function bindReturn(channel: Channel, { key, queue }: GroupNames): Promise<void> {
	await channel.bindQueue(queue, RETURN_EXCHANGE, key);
}

/** Exchange and queue of one delay. */
export async function declareTier(channel: Channel, name: string, delayMs: number): Promise<void> {
	await channel.assertExchange(name, 'fanout');
	await channel.assertQueue(name, {
		arguments: {
			...QUORUM,
			...AT_LEAST_ONCE,
			'x-message-ttl': delayMs,
			'x-dead-letter-exchange': RETURN_EXCHANGE,
		},
	});
	await channel.bindQueue(name, name, '');
}

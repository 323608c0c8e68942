/**
 * Our side of a Kafka that a test has started: a rig for publishing and consuming on it.
 */
import { kafkaServer, startKafka, type KafkaOptions } from '../../../scripts/servers/kafka';
import type { Server } from '../../../scripts/servers/server';
import { checkSettings } from '../../../src/broker/settings';
import type { Native } from '../../../src/broker/types';
import { kafka } from '../../../src/brokers/kafka/manifest';
import { toEventBusError, type EventBusError } from '../../../src/kernel/errors';
import { Rig } from '../../conformance/rig';

export const START_MS = 120_000;

export async function start(options: KafkaOptions = {}): Promise<Server> {
	await kafkaServer.ensure(() => undefined);
	return await startKafka(options);
}

/** What it opens is closed with `await using`; the channels it used are removed. */
export function rigOn(settings: Native): Rig {
	const checked = checkSettings(kafka, settings);
	return new Rig(
		{
			manifest: kafka,
			start: async () => await Promise.resolve(),
			stop: async () => await Promise.resolve(),
			settings: () => checked,
			features: {
				restart: null,
				network: null,
				processes: null,
				lockStorage: null,
				ephemeralGoneMs: 0,
				retentionMs: null,
			},
		},
		'kafka',
	);
}

export function addressOf({ host, port }: Pick<Server, 'host' | 'port'>): string {
	return `${host}:${port}`;
}

/** @throws Error when it succeeds */
export async function errorOf(work: Promise<unknown>): Promise<EventBusError> {
	const outcome = await work.then(
		() => null,
		(error: unknown) => toEventBusError(error, 'testing'),
	);
	if (outcome === null) throw new Error('It succeeded');
	return outcome;
}

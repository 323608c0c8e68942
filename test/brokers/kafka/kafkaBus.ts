/**
 * Our side of a Kafka that a test has started: a rig for publishing and consuming on it.
 */
import { kafkaServer, startKafka, type KafkaOptions } from '../../../scripts/servers/kafka';
import type { Server } from '../../../scripts/servers/server';
import { checkSettings } from '../../../src/broker/settings';
import type { Native } from '../../../src/broker/types';
import { kafka } from '../../../src/brokers/kafka/manifest';
import { peacefulBroker } from '../../conformance/peacefulBroker';
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
		peacefulBroker(kafka, () => checked),
		'kafka',
	);
}

export function addressOf({ host, port }: Pick<Server, 'host' | 'port'>): string {
	return `${host}:${port}`;
}

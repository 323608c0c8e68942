/**
 * What a service in Python does with pulsar-client, the client of that language: it speaks Pulsar's binary protocol.
 */
import type { Server } from '../../scripts/servers/server';
import { runProgram } from './foreignProgram';
import { ensurePackages } from './python';

export interface PulsarMessage {
	readonly body: string;
	readonly properties: Readonly<Record<string, string>>;
	/** '': none. */
	readonly key: string;
	/** 'persistent://public/default/orders'. */
	readonly topic: string;
}

export interface ToPublish {
	readonly body: string | Uint8Array;
	readonly properties?: Readonly<Record<string, string>>;
	readonly key?: string;
}

const CLIENT = { packages: { 'pulsar-client': '3.13.0' }, modules: ['pulsar'] } as const;

/** It asks the web service where a topic is, and then talks to the broker itself. */
const OPEN = `
import base64, json, os, pulsar, sys
client = pulsar.Client(sys.argv[1], logger=pulsar.ConsoleLogger(pulsar.LoggerLevel.Error))
`;

const PUBLISH = `${OPEN}
producer = client.create_producer(sys.argv[2], batching_enabled=sys.argv[3] == 'batch', batching_max_publish_delay_ms=50)
def sent(result, message_id):
    if result != pulsar.Result.Ok:
        os._exit(3)
for message in json.load(sys.stdin):
    producer.send_async(base64.b64decode(message['body']), sent, properties=message['properties'], partition_key=message['key'])
producer.flush()
client.close()
`;

const SUBSCRIBE = `${OPEN}
client.subscribe(sys.argv[2], sys.argv[3], consumer_type=pulsar.ConsumerType.Shared).close()
client.close()
`;

const RECEIVE = `${OPEN}
consumer = client.subscribe(sys.argv[2], sys.argv[3], consumer_type=pulsar.ConsumerType.Shared)
message = consumer.receive(timeout_millis=20000)
consumer.acknowledge(message)
print(json.dumps({'body': message.data().decode(), 'properties': message.properties(), 'key': message.partition_key(),
    'topic': message.topic_name()}))
client.close()
`;

export async function ensurePulsarClient(): Promise<string> {
	return await ensurePackages(CLIENT);
}

/** @param batch whether they lie in one entry of the topic */
export async function publish(
	server: Pick<Server, 'host' | 'port'>,
	topic: string,
	messages: readonly ToPublish[],
	batch: 'batch' | 'single' = 'single',
): Promise<void> {
	const encoded = messages.map(({ body, properties = {}, key = null }) => {
		return { body: Buffer.from(body).toString('base64'), properties, key };
	});
	await run(PUBLISH, server, [topic, batch], JSON.stringify(encoded));
}

/** From now on. */
export async function subscribe(server: Server, topic: string, subscription: string): Promise<void> {
	await run(SUBSCRIBE, server, [topic, subscription]);
}

/** Waits for the next message of a subscription, and acknowledges it. */
export async function receive(server: Server, topic: string, subscription: string): Promise<PulsarMessage> {
	return JSON.parse(await run(RECEIVE, server, [topic, subscription])) as PulsarMessage;
}

/** @param input what a script reads that is too much for an argument */
async function run(
	script: string,
	{ host, port }: Pick<Server, 'host' | 'port'>,
	args: readonly string[],
	input = '',
): Promise<string> {
	const python = await ensurePulsarClient();
	return (await runProgram(python, ['-c', script, `http://${host}:${port}`, ...args], { input })).toString();
}

/**
 * What a service in Python does with google-cloud-pubsub, Google's client for that language.
 */
import type { Server } from '../../scripts/servers/server';
import { runProgram } from './foreignProgram';
import { ensurePackages } from './python';

const CLIENT = { packages: { 'google-cloud-pubsub': '2.44.0' }, modules: ['google.cloud.pubsub_v1'] } as const;
/** The emulator takes any. */
const PROJECT = 'test-project';

export interface PubSubMessage {
	readonly body: string;
	readonly attributes: Readonly<Record<string, string>>;
	readonly ordering_key: string;
}

export interface ToPublish {
	readonly body: string | Uint8Array;
	readonly attributes?: Readonly<Record<string, string>>;
	readonly orderingKey?: string;
}

const OPEN = `
import base64, json, sys
from google.cloud import pubsub_v1
options = pubsub_v1.types.PublisherOptions(enable_message_ordering=True)
publisher, subscriber = pubsub_v1.PublisherClient(publisher_options=options), pubsub_v1.SubscriberClient()
project = sys.argv[1]
`;

const PUBLISH = `${OPEN}
message = json.loads(sys.argv[3])
topic = publisher.topic_path(project, sys.argv[2])
publisher.publish(topic, base64.b64decode(message['body']), message['orderingKey'], **message['attributes']).result(20)
`;

const CREATE = `${OPEN}
name, topic = subscriber.subscription_path(project, sys.argv[2]), publisher.topic_path(project, sys.argv[3])
if sys.argv[4] == 'new':
    publisher.create_topic(name=topic)
subscriber.create_subscription(name=name, topic=topic)
`;

const READ = `${OPEN}
name = subscriber.subscription_path(project, sys.argv[2])
received = subscriber.pull(subscription=name, max_messages=1, timeout=20).received_messages
for one in received:
    subscriber.acknowledge(subscription=name, ack_ids=[one.ack_id])
    print(json.dumps({'body': one.message.data.decode(), 'attributes': dict(one.message.attributes),
        'ordering_key': one.message.ordering_key}))
`;

/** @throws SetupError */
export async function ensureClient(): Promise<void> {
	await ensurePackages(CLIENT);
}

/** Waits until the server has it. */
export async function publish(server: Server, topic: string, message: ToPublish): Promise<void> {
	const { attributes = {}, orderingKey = '' } = message;
	const body = Buffer.from(message.body).toString('base64');
	await run(server, PUBLISH, topic, JSON.stringify({ body, attributes, orderingKey }));
}

/** @param isNew whether the topic is made, too */
export async function createSubscription(server: Server, name: string, topic: string, isNew = false): Promise<void> {
	await run(server, CREATE, name, topic, isNew ? 'new' : 'there');
}

/** Waits for a message and removes it. */
export async function read(server: Server, subscription: string): Promise<PubSubMessage> {
	const output = await run(server, READ, subscription);
	if (output === '') throw new Error(`The subscription ${subscription} stayed empty`);
	return JSON.parse(output) as PubSubMessage;
}

async function run({ host, port }: Server, script: string, ...args: readonly string[]): Promise<string> {
	const python = await ensurePackages(CLIENT);
	const env = { PUBSUB_EMULATOR_HOST: `${host}:${port}` };
	return (await runProgram(python, ['-c', script, PROJECT, ...args], { env })).toString();
}

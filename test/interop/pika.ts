/**
 * What a service in Python does with pika, the AMQP client of that language.
 */
import { python } from './python';

export interface AmqpMessage {
	readonly routing_key: string;
	readonly content_type: string | null;
	readonly message_id: string | null;
	/** 2: kept through a restart of the server. */
	readonly delivery_mode: number | null;
	readonly headers: Readonly<Record<string, unknown>> | null;
	readonly body: string;
}

export interface ToPublish {
	/** '': straight to the queue that the routing key names. */
	readonly exchange: string;
	readonly routingKey: string;
	readonly body: string | Uint8Array;
	readonly contentType?: string;
	readonly headers?: Readonly<Record<string, string | number>>;
}

const OPEN = `
import base64, json, pika, sys
connection = pika.BlockingConnection(pika.URLParameters(sys.argv[1]))
channel = connection.channel()
`;

const PUBLISH = `${OPEN}
message = json.loads(sys.argv[2])
channel.confirm_delivery()
properties = pika.BasicProperties(content_type=message['contentType'], headers=message['headers'])
channel.basic_publish(message['exchange'], message['routingKey'], base64.b64decode(message['body']), properties, mandatory=True)
connection.close()
`;

const DECLARE = `${OPEN}
queue, exchange, pattern = sys.argv[2:5]
channel.queue_declare(queue, durable=True)
if exchange:
    channel.queue_bind(queue, exchange, pattern)
connection.close()
`;

const READ = `${OPEN}
for method, properties, body in channel.consume(sys.argv[2], inactivity_timeout=20):
    if method:
        print(json.dumps({'routing_key': method.routing_key, 'content_type': properties.content_type,
            'message_id': properties.message_id, 'delivery_mode': properties.delivery_mode,
            'headers': properties.headers, 'body': body.decode()}))
        channel.basic_ack(method.delivery_tag)
    break
connection.close()
`;

/** Waits until the server has it in a queue. */
export async function publish(url: string, message: ToPublish): Promise<void> {
	const { exchange, routingKey, contentType = null, headers = null } = message;
	const body = Buffer.from(message.body).toString('base64');
	await python(PUBLISH, url, JSON.stringify({ exchange, routingKey, contentType, headers, body }));
}

/** A durable queue, bound to an exchange where one is given. */
export async function declareQueue(url: string, queue: string, exchange = '', pattern = ''): Promise<void> {
	await python(DECLARE, url, queue, exchange, pattern);
}

/** Waits for a message and removes it. */
export async function read(url: string, queue: string): Promise<AmqpMessage> {
	const message = await python(READ, url, queue);
	if (message === null) throw new Error(`The queue ${queue} stayed empty`);
	return message as AmqpMessage;
}

/**
 * What a service in Python does with boto3, the AWS client of that language.
 */
import type { Server } from '../../scripts/servers/server';
import { topicName } from '../../src/brokers/sqs/names';
import { python } from './python';

export interface SqsMessage {
	readonly body: string;
	readonly attributes: Readonly<Record<string, string>>;
}

const START = `
import boto3, json, os, sys
settings = dict(endpoint_url=sys.argv[1], region_name='us-east-1', aws_access_key_id='test', aws_secret_access_key='test')
sqs, sns = boto3.client('sqs', **settings), boto3.client('sns', **settings)
def attributes(values):
    return {name: {'DataType': 'String', 'StringValue': value} for name, value in values.items()}
def arn_of(topic):
    return next(t['TopicArn'] for page in sns.get_paginator('list_topics').paginate() for t in page['Topics']
        if t['TopicArn'].endswith(':' + topic))
`;

const PUBLISH = `${START}
topic, body, values = sys.argv[2], sys.argv[3], json.loads(sys.argv[4])
sns.publish(TopicArn=arn_of(topic), Message=body, MessageAttributes=attributes(values))
`;

const SEND = `${START}
queue, body, values = sys.argv[2], sys.argv[3], json.loads(sys.argv[4])
url = sqs.get_queue_url(QueueName=queue)['QueueUrl']
sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes(values))
`;

const CREATE_QUEUE = `${START}
url = sqs.create_queue(QueueName=sys.argv[2])['QueueUrl']
if len(sys.argv) > 3:
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=['QueueArn'])['Attributes']['QueueArn']
    sns.subscribe(TopicArn=arn_of(sys.argv[3]), Protocol='sqs', Endpoint=arn, Attributes={'RawMessageDelivery': 'true'})
print(json.dumps(url))
`;

const RECEIVE = `${START}
url = sqs.get_queue_url(QueueName=sys.argv[2])['QueueUrl']
for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20, MessageAttributeNames=['All']).get('Messages', []):
    values = {name: value.get('StringValue', '') for name, value in message.get('MessageAttributes', {}).items()}
    print(json.dumps({'body': message['Body'], 'attributes': values}))
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message['ReceiptHandle'])
`;

type Attributes = SqsMessage['attributes'];

export async function publishToTopic(server: Server, channel: string, body: string, attributes: Attributes = {}) {
	await python(PUBLISH, endpointOf(server), topicOf(channel), body, JSON.stringify(attributes));
}

export async function sendToQueue(server: Server, queue: string, body: string, attributes: Attributes = {}) {
	await python(SEND, endpointOf(server), queue, body, JSON.stringify(attributes));
}

/** A queue of theirs. @param channel it is subscribed to, getting messages as they were published. @returns its URL */
export async function createQueue(server: Server, queue: string, channel?: string): Promise<string> {
	const subscribed = channel === undefined ? [] : [topicOf(channel)];
	return (await python(CREATE_QUEUE, endpointOf(server), queue, ...subscribed)) as string;
}

/** Waits for a message and removes it. */
export async function receive(server: Server, queue: string): Promise<SqsMessage> {
	const message = await python(RECEIVE, endpointOf(server), queue);
	if (message === null) throw new Error(`The queue ${queue} stayed empty`);
	return message as SqsMessage;
}

/** A topic has no dots in its name: the documentation says how they are written. */
function topicOf(channel: string): string {
	return topicName(channel, { fifo: false });
}

function endpointOf({ host, port }: Server): string {
	return `http://${host}:${port}`;
}

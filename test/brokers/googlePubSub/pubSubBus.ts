/**
 * Our side of a Pub/Sub that a test has started, and a client of Google that knows nothing of us.
 */
import { v1 } from '@google-cloud/pubsub';
import { grpc } from 'google-gax';
import { pubSubServer, startPubSub, type PubSubOptions } from '../../../scripts/servers/pubsub';
import type { Server } from '../../../scripts/servers/server';
import { fromConnectionUrl } from '../../../src/broker/connectionUrl';
import { checkSettings } from '../../../src/broker/settings';
import type { Native } from '../../../src/broker/types';
import { googlePubSub } from '../../../src/brokers/googlePubSub/manifest';
import { peacefulBroker } from '../../conformance/peacefulBroker';
import { Rig } from '../../conformance/rig';

export const PROJECT = 'test-project';

export async function start(options: PubSubOptions = {}): Promise<Server> {
	await pubSubServer.ensure(() => undefined);
	return await startPubSub(options);
}

/** What it opens is closed with `await using`; the channels it used are removed. */
export function rigOn(server: Server, settings: Native = {}): Rig {
	const { settings: fromUrl } = fromConnectionUrl(server.url(), [googlePubSub]);
	return rigWith({ ...fromUrl, ...settings });
}

/** @param settings all of them */
export function rigWith(settings: Native): Rig {
	const checked = checkSettings(googlePubSub, settings);
	return new Rig(
		peacefulBroker(googlePubSub, () => checked),
		'pubsub',
	);
}

/** A service of others. */
export class Foreign implements AsyncDisposable {
	readonly publisher: v1.PublisherClient;
	readonly subscriber: v1.SubscriberClient;

	constructor({ host, port }: Server) {
		const options = { servicePath: host, port, projectId: PROJECT, sslCreds: grpc.credentials.createInsecure() };
		this.publisher = new v1.PublisherClient(options);
		this.subscriber = new v1.SubscriberClient(options);
	}

	topic(name: string): string {
		return `projects/${PROJECT}/topics/${name}`;
	}

	subscription(name: string): string {
		return `projects/${PROJECT}/subscriptions/${name}`;
	}

	/** A topic with a subscription of the same name. */
	async make(name: string, enableMessageOrdering = false): Promise<void> {
		await this.publisher.createTopic({ name: this.topic(name) });
		await this.subscriber.createSubscription({
			name: this.subscription(name),
			topic: this.topic(name),
			ackDeadlineSeconds: 10,
			enableMessageOrdering,
		});
	}

	async send(
		topic: string,
		data: string | Uint8Array,
		attributes: Readonly<Record<string, string>> = {},
		orderingKey = '',
	): Promise<void> {
		const messages = [{ data: Buffer.from(data), attributes, orderingKey }];
		await this.publisher.publish({ topic: this.topic(topic), messages });
	}

	/** What waits in a subscription; it is removed. */
	async take(name: string): Promise<readonly { readonly body: string; readonly attributes: Record<string, string> }[]> {
		const subscription = this.subscription(name);
		const request = { subscription, maxMessages: 100, returnImmediately: true };
		const [{ receivedMessages }] = await this.subscriber.pull(request);
		const received = receivedMessages ?? [];
		if (received.length > 0) {
			await this.subscriber.acknowledge({ subscription, ackIds: received.map(({ ackId }) => ackId ?? '') });
		}
		return received.map(({ message }) => ({
			body: Buffer.from(message?.data ?? '').toString(),
			attributes: message?.attributes ?? {},
		}));
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await Promise.all([this.publisher.close(), this.subscriber.close()]);
	}
}

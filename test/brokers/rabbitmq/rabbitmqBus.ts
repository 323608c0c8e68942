/**
 * Our side, and a client that knows nothing of us, on a RabbitMQ that is started for a file of tests.
 */
import { connect, type ChannelModel, type ConfirmChannel, type Options } from 'amqplib';
import { rabbitmqServer, startRabbitmq, type RabbitmqOptions } from '../../../scripts/servers/rabbitmq';
import type { Server } from '../../../scripts/servers/server';
import { brokerFromUrl } from '../../../src/broker/registry';
import type { Native } from '../../../src/broker/types';
import { rabbitmq } from '../../../src/brokers/rabbitmq/manifest';
import { peacefulBroker } from '../../conformance/peacefulBroker';
import { Rig } from '../../conformance/rig';

const START_MS = 180_000;

export function withRabbitmq(options: () => Promise<RabbitmqOptions> = async () => ({})) {
	let server: Server | null = null;
	beforeAll(async () => {
		await rabbitmqServer.ensure(() => undefined);
		server = await startRabbitmq(await options());
	}, START_MS);
	afterAll(async () => await server?.[Symbol.asyncDispose](), START_MS);
	const running = (): Server => {
		if (server) return server;
		throw new Error('RabbitMQ is not started');
	};
	return {
		server: running,
		/** @param settings in place of those of the server's URL */
		rig: (settings: Native = {}) =>
			new Rig(
				peacefulBroker(rabbitmq, () => ({ ...brokerFromUrl(running().url()).settings, ...settings })),
				'rabbitmq',
			),
		client: async (url?: string) => await ForeignClient.open(url ?? running().url()),
	};
}

/** A program that uses RabbitMQ as its documentation shows. */
export class ForeignClient implements AsyncDisposable {
	private constructor(
		private readonly model: ChannelModel,
		readonly channel: ConfirmChannel,
	) {}

	static async open(url: string): Promise<ForeignClient> {
		const model = await connect(url);
		model.on('error', () => undefined);
		const channel = await model.createConfirmChannel();
		channel.on('error', () => undefined);
		return new ForeignClient(model, channel);
	}

	/** Resolves when the server has them. */
	async send(exchange: string, key: string, bodies: readonly (string | Buffer)[], options: Options.Publish = {}) {
		for (const body of bodies) this.channel.publish(exchange, key, Buffer.from(body), options);
		await this.channel.waitForConfirms();
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.model.close().catch(() => undefined);
	}
}

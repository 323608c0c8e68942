/**
 * Messages with headers as they are on the wire of each broker, sent and read by clients of others.
 */
import { randomUUID } from 'node:crypto';
import type { Server } from '../../scripts/servers/server';
import * as boto3 from './boto3';
import { ensureKcat, Kcat } from './kcat';
import * as pika from './pika';
import * as pulsarClient from './pulsarClient';
import { ensurePython } from './python';
import { ensureRedisCli, redisCli } from './redisCli';

export interface WireMessage {
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string;
	/** Where the broker has one. */
	readonly key?: string;
}

export interface Wire {
	/** Installs the client where it is missing. */
	ensure(): Promise<unknown>;
	/** @param type for a broker that routes by it */
	send(server: Server, channel: string, message: WireMessage, type: string): Promise<void>;
	/** From now on. @returns what waits for the next message */
	listen(server: Server, channel: string): Promise<() => Promise<WireMessage>>;
}

const CONTENT_TYPE = 'content-type';

const kafka: Wire = {
	ensure: ensureKcat,
	send: async (server, topic, message) => await new Kcat(server).produce(topic, message),
	listen: (server, topic) =>
		Promise.resolve(async () => {
			const [record] = await new Kcat(server).consume(topic);
			if (!record) throw new Error(`Nothing came from ${topic}`);
			return {
				headers: record.headers,
				body: record.payload ?? '',
				...(record.key === null ? {} : { key: record.key }),
			};
		}),
};

const rabbitmq: Wire = {
	ensure: ensurePython,
	send: async (server, exchange, { headers, body }, routingKey) => {
		const { [CONTENT_TYPE]: contentType = '', ...others } = headers;
		await pika.publish(server.url(), { exchange, routingKey, body, contentType, headers: others });
	},
	listen: async (server, exchange) => {
		const queue = `theirs.${randomUUID()}`;
		await pika.declareQueue(server.url(), queue, exchange, '#');
		return async () => {
			const { body, headers, content_type } = await pika.read(server.url(), queue);
			const texts = Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)] as const);
			return { body, headers: { ...Object.fromEntries(texts), [CONTENT_TYPE]: content_type ?? '' } };
		};
	},
};

const redisStreams: Wire = {
	ensure: ensureRedisCli,
	send: async (server, stream, { headers, body }) => {
		await redisCli(server, 'XADD', stream, '*', 'body', body, ...Object.entries(headers).flat());
	},
	listen: (server, stream) =>
		Promise.resolve(async () => {
			const { body = '', ...headers } = await newestEntry(server, stream);
			return { headers, body };
		}),
};

/** The fields of the newest entry of a stream, by name. */
export async function newestEntry(server: Server, stream: string): Promise<Readonly<Record<string, string>>> {
	const entries = (await redisCli(server, 'XREVRANGE', stream, '+', '-', 'COUNT', '1')) as [string, string[]][];
	const fields = entries[0]?.[1] ?? [];
	const pairs = fields.flatMap((name, at) => (at % 2 === 0 ? [[name, fields[at + 1] ?? ''] as const] : []));
	return Object.fromEntries(pairs);
}

const sqs: Wire = {
	ensure: ensurePython,
	send: async (server, topic, { headers, body }) => await boto3.publishToTopic(server, topic, body, headers),
	listen: async (server, topic) => {
		const queue = `theirs-${randomUUID()}`;
		await boto3.createQueue(server, queue, topic);
		return async () => {
			const { body, attributes } = await boto3.receive(server, queue);
			return { body, headers: attributes };
		};
	},
};

const pulsar: Wire = {
	ensure: pulsarClient.ensurePulsarClient,
	send: async (server, topic, { headers, body }) => {
		await pulsarClient.publish(server, topic, [{ body, properties: headers }]);
	},
	listen: async (server, topic) => {
		const subscription = `theirs-${randomUUID()}`;
		await pulsarClient.subscribe(server, topic, subscription);
		return async () => {
			const { body, properties } = await pulsarClient.receive(server, topic, subscription);
			return { body, headers: properties };
		};
	},
};

export const wires = { kafka, rabbitmq, 'redis-streams': redisStreams, sqs, pulsar } as const satisfies Record<
	string,
	Wire
>;

/**
 * A flow map as an AsyncAPI 3.0 document of the whole system: a channel for each channel, a message for each type, an operation for each
 * service that sends or receives it.
 */
import type { Json } from '../../event/envelope';
import { consumersOf } from '../consumers';
import type { FlowMap, MapType } from '../flowMap';
import { printable } from './printable';

/** Longer names are told apart by a number. */
const MOST_OF_KEY = 200;

type Document = Readonly<Record<string, Json>>;

export interface AsyncApiOptions {
	/** Default: Flow map. */
	readonly title?: string;
	/** Of the document. Default: 1.0.0. */
	readonly version?: string;
}

/** A JSON document; the official parser has nothing to complain about. */
export function asyncApiDocument(map: FlowMap, options: AsyncApiOptions = {}): Document {
	const { types, services, publishing } = map;
	const channels = new Keys();
	const messages = new Keys();
	const operations = new Keys();
	const channelKeys = new Map(
		[...new Set(types.map(({ channel }) => channel))].map((name) => [name, channels.of(name)]),
	);
	const messageKeys = types.map(({ eventType, channel }) => messages.of(`${channel}_${eventType}`));
	const channelOf = (type: number): string => channelKeys.get(types[type]?.channel ?? '') ?? '';

	const operation = (action: 'send' | 'receive', service: number, type: number, told: Document): [string, Json] => {
		const name = services[service] ?? '';
		const eventType = types[type]?.eventType ?? '';
		const channel = `#/channels/${channelOf(type)}`;
		return [
			operations.of(`${name}_${action}_${eventType}`),
			{
				action,
				title: printable(`${name} ${action === 'send' ? 'publishes' : 'consumes'} ${eventType}`),
				channel: { $ref: channel },
				messages: [{ $ref: `${channel}/messages/${messageKeys[type] ?? ''}` }],
				tags: [{ name: printable(name) }],
				...told,
			},
		];
	};

	return {
		asyncapi: '3.0.0',
		info: {
			title: options.title ?? 'Flow map',
			version: options.version ?? '1.0.0',
			description: 'Which service publishes and consumes which event.',
		},
		defaultContentType: 'application/json',
		channels: Object.fromEntries(
			[...channelKeys].map(([name, key]) => [
				key,
				{
					address: printable(name),
					messages: Object.fromEntries(
						types.flatMap(({ channel }, place) => {
							const message = messageKeys[place] ?? '';
							return channel === name ? [[message, { $ref: `#/components/messages/${message}` }]] : [];
						}),
					),
				},
			]),
		),
		operations: Object.fromEntries([
			...publishing.map(({ service, type, count }) => operation('send', service, type, { 'x-count': count })),
			...consumersOf(map).map(({ service, type, groups, count, retries, deadLetters, latencyMs }) =>
				operation('receive', service, type, {
					'x-consumer-groups': groups.map((group) => printable(group)),
					'x-count': count,
					'x-retries': retries,
					'x-dead-letters': deadLetters,
					...(latencyMs && { 'x-latency-ms': { p50: latencyMs.p50, p95: latencyMs.p95 } }),
				}),
			),
		]),
		components: {
			messages: Object.fromEntries(types.map((type, place) => [messageKeys[place] ?? '', messageOf(type)])),
			schemas: { Event: eventSchema },
			correlationIds: {
				correlation: {
					description: 'The same for everything that follows from one root event',
					location: '$message.payload#/metadata/correlation_id',
				},
			},
		},
	};
}

function messageOf({ eventType, kind }: MapType): Document {
	const ofType = kind === 'type' ? [{ type: 'object', properties: { event_type: { const: eventType } } }] : [];
	return {
		name: printable(eventType),
		title: printable(eventType),
		contentType: 'application/json',
		correlationId: { $ref: '#/components/correlationIds/correlation' },
		payload: { allOf: [{ $ref: '#/components/schemas/Event' }, ...ofType] },
		...(kind !== 'type' && { description: KINDS[kind] }),
	};
}

const KINDS = {
	pattern: 'A pattern of types: none of them is known to be published',
	expression: 'The type is known only when the workflow runs',
};

const text: Json = { type: 'string' };
const time: Json = { type: 'string', format: 'date-time' };

/** What every event has; the whole rule is envelope.schema.json. */
const eventSchema: Json = {
	type: 'object',
	required: ['event_id', 'event_type', 'event_version', 'occurred_at', 'source', 'payload', 'metadata'],
	properties: {
		event_id: text,
		event_type: text,
		event_version: text,
		occurred_at: time,
		source: text,
		subject: text,
		payload: { description: 'What happened, in the words of the domain' },
		metadata: {
			type: 'object',
			required: ['correlation_id', 'hops', 'timestamp'],
			properties: { correlation_id: text, causation_id: text, hops: { type: 'integer', minimum: 0 }, timestamp: time },
		},
	},
};

/** Names that may be a key, each once. */
class Keys {
	private readonly taken = new Set<string>();

	of(name: string): string {
		const plain =
			name
				.replace(/[^A-Za-z0-9_-]+/g, '_')
				.replace(/^_+/, '')
				.slice(0, MOST_OF_KEY) || 'unnamed';
		let key = plain;
		// What every object of JavaScript has would not be seen as a key of its own.
		for (let number = 2; this.taken.has(key) || key in {}; number++) key = `${plain}_${number}`;
		this.taken.add(key);
		return key;
	}
}

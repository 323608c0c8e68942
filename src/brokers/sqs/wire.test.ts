import fc from 'fast-check';
import type { WireMessage } from '../../broker/types';
import { fromNative, LISTENERS_GROUP, toNative, TYPE, type NativeMessage } from './wire';

const message: WireMessage = { id: 'e-1', type: 'order.created', body: Buffer.from('{"n":1}'), headers: {} };

/** What SQS takes, by its reference. */
const ALLOWED = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]+$/u;

const messages: fc.Arbitrary<WireMessage> = fc.record(
	{
		id: fc.string({ minLength: 1, unit: 'grapheme' }),
		type: fc.constantFrom('', 'order.created'),
		body: fc.oneof(fc.uint8Array(), fc.json().map(Buffer.from), fc.string({ unit: 'grapheme' }).map(Buffer.from)),
		headers: fc.dictionary(
			fc.oneof(fc.stringMatching(/^[a-z][a-z-]{0,8}$/), fc.constantFrom('a b', 'aws.x', 'a..b', '.a', 'ü')),
			fc.oneof(fc.string({ unit: 'binary' }), fc.constant('')),
			{ maxKeys: 20 },
		),
		orderingKey: fc.string(),
		expiresAt: fc.nat(),
	},
	{ requiredKeys: ['id', 'type', 'body', 'headers'] },
);

describe('a message on SQS', () => {
	it('is the same when it is read again, and AWS takes it', () => {
		fc.assert(
			fc.property(messages, (given) => {
				const native = toNative(given);
				const values = Object.values(native.attributes).map(({ StringValue }) => StringValue);
				expect([native.body, ...values].every((text) => ALLOWED.test(text))).toBe(true);
				expect(values.length).toBeLessThanOrEqual(10);
				const read = fromNative(received(native), false);
				expect({ ...read, body: Buffer.from(read.body) }).toEqual({ ...given, body: Buffer.from(given.body) });
			}),
		);
	});

	it('shows its type and what matters to others as attributes, however many headers there are', () => {
		const many = Object.fromEntries(Array.from({ length: 12 }, (_unused, n) => [`x-${n}`, String(n)]));
		const { attributes } = toNative({
			...message,
			headers: { ...many, 'content-type': 'application/json', 'ce-id': '1' },
		});
		expect(Object.keys(attributes)).toHaveLength(10);
		expect(Object.keys(attributes)).toEqual(expect.arrayContaining([TYPE, 'content-type', 'ce-id', 'eb-headers']));
	});

	it.each<[string, Buffer, string]>([
		['text is as it was', Buffer.from('ünï 🎉'), 'ünï 🎉'],
		['an empty body has a stand-in', Buffer.alloc(0), '-'],
		['bytes that are no text are base64', Buffer.from([0xff, 0x00]), '/wA='],
		['text with a control character is base64', Buffer.from('a\u0000'), 'YQA='],
	])('%s', (_what, body, expected) => {
		expect(toNative({ ...message, body }).body).toBe(expected);
	});

	it('counts bytes as AWS does: body, names, types and values', () => {
		expect(toNative(message).bytes).toBe(7 + 'eb-idStringe-1'.length + 'eb-typeStringorder.created'.length);
	});
});

describe('a message on a FIFO queue', () => {
	it.each([
		['its key, where AWS takes it', 'customer-7', 'customer-7'],
		['a digest of a key with a blank', 'key 7', expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string],
		['a digest of a key that looks like one', 'sha256:x', expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string],
		['its id without a key', undefined, 'e-1'],
	])('has as group %s', (_what, orderingKey, expected) => {
		const keyed = orderingKey === undefined ? message : { ...message, orderingKey };
		expect(toNative(keyed).groupId).toEqual(expected);
	});

	it('is dropped as a double only when the event is the same', () => {
		const idOf = (one: WireMessage, group?: string) =>
			toNative(one, group === undefined ? {} : { listenersGroup: group }).deduplicationId;
		expect(idOf(message)).toBe(idOf({ ...message, headers: { 'eb-failures': '1' } }));
		expect(idOf(message)).not.toBe(idOf({ ...message, id: 'e-2' }));
		expect(idOf(message)).not.toBe(idOf({ ...message, body: Buffer.from('{"n":2}') }));
		expect(idOf(message, 'a')).not.toBe(idOf(message, 'b'));
	});

	it('is a group of its own where it must not wait for others', () => {
		expect(toNative({ ...message, orderingKey: 'k' }, { isAlone: true }).groupId).toBe('e-1');
	});
});

describe('a message of others', () => {
	it('has the id and the group that AWS gave it, and its attributes as headers', () => {
		const foreign = {
			MessageId: 'm-1',
			Body: '{"order":7}',
			Attributes: { MessageGroupId: 'customer-7' },
			MessageAttributes: { Region: { StringValue: 'eu' }, Bytes: { BinaryValue: Buffer.from([1, 2]) } },
		};
		expect(fromNative(foreign, false)).toEqual({
			id: 'm-1',
			type: '',
			body: Buffer.from('{"order":7}'),
			headers: { region: 'eu', bytes: 'AQI=' },
			orderingKey: 'customer-7',
		});
	});

	it('is taken out of the JSON that SNS puts around it, on a queue of others only', () => {
		const notification = JSON.stringify({
			Type: 'Notification',
			TopicArn: 'arn:aws:sns:eu-west-1:1:orders',
			Message: '{"order":7}',
			MessageAttributes: { region: { Type: 'String', Value: 'eu' } },
		});
		const unpacked = fromNative({ MessageId: 'm-1', Body: notification }, true);
		expect(Buffer.from(unpacked.body).toString()).toBe('{"order":7}');
		expect(unpacked.headers).toEqual({ region: 'eu' });
		expect(Buffer.from(fromNative({ MessageId: 'm-1', Body: notification }, false).body).toString()).toBe(notification);
	});

	it('keeps an attribute that only looks like ours', () => {
		const foreign = { MessageId: 'm-1', Body: 'x', MessageAttributes: { 'eb-headers': { StringValue: '{' } } };
		expect(fromNative(foreign, false).headers).toEqual({ 'eb-headers': '{' });
	});
});

it('shows the group of a dead letter to listeners, and to nobody else', () => {
	const native = toNative(message, { listenersGroup: 'billing' });
	expect(native.attributes[LISTENERS_GROUP]).toEqual({ DataType: 'String', StringValue: 'billing' });
	expect(fromNative(received(native), false)).toEqual(message);
});

function received({ body, attributes }: NativeMessage) {
	return { MessageId: 'native', Body: body, MessageAttributes: attributes };
}

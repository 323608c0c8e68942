import fc from 'fast-check';
import type { Source } from '../../broker/types';
import {
	bareName,
	channelOfTopic,
	deadLetterPrefix,
	deadLetterQueueName,
	EPHEMERAL_PREFIX,
	groupQueueName,
	isDeadLetterQueue,
	listenersTopicName,
	topicName,
} from './names';

const standard = { fifo: false };
const orders: Source = { kind: 'channel', channel: 'orders' };
const names = fc.stringMatching(/^[A-Za-z0-9](?:\.?[A-Za-z0-9_-]){0,63}$/).filter(({ length }) => length <= 64);
const sources: fc.Arbitrary<Source> = fc.oneof(
	names.map((channel): Source => ({ kind: 'channel', channel })),
	names.map((name): Source => ({ kind: 'existing', name })),
);

describe('names on AWS', () => {
	it.each([
		[topicName('orders', standard), 'orders'],
		[topicName('shop.orders', standard), 'shop__orders'],
		[topicName('shop.orders', { fifo: true }), 'shop__orders.fifo'],
		[topicName('a__b', standard), '___615f5f62'],
		[groupQueueName(orders, 'billing', standard), 'orders____billing'],
		[deadLetterQueueName(orders, 'billing', standard), 'orders____billing____dlq'],
		[deadLetterQueueName(orders, 'billing', { fifo: true }), 'orders____billing____dlq.fifo'],
		[groupQueueName(orders, 'test', { fifo: false, ephemeral: true }), '_tmp____orders____test'],
		[
			deadLetterQueueName({ kind: 'existing', name: 'legacy' }, 'g', standard),
			'legacy____existing____g____dlq'.replace('existing', '_existing'),
		],
		[listenersTopicName(orders, standard), 'orders____dead-letters'],
	])('%s', (name, expected) => {
		expect(name).toBe(expected);
	});

	it('are within what AWS takes', () => {
		fc.assert(
			fc.property(sources, names, fc.boolean(), (source, group, fifo) => {
				const allowed = /^[A-Za-z0-9_-]{1,80}(\.fifo)?$/;
				for (const ephemeral of [true, false]) {
					const queue = groupQueueName(source, group, { fifo, ephemeral });
					expect(queue).toMatch(allowed);
					expect(queue.length).toBeLessThanOrEqual(80);
					expect(queue.startsWith(EPHEMERAL_PREFIX)).toBe(ephemeral);
				}
				const letters = deadLetterQueueName(source, group, { fifo });
				expect(letters).toMatch(allowed);
				expect(letters.length).toBeLessThanOrEqual(80);
				expect(letters.startsWith(deadLetterPrefix(source)) && isDeadLetterQueue(letters)).toBe(true);
				expect(listenersTopicName(source, { fifo })).toMatch(/^[A-Za-z0-9_-]{1,250}(\.fifo)?$/);
			}),
		);
	});

	it('of two pairs are never the same', () => {
		const short = fc.stringMatching(/^[ab](?:\.?[ab_-]){0,4}$/);
		fc.assert(
			fc.property(short, short, short, short, (channel, group, otherChannel, otherGroup) => {
				fc.pre(channel !== otherChannel || group !== otherGroup);
				const one = groupQueueName({ kind: 'channel', channel }, group, standard);
				const other = groupQueueName({ kind: 'channel', channel: otherChannel }, otherGroup, standard);
				expect(one).not.toBe(other);
			}),
		);
	});

	it('of channels can be read back', () => {
		fc.assert(
			fc.property(names, fc.boolean(), (channel, fifo) => {
				const topic = topicName(channel, { fifo });
				expect(channelOfTopic(topic, { fifo })).toBe(channel);
				expect(channelOfTopic(topic, { fifo: !fifo })).toBeNull();
			}),
		);
		expect(channelOfTopic('orders____dead-letters', standard)).toBeNull();
	});

	it.each([
		['legacy', 'legacy'],
		['legacy.fifo', 'legacy'],
		['https://sqs.eu-west-1.amazonaws.com/123456789012/legacy.fifo', 'legacy'],
		['arn:aws:sqs:eu-west-1:123456789012:legacy', 'legacy'],
	])('of an existing queue given as %s is %s', (given, bare) => {
		expect(bareName(given)).toBe(bare);
	});
});

import type { Source } from '../../broker/types';
import { bareId, channelOfTopic, deadLetterId, deadLetterTopicId, groupId, pathOf, retryId, topicId } from './names';

const ID = /^(?!goog)[A-Za-z][A-Za-z0-9._~+%-]{2,254}$/;
const plain = { lifetime: 'durable', ordered: false } as const;
const orders: Source = { kind: 'channel', channel: 'orders' };

it.each([
	['orders', 'orders'],
	['shop.orders', 'shop.orders'],
	['Orders_1-a', 'Orders_1-a'],
	['1st', 'eb~1st'],
	['ab', 'eb~ab'],
	['google', 'eb~google'],
])('the channel %s is the topic %s, and back', (channel, topic) => {
	expect(topicId(channel)).toBe(topic);
	expect(topic).toMatch(ID);
	expect(channelOfTopic(topic)).toBe(channel);
});

it.each(['orders~billing~retry', 'orders~dead-letters', 'eb~orders', 'eb~existing~x~dead-letters', 'a%20b~c'])(
	'the topic %s is no channel',
	(topic) => {
		expect(channelOfTopic(topic)).toBeNull();
	},
);

it('no two things have one name', () => {
	const existing: Source = { kind: 'existing', name: 'projects/other/subscriptions/orders' };
	const letters = (group: string | null) => ({ kind: 'dead-letters', of: orders, group }) as const;
	const subscriptions = [
		groupId(orders, 'billing', plain),
		groupId(orders, 'billing', { ...plain, ordered: true }),
		groupId(orders, 'billing', { ...plain, lifetime: 'ephemeral' }),
		groupId({ kind: 'channel', channel: 'tmp' }, 'orders', plain),
		groupId({ kind: 'channel', channel: 'existing' }, 'orders', plain),
		groupId(letters('all'), 'alerts', plain),
		groupId(letters(null), 'alerts', plain),
		retryId(orders, 'billing'),
		retryId(existing, 'billing'),
		retryId(letters(null), 'alerts'),
		deadLetterId(orders, 'billing'),
		deadLetterId(existing, 'billing'),
	];
	expect(new Set(subscriptions).size).toBe(subscriptions.length);
	for (const id of [...subscriptions, deadLetterTopicId(orders), deadLetterTopicId(existing)]) expect(id).toMatch(ID);
	expect(groupId(orders, 'billing', plain)).toBe('orders~billing');
});

it('long names stay different and short enough', () => {
	const name = (end: string) => `projects/p/subscriptions/${'x'.repeat(250)}${end}`;
	const [one, two] = ['1', '2'].map((end) => deadLetterId({ kind: 'existing', name: name(end) }, 'g'.repeat(64)));
	expect(one).not.toBe(two);
	for (const id of [one, two]) expect(id).toMatch(ID);
});

it('a path is left as it is', () => {
	expect(pathOf('p', 'topics', 'orders')).toBe('projects/p/topics/orders');
	expect(pathOf('p', 'topics', 'projects/other/topics/orders')).toBe('projects/other/topics/orders');
	expect(bareId('projects/other/topics/orders')).toBe('orders');
});

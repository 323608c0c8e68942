import {
	channelOfTopic,
	channelTopic,
	deadLetterTopic,
	fullName,
	groupOfDeadLetterTopic,
	listenersTopic,
	parseTopic,
	pathOf,
	retryTopic,
	withoutPartition,
} from './names';

const place = { tenant: 'acme', namespace: 'shop' };
const orders = channelTopic('orders', place);

it('copies of a group lie where clients of Java keep theirs', () => {
	expect(fullName(orders)).toBe('persistent://acme/shop/orders');
	expect(retryTopic(orders, 'billing').name).toBe('orders-billing-RETRY');
	expect(deadLetterTopic(orders, 'billing').name).toBe('orders-billing-DLQ');
});

it('two pairs of channel and group never have the same topics', () => {
	const pairs = [
		['orders', 'eu-billing'],
		['orders-eu', 'billing'],
		['orders', 'DLQ-billing'],
		['orders', 'billing'],
	] as const;
	const names = pairs.flatMap(([channel, group]) => {
		const topic = channelTopic(channel, place);
		return [retryTopic(topic, group), deadLetterTopic(topic, group)].map(({ name }) => name);
	});
	const listeners = retryTopic(listenersTopic(orders), 'billing').name;
	expect(new Set([...names, listeners]).size).toBe(names.length + 1);
});

it.each(['orders-billing-RETRY', 'orders-billing-DLQ', 'DLQ-DLQ'])('%s is no name of a channel', (name) => {
	expect(() => channelTopic(name, place)).toThrow(expect.objectContaining({ code: 'settings' }));
	expect(channelOfTopic({ domain: 'persistent', ...place, name })).toBeNull();
});

it('topics of Pulsar itself, and those that show dead letters, are no channels', () => {
	for (const name of ['__change_events', 'orders...DLQ', 'orders..eu-billing-RETRY', 'a topic']) {
		expect(channelOfTopic({ domain: 'persistent', ...place, name })).toBeNull();
	}
	expect(channelOfTopic(orders)).toBe('orders');
	expect(channelOfTopic({ ...orders, domain: 'non-persistent' })).toBeNull();
});

it.each([
	['orders', 'persistent://acme/shop/orders'],
	['other/ns/orders', 'persistent://other/ns/orders'],
	['persistent://other/ns/a topic/with slash', 'persistent://other/ns/a topic/with slash'],
	['non-persistent://other/ns/orders', 'non-persistent://other/ns/orders'],
])('%s of somebody else is %s', (text, name) => {
	expect(fullName(parseTopic(text, place))).toBe(name);
});

it.each(['', 'shop/orders', 'other//orders', 'persistent://'])('"%s" is no topic', (text) => {
	expect(() => parseTopic(text, place)).toThrow(expect.objectContaining({ code: 'settings' }));
});

it('a path carries any name', () => {
	expect(pathOf(parseTopic('a/b/ä c/d', place))).toBe('persistent/a/b/%C3%A4%20c%2Fd');
});

it.each([
	['orders-billing-DLQ', 'billing'],
	['orders..eu-billing-DLQ', 'eu-billing'],
	['orders-eu-billing-DLQ', null],
	['orders-billing-RETRY', null],
	['orders...DLQ', null],
	['other-billing-DLQ', null],
])('%s keeps the dead letters of %s', (name, group) => {
	expect(groupOfDeadLetterTopic({ domain: 'persistent', ...place, name }, orders)).toBe(group);
});

it('the partitions of a topic are one topic', () => {
	expect(withoutPartition({ ...orders, name: 'orders-partition-12' }).name).toBe('orders');
});

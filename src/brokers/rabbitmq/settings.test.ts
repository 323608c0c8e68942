import { checkSettings } from '../../broker/settings';
import { EventBusError } from '../../kernel/errors';
import { rabbitmq } from './manifest';
import { describeSettings, readSettings, settingsFromUrl } from './settings';

const read = (url: string) => readSettings(checkSettings(rabbitmq, settingsFromUrl(url)));

describe('a connection URL', () => {
	it.each([
		['amqp://localhost', { servers: [{ host: 'localhost', port: 5672 }], vhost: '/', tls: null }],
		['amqp://guest:guest@localhost:5673/', { servers: [{ host: 'localhost', port: 5673 }], vhost: '/' }],
		['amqp://h/%2F', { vhost: '/' }],
		['amqp://h/shop', { vhost: 'shop' }],
		['amqp://h/a%2Fb', { vhost: 'a/b' }],
		['amqps://h', { servers: [{ host: 'h', port: 5671 }], tls: { rejectUnauthorized: true } }],
		[
			'amqp://rabbit1,rabbit2:5673,[::1]:5674/shop',
			{
				servers: [
					{ host: 'rabbit1', port: 5672 },
					{ host: 'rabbit2', port: 5673 },
					{ host: '::1', port: 5674 },
				],
			},
		],
		['amqp://us%40er:p%3Ass%2Fword@h', { login: { user: 'us@er', password: 'p:ss/word' } }],
		['amqp://h', { login: { user: 'guest', password: 'guest' } }],
		['amqp://h?queueType=classic&maxPriority=5', { queues: { type: 'classic', maxPriority: 5 } }],
		['amqp://h?deadLetterExchange=company.dead', { queues: { deadLetterExchange: 'company.dead' } }],
	])('%s', (url, expected) => {
		expect(read(url)).toMatchObject(expected);
	});

	it.each([['amqp:h'], ['amqp://h/%zz'], ['amqp://:70000'], ['amqp://h:0'], ['amqp://h,x y']])(
		'that cannot be read is refused without being told: %s',
		(url) => {
			expect(() => read(url)).toThrow(EventBusError);
		},
	);

	it('never shows a password', () => {
		expect(describeSettings(settingsFromUrl('amqp://user:secret@rabbit1,rabbit2/shop'))).toBe(
			'RabbitMQ rabbit1,rabbit2, shop',
		);
		expect(() => settingsFromUrl('amqp://user:sec%ret@h')).not.toThrow(/sec/);
	});
});

describe('queue arguments', () => {
	it('keep the types of their values', () => {
		const text = '{ "x-quorum-initial-group-size": 3, "x-queue-leader-locator": "balanced", "x-flag": true }';
		expect(readSettings({ hosts: 'h', queueArguments: text }).queues.arguments).toEqual({
			'x-quorum-initial-group-size': 3,
			'x-queue-leader-locator': 'balanced',
			'x-flag': true,
		});
	});

	it.each([['not json'], ['[1]'], ['{ "x-delivery-limit": 3 }'], ['{ "x-a": { "b": 1 } }']])('refuses %s', (text) => {
		expect(() => readSettings({ hosts: 'h', queueArguments: text })).toThrow(/Queue Arguments/);
	});
});

it.each([
	[{ hosts: '' }, /Hosts/],
	[{ hosts: 'h', maxPriority: 300, queueType: 'classic' }, /Highest Priority/],
	[{ hosts: 'h', login: 'certificate' }, /needs TLS and a client certificate/],
])('refuses %j', (native, message) => {
	expect(() => readSettings(native)).toThrow(message);
});

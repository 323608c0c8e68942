import { brokerFromUrl } from '../../broker/registry';
import { checkSettings } from '../../broker/settings';
import { redisPubSub } from './pubSub/manifest';
import { readSettings, type RedisSettings } from './settings';
import { redisStreams } from './streams/manifest';

const fromUrl = (url: string): RedisSettings => readSettings(brokerFromUrl(url).settings);
const login = { user: '', password: '', database: 0, tls: null };
const tls = { rejectUnauthorized: true };

describe('a connection URL', () => {
	it.each<[string, object]>([
		['redis://', { ...login, mode: 'standalone', address: { host: 'localhost', port: 6379 } }],
		['redis://cache', { ...login, mode: 'standalone', address: { host: 'cache', port: 6379 } }],
		['redis://[::1]:7000/3', { ...login, mode: 'standalone', address: { host: '::1', port: 7000 }, database: 3 }],
		['rediss://cache:7000', { ...login, mode: 'standalone', address: { host: 'cache', port: 7000 }, tls }],
		[
			'redis://:p%40ss%2Fw:rd@cache',
			{ ...login, mode: 'standalone', password: 'p@ss/w:rd', address: { host: 'cache', port: 6379 } },
		],
		[
			'redis://shop:secret@cache',
			{ ...login, mode: 'standalone', user: 'shop', password: 'secret', address: { host: 'cache', port: 6379 } },
		],
		[
			'rediss+cluster://a:7000,b',
			{
				...login,
				mode: 'cluster',
				nodes: [
					{ host: 'a', port: 7000 },
					{ host: 'b', port: 6379 },
				],
				tls,
			},
		],
		[
			'redis+sentinel://:secret@a,b:7000/shop/2?sentinelPassword=other',
			{
				...login,
				mode: 'sentinel',
				sentinels: [
					{ host: 'a', port: 26379 },
					{ host: 'b', port: 7000 },
				],
				master: 'shop',
				sentinelUser: '',
				sentinelPassword: 'other',
				password: 'secret',
				database: 2,
			},
		],
		['redis-pubsub://cache/3', { ...login, mode: 'standalone', address: { host: 'cache', port: 6379 } }],
		['rediss-pubsub+cluster://cache', { ...login, mode: 'cluster', nodes: [{ host: 'cache', port: 6379 }], tls }],
	])('%s', (url, expected) => {
		expect(fromUrl(url)).toEqual(expected);
	});

	it.each([
		['redis://a,b', 'One Redis server has one address'],
		['redis://a:99999', 'is no address'],
		['redis://a/x', 'Database'],
		['redis://u:%zz@a', 'cannot be read'],
		['redis://a?colour=red', 'colour'],
	])('%s is refused', (url, says) => {
		expect(() => fromUrl(url)).toThrow(says);
	});

	it('with a password stands in no error', () => {
		expect.assertions(1);
		try {
			fromUrl('redis://user:hun#ter2@cache');
		} catch (error) {
			expect(String(error)).not.toContain('hun');
		}
	});
});

describe('settings', () => {
	it('are described by their address, without secrets', () => {
		const settings = checkSettings(redisStreams, { addresses: 'cache:7000', user: 'shop', password: 'secret' });
		expect(redisStreams.describe(settings)).toBe('Redis Streams cache:7000');
		expect(redisPubSub.describe(settings)).toBe('Redis Pub/Sub cache:7000');
	});

	it('of another mode are left out, as the form leaves them', () => {
		const settings = checkSettings(redisStreams, { mode: 'cluster', addresses: 'a', database: 5, sentinelMaster: 'x' });
		expect(readSettings(settings)).toMatchObject({ mode: 'cluster', database: 0 });
	});

	it('of a database in a Cluster are refused', () => {
		expect(() => readSettings({ mode: 'cluster', addresses: 'a', database: 1 })).toThrow('has no database 1');
	});

	it('keep the blanks of a password', () => {
		expect(readSettings({ addresses: 'a', password: ' x ' }).password).toBe(' x ');
	});
});

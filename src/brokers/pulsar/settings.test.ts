import { fromConnectionUrl } from '../../broker/connectionUrl';
import { checkSettings } from '../../broker/settings';
import type { Native } from '../../broker/types';
import { pulsar } from './manifest';
import { describeSettings, readSettings } from './settings';

const read = (values: Native) => readSettings(checkSettings(pulsar, values));
const fromUrl = (url: string) => fromConnectionUrl(url, [pulsar]).settings;

describe('the settings of Pulsar', () => {
	it.each([
		['pulsar://localhost', 'ws://localhost:8080', 'http://localhost:8080'],
		['pulsar:', 'ws://localhost:8080', 'http://localhost:8080'],
		['pulsars://pulsar.example.com', 'wss://pulsar.example.com:8443', 'https://pulsar.example.com:8443'],
		['pulsar://[::1]:8081', 'ws://[::1]:8081', 'http://[::1]:8081'],
		['pulsar://ws:8080?admin=none', 'ws://ws:8080', null],
		['pulsar://ws:8080?adminUrl=http://broker:8081', 'ws://ws:8080', 'http://broker:8081'],
	])('%s is reached at %s, its admin API at %s', (url, socketUrl, adminUrl) => {
		expect(readSettings(fromUrl(url))).toMatchObject({ socketUrl, adminUrl });
	});

	it('a URL names tenant and namespace, and may bring a token', () => {
		const url = 'pulsars://aaa.bbb-_.ccc@pulsar.example.com:443/acme/shop';
		expect(readSettings(fromUrl(url))).toMatchObject({ tenant: 'acme', namespace: 'shop', token: 'aaa.bbb-_.ccc' });
		expect(readSettings(fromUrl('pulsar://:aaa@host'))).toMatchObject({ token: 'aaa', tenant: 'public' });
		expect(readSettings(fromUrl('pulsar://host?token=aaa'))).toMatchObject({ token: 'aaa', namespace: 'default' });
		expect(readSettings(fromUrl('pulsar://host'))).toMatchObject({ token: null, tls: null });
	});

	it('a host may be pasted as a URL', () => {
		expect(read({ host: 'http://pulsar.example.com:8080/' }).socketUrl).toBe('ws://pulsar.example.com:8080');
	});

	it.each([
		[{ host: 'pulsar.example.com:6650' }, 'binary protocol'],
		[{ host: 'a host' }, 'host:port'],
		[{ login: 'token', token: ' ' }, ''],
		[{ admin: 'other', adminUrl: 'broker:8080' }, 'without a path'],
		[{ tenant: 'a/b' }, 'letters'],
		[{ maxFrameBytes: 10 }, 'whole number'],
	])('%j is refused', (values, hint) => {
		expect(() => read(values)).toThrow(
			expect.objectContaining({ code: 'settings', hint: expect.stringContaining(hint) }),
		);
	});

	it('a URL that cannot be read is not repeated, for it may hold a token', () => {
		expect(() => fromUrl('pulsar://secret@a@b/c/d/e')).toThrow(
			expect.objectContaining({ code: 'settings', message: expect.not.stringContaining('secret') }),
		);
	});

	it('are described without the token', () => {
		const url = 'pulsar://secret@pulsar.example.com/acme/shop';
		expect(describeSettings(fromUrl(url))).toBe('Pulsar pulsar.example.com, acme/shop');
	});
});

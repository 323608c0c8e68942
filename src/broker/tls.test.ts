import { readTls } from './tls';

describe('TLS settings', () => {
	it.each([
		['off', { tls: false, tlsCa: 'x' }, null],
		['on', { tls: true }, { rejectUnauthorized: true }],
		['unverified', { tls: true, tlsVerify: false }, { rejectUnauthorized: false }],
		['with a private authority', { tls: true, tlsCa: 'a\\nb ' }, { ca: 'a\nb', rejectUnauthorized: true }],
		[
			'mutual',
			{ tls: true, tlsCertificate: 'c', tlsKey: 'k', tlsPassphrase: 'p', tlsServerName: 's' },
			{ cert: 'c', key: 'k', passphrase: 'p', servername: 's', rejectUnauthorized: true },
		],
	])('%s', (_name, settings, expected) => {
		expect(readTls(settings)).toEqual(expected);
	});

	it('refuse a certificate without its key', () => {
		expect(() => readTls({ tls: true, tlsCertificate: 'c' })).toThrow('certificate without its key');
	});
});

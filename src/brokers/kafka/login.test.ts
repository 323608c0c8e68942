/**
 * Tokens: how long one is used, and what is made for Amazon MSK. No server of ours can check the latter, so its parts are
 * compared with what AWS documents.
 */
import { bearerLogin } from './bearerLogin';
import { renewed, saslOptions } from './login';

const MINUTE_MS = 60_000;

describe('a token', () => {
	it.each([
		['is used as long as it holds', 10 * MINUTE_MS, ['one', 'one']],
		['is replaced before it expires', MINUTE_MS, ['one', 'two']],
	])('%s', async (_says, lifeMs, expected) => {
		const values = ['one', 'two'];
		const token = renewed(async () => ({ value: values.shift() ?? '', expiresAt: Date.now() + lifeMs }));
		expect([await token(), await token()]).toEqual(expected);
	});

	it('is fetched once for connections that are opened together', async () => {
		let fetched = 0;
		const token = renewed(async () => ({ value: String((fetched += 1)), expiresAt: Date.now() + 10 * MINUTE_MS }));
		expect(await Promise.all([token(), token(), token()])).toEqual(['1', '1', '1']);
	});

	it('is fetched again after a failure', async () => {
		let tries = 0;
		const token = renewed(async () => {
			tries += 1;
			if (tries === 1) throw new Error('away');
			return { value: 'second', expiresAt: Date.now() + 10 * MINUTE_MS };
		});
		await expect(token()).rejects.toThrow('away');
		expect(await token()).toBe('second');
	});
});

describe('the login by token', () => {
	const login = (answer: string) => {
		const sent: Buffer[] = [];
		const provider = bearerLogin(async () => 'the-token')({
			saslAuthenticate: async ({ request, response }) => {
				sent.push(await request.encode());
				await response.parse(await response.decode(lengthPrefixed(answer)));
			},
		});
		return { sent, authenticate: provider.authenticate };
	};

	it('sends the token as RFC 7628 says', async () => {
		const { sent, authenticate } = login('');
		await authenticate();
		expect(sent).toEqual([lengthPrefixed('n,,\u0001auth=Bearer the-token\u0001\u0001')]);
	});

	it('fails with the reason of the server, and without the token', async () => {
		const refused = login('{"status":"invalid_token","scope":"kafka"}').authenticate();
		await expect(refused).rejects.toMatchObject({ code: 'auth', message: expect.stringContaining('invalid_token') });
		await expect(refused).rejects.not.toThrow(/the-token/);
	});
});

it('signs a URL of the cluster for Amazon MSK', async () => {
	const keys = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'example-secret', sessionToken: 'session' };
	const sasl = saslOptions({ mechanism: 'aws-msk-iam', region: 'eu-central-1', keys });
	if (sasl?.mechanism !== 'oauthbearer') throw new Error('It is no login by token');
	let sent = '';
	const { authenticate } = sasl.authenticationProvider({
		saslAuthenticate: async ({ request }) => (sent = (await request.encode()).toString()),
	});
	await authenticate();
	const token = /Bearer ([A-Za-z0-9_-]+)/.exec(sent)?.[1] ?? '';
	const url = new URL(Buffer.from(token, 'base64url').toString());
	expect(url.origin).toBe('https://kafka.eu-central-1.amazonaws.com');
	expect(Object.fromEntries(url.searchParams)).toMatchObject({
		Action: 'kafka-cluster:Connect',
		'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
		'X-Amz-Credential': expect.stringMatching(
			/^AKIAIOSFODNN7EXAMPLE\/\d{8}\/eu-central-1\/kafka-cluster\/aws4_request$/,
		),
		'X-Amz-Expires': '900',
		'X-Amz-Security-Token': 'session',
		'X-Amz-SignedHeaders': 'host',
		'X-Amz-Signature': expect.stringMatching(/^[0-9a-f]{64}$/),
	});
	expect(sent).not.toContain('example-secret');
});

function lengthPrefixed(text: string): Buffer {
	const length = Buffer.alloc(4);
	length.writeInt32BE(Buffer.byteLength(text));
	return Buffer.concat([length, Buffer.from(text)]);
}

import { checkSettings } from '../../broker/settings';
import { googlePubSub } from './manifest';
import { describeSettings, readSettings, settingsFromUrl } from './settings';

const KEY = { type: 'service_account', project_id: 'of-the-key', client_email: 'n8n@x', private_key: 'PRIVATE\\nKEY' };

/** As the credential or EVENT_BUS_URL is read. */
function read(url: string, environment: NodeJS.ProcessEnv = {}) {
	return readSettings(checkSettings(googlePubSub, settingsFromUrl(url)), environment);
}

function withKey(query = ''): string {
	return `pubsub://?serviceAccount=${encodeURIComponent(JSON.stringify(KEY))}${query}`;
}

it('the simplest URL means Google itself, with the login of what runs here', () => {
	expect(read('pubsub://my-project')).toEqual({
		project: 'my-project',
		account: null,
		emulator: null,
		endpoint: null,
		tls: { rejectUnauthorized: true },
		filter: false,
		historyDays: 0,
	});
});

it.each([
	['an emulator', 'pubsub://p-1?emulator=localhost:9000', { emulator: { host: 'localhost', port: 9000 } }],
	['its usual port', 'pubsub://p-1?emulator=localhost', { emulator: { host: 'localhost', port: 8085 } }],
	[
		'an endpoint',
		'pubsub://p-1?endpoint=eu-pubsub.googleapis.com',
		{ endpoint: { host: 'eu-pubsub.googleapis.com', port: 443 } },
	],
	['a key', withKey(), { account: { email: 'n8n@x', privateKey: 'PRIVATE\nKEY' }, project: 'of-the-key' }],
	['a key for another project', withKey('&project=my-project'), { project: 'my-project' }],
	['a project of an organisation', 'pubsub://example.com:my-project', { project: 'example.com:my-project' }],
	['a filter and history', 'pubsub://p-1?filter=true&historyDays=7', { filter: true, historyDays: 7 }],
])('a URL names %s', (_what, url, expected) => {
	expect(read(url)).toMatchObject(expected);
});

it('the environment fills what is not given, as with every client of Google', () => {
	const environment = { GOOGLE_CLOUD_PROJECT: 'of-the-host', PUBSUB_EMULATOR_HOST: 'localhost:1234' };
	const emulator = { host: 'localhost', port: 1234 };
	expect(read('pubsub://', environment)).toMatchObject({ project: 'of-the-host', emulator, account: null });
	expect(read(withKey(), environment)).toMatchObject({ project: 'of-the-host', emulator, account: null });
	expect(read('pubsub://my-project', {})).toMatchObject({ emulator: null });
});

it.each([
	['a name as project', 'pubsub://My%20Project', 'no ID of a project'],
	['an emulator without a project', 'pubsub://?emulator=localhost', 'has no project'],
	['no emulator', 'pubsub://p-1?login=none', 'no login and no emulator'],
	['an address with a path', 'pubsub://p-1?endpoint=https://x/y', 'no address of an endpoint'],
	['a key that is no JSON', 'pubsub://?serviceAccount=secret-text', 'is no JSON'],
	['a key of another kind', 'pubsub://?serviceAccount={"type":"secret-text"}', 'client_email or private_key'],
	['no TLS', 'pubsub://p-1?tls=false', 'over TLS only'],
	['a long history', 'pubsub://p-1?historyDays=32', 'for 32 days'],
	['a login in the URL', 'pubsub://secret-text@p-1', 'cannot be read'],
])('refuses %s, without secrets', (_what, url, message) => {
	const attempt = () => read(url);
	expect(attempt).toThrow(message);
	expect(attempt).not.toThrow('secret-text');
});

it('says where events go', () => {
	expect(describeSettings(settingsFromUrl('pubsub://my-project?emulator=localhost:8085'))).toBe(
		'Google Pub/Sub my-project localhost:8085',
	);
	expect(describeSettings(settingsFromUrl(withKey()))).toBe('Google Pub/Sub');
});

/**
 * What a credential or a URL says, as the adapter understands it.
 */
import { fromConnectionUrl } from '../../broker/connectionUrl';
import { checkSettings } from '../../broker/settings';
import type { Native } from '../../broker/types';
import { kafka } from './manifest';
import { readSettings, type KafkaSettings } from './settings';

const fromUrl = (url: string): KafkaSettings => readSettings(fromConnectionUrl(url, [kafka]).settings);
const from = (native: Native): KafkaSettings => readSettings(checkSettings(kafka, native));

it.each<[string, Partial<KafkaSettings>]>([
	['kafka://localhost', { servers: [{ host: 'localhost', port: 9092 }], login: { mechanism: 'none' }, tls: null }],
	[
		'kafka://one:9093,two,[::1]:9095/',
		{
			servers: [
				{ host: 'one', port: 9093 },
				{ host: 'two', port: 9092 },
				{ host: '::1', port: 9095 },
			],
		},
	],
	[
		'kafkas://user:p%40ss:word@one:9093',
		{ login: { mechanism: 'plain', user: 'user', password: 'p@ss:word' }, tls: { rejectUnauthorized: true } },
	],
	[
		'kafka://user:secret@one?saslMechanism=scram-sha-512&partitions=3&replicationFactor=2&compression=zstd',
		{
			login: { mechanism: 'scram-sha-512', user: 'user', password: 'secret' },
			partitions: 3,
			replicationFactor: 2,
			compression: 'zstd',
		},
	],
	[
		'kafka://one?saslMechanism=oauthbearer&tokenUrl=https%3A%2F%2Fid.example.com%2Ftoken&clientId=c&clientSecret=s',
		{
			login: {
				mechanism: 'oauthbearer',
				tokenUrl: 'https://id.example.com/token',
				clientId: 'c',
				clientSecret: 's',
				scope: '',
			},
		},
	],
	[
		'kafkas://one:9098?saslMechanism=aws-msk-iam&awsRegion=eu-central-1',
		{ login: { mechanism: 'aws-msk-iam', region: 'eu-central-1', keys: null } },
	],
])('%s', (url, expected) => {
	expect(fromUrl(url)).toMatchObject(expected);
});

it('takes the keys of AWS when they are given', () => {
	const login = { saslMechanism: 'aws-msk-iam', awsRegion: 'eu-central-1', tls: true };
	const keys = { accessKeyId: 'AKIA', secretAccessKey: 'secret', sessionToken: '' };
	expect(from({ ...login, awsAccessKeyId: 'AKIA', awsSecretAccessKey: 'secret' }).login).toMatchObject({ keys });
});

it.each<[string, Native]>([
	['no server', { brokers: ' , ' }],
	['a server that is a URL', { brokers: 'http://one:9092' }],
	['a port that is none', { brokers: 'one:99999' }],
	['no partitions', { brokers: 'one', partitions: 0 }],
	['half a partition', { brokers: 'one', partitions: 1.5 }],
	['no replicas', { brokers: 'one', replicationFactor: 0 }],
	['a login without a user', { brokers: 'one', saslMechanism: 'plain' }],
	[
		'half a key of AWS',
		{ brokers: 'one', tls: true, saslMechanism: 'aws-msk-iam', awsRegion: 'x', awsAccessKeyId: 'a' },
	],
	['an IAM login without TLS', { brokers: 'one', saslMechanism: 'aws-msk-iam', awsRegion: 'x' }],
])('refuses %s, and says what to change', (_says, native) => {
	expect(() => from(native)).toThrow(expect.objectContaining({ code: 'settings', hint: expect.any(String) }));
});

it.each(['kafka://', 'kafka://u:%zz@one', 'kafka:one'])('refuses the URL %s', (url) => {
	expect(() => fromUrl(url)).toThrow(expect.objectContaining({ code: 'settings', hint: expect.any(String) }));
});

it('tells where the events go without secrets', () => {
	const { settings } = fromConnectionUrl('kafka://user:secret@one:9092,two:9092', [kafka]);
	expect(kafka.describe(settings)).toBe('Kafka one:9092,two:9092');
});

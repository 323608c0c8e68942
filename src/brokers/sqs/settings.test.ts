import { fromConnectionUrl } from '../../broker/connectionUrl';
import { EventBusError } from '../../kernel/errors';
import { sqs } from './manifest';
import { describeSettings, readSettings, type SqsSettings } from './settings';

const none = {};

function fromUrl(url: string, environment: NodeJS.ProcessEnv = none): SqsSettings {
	return readSettings(fromConnectionUrl(url, [sqs]).settings, environment);
}

describe('the URL of SQS', () => {
	it.each<[string, Partial<SqsSettings>]>([
		['sqs://eu-west-1', { region: 'eu-west-1', keys: null, role: null, endpoint: null, fifo: false, waitSeconds: 20 }],
		['sqs://AKIA1:SECRET@eu-west-1', { keys: { accessKeyId: 'AKIA1', secretAccessKey: 'SECRET', sessionToken: '' } }],
		['sqs://AKIA1:a/b+c==@eu-west-1', { keys: { accessKeyId: 'AKIA1', secretAccessKey: 'a/b+c==', sessionToken: '' } }],
		['sqs://AKIA1:a%2Fb@eu-west-1', { keys: { accessKeyId: 'AKIA1', secretAccessKey: 'a/b', sessionToken: '' } }],
		[
			'sqs://eu-west-1?accessKeyId=A&secretAccessKey=S&sessionToken=T',
			{ keys: { accessKeyId: 'A', secretAccessKey: 'S', sessionToken: 'T' } },
		],
		[
			'sqs://eu-west-1?roleArn=arn:aws:iam::123456789012:role/n8n&externalId=x',
			{ role: { arn: 'arn:aws:iam::123456789012:role/n8n', externalId: 'x' } },
		],
		['sqs://a:b@us-east-1?endpoint=http://127.0.0.1:4566', { region: 'us-east-1', endpoint: 'http://127.0.0.1:4566' }],
		['sqs://eu-west-1?fifo=true&filter=true&waitSeconds=5', { fifo: true, filter: true, waitSeconds: 5 }],
	])('%s', (url, expected) => {
		expect(fromUrl(url)).toMatchObject(expected);
	});

	it('may leave the region to the environment', () => {
		expect(fromUrl('sqs:', { AWS_REGION: 'eu-west-3' }).region).toBe('eu-west-3');
		expect(fromUrl('sqs://', { AWS_DEFAULT_REGION: 'eu-west-2' }).region).toBe('eu-west-2');
	});

	it.each([
		['sqs:', /no region/],
		['sqs://eu-west-1?roleArn=n8n', /no ARN of a role/],
		['sqs://eu-west-1?externalId=x', /external ID without a role/],
		['sqs://eu-west-1?endpoint=localhost', /no endpoint/],
		['sqs://eu-west-1?accountId=7', /no number of an AWS account/],
		['sqs://eu-west-1?waitSeconds=30', /cannot wait/],
		['sqs://AKIA1@eu-west-1', /Secret Access Key/],
		['sqs://eu-west-1/path', /cannot be read/],
	])('%s says what is wrong', (url, expected) => {
		expect(() => fromUrl(url)).toThrow(expected);
		expect(() => fromUrl(url)).toThrow(EventBusError);
	});

	it('never shows a key', () => {
		const { settings } = fromConnectionUrl('sqs://AKIA1:SECRET@eu-west-1?endpoint=http://localhost:1', [sqs]);
		expect(describeSettings(settings)).toBe('AWS SQS/SNS eu-west-1 http://localhost:1');
		const broken = () => fromUrl('sqs://AKIA1:SEC%RET@eu-west-1');
		expect(broken).toThrow(/cannot be read/);
		expect(broken).not.toThrow(/SEC/);
	});
});

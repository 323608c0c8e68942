/**
 * moto, a second emulator of AWS: another reading of the same documentation, with roles and rights.
 */
import { freePort } from '../../../scripts/n8n/freePort';
import { serverFolder } from '../../../scripts/servers/serverFolder';
import { accepts, ServerProcess } from '../../../scripts/servers/serverProcess';
import { ensurePackages, type PythonPackages } from '../../interop/python';
import { runProgram } from '../../interop/foreignProgram';
import { join } from 'node:path';

const MOTO: PythonPackages = { packages: { 'moto[server]': '5.2.5' }, modules: ['moto.server'] };
const HOST = '127.0.0.1';

export interface Moto extends AsyncDisposable {
	readonly endpoint: string;
	/** From now on a login must be known, and may do what its policies say. */
	askForRights(): Promise<void>;
	/** From now on everybody may do everything. */
	askForNothing(): Promise<void>;
	/** A user with these actions allowed, on everything. @returns its keys */
	makeUser(name: string, actions: readonly string[]): Promise<{ readonly id: string; readonly secret: string }>;
	/** A role that can be taken on with this external id. @returns its ARN */
	makeRole(name: string): Promise<string>;
}

export async function startMoto(): Promise<Moto> {
	const python = await ensurePackages(MOTO);
	const folder = await serverFolder('moto', undefined);
	const port = await freePort(0);
	const endpoint = `http://${HOST}:${port}`;
	const process = new ServerProcess({
		title: 'moto',
		command: python,
		args: ['-m', 'moto.server', '-H', HOST, '-p', String(port)],
		cwd: folder.path,
		logFile: join(folder.path, 'moto.log'),
		isReady: async () => await accepts(port),
	});
	await process.start();
	const iam = async (script: string, ...args: readonly string[]) => {
		const output = await runProgram(python, ['-c', `${START}${script}`, endpoint, ...args]);
		return JSON.parse(output.toString()) as Readonly<Record<string, string>>;
	};
	const setAuth = async (afterCalls: string) => {
		await fetch(`${endpoint}/moto-api/reset-auth`, { method: 'POST', body: afterCalls });
	};
	return {
		endpoint,
		askForRights: async () => await setAuth('0'),
		askForNothing: async () => await setAuth('inf'),
		makeUser: async (name, actions) => {
			const { id = '', secret = '' } = await iam(USER, name, JSON.stringify(actions));
			return { id, secret };
		},
		makeRole: async (name) => (await iam(ROLE, name))['arn'] ?? '',
		[Symbol.asyncDispose]: async () => {
			await process.kill();
			await folder.release();
		},
	};
}

const START = `
import boto3, json, sys
iam = boto3.client('iam', endpoint_url=sys.argv[1], region_name='us-east-1',
    aws_access_key_id='test', aws_secret_access_key='test')
`;

const USER = `
iam.create_user(UserName=sys.argv[2])
policy = {'Version': '2012-10-17', 'Statement': [
    {'Effect': 'Allow', 'Action': json.loads(sys.argv[3]), 'Resource': '*'}]}
iam.put_user_policy(UserName=sys.argv[2], PolicyName='p', PolicyDocument=json.dumps(policy))
key = iam.create_access_key(UserName=sys.argv[2])['AccessKey']
print(json.dumps({'id': key['AccessKeyId'], 'secret': key['SecretAccessKey']}))
`;

const ROLE = `
trust = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Principal': {'AWS': '*'},
    'Action': 'sts:AssumeRole', 'Condition': {'StringEquals': {'sts:ExternalId': 'n8n'}}}]}
print(json.dumps({'arn': iam.create_role(RoleName=sys.argv[2], AssumeRolePolicyDocument=json.dumps(trust))['Role']['Arn']}))
`;

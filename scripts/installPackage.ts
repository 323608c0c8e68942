/**
 * Installs the packed package into an n8n user folder, step by step as n8n's own installer of community nodes does, so
 * that what runs here is what a user gets, type names (n8n-nodes-event-bus.*) included.
 */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Log } from './toolchain/log';
import { npm } from './toolchain/npm';
import { runLogged } from './toolchain/runLogged';

const PACKAGE = 'n8n-nodes-event-bus';

interface Ledger {
	name: string;
	private: boolean;
	dependencies: Record<string, string>;
}

/**
 * Does nothing when that very tarball is installed already.
 *
 * @param userFolder what N8N_USER_FOLDER will be
 * @returns the folder of the installed package
 * @throws SetupError
 */
export async function installPackage(tarball: string, userFolder: string, log: Log): Promise<string> {
	const nodes = join(userFolder, '.n8n', 'nodes');
	const target = join(nodes, 'node_modules', PACKAGE);
	const marker = join(nodes, `${PACKAGE}.installed-from`);
	const content = createHash('sha256')
		.update(await readFile(tarball))
		.digest('hex');
	if ((await readFile(marker, 'utf8').catch(() => '')) === content) return target;

	const staging = join(nodes, `staging-${process.pid}`);
	const logFile = join(nodes, 'install.log');
	await mkdir(staging, { recursive: true });
	try {
		await runLogged({
			command: 'tar',
			args: ['-xzf', tarball, '-C', staging, '--strip-components=1'],
			cwd: nodes,
			logFile,
		});
		const version = await strip(join(staging, 'package.json'));
		await npm({
			args: [
				'install',
				'--audit=false',
				'--fund=false',
				'--bin-links=false',
				'--install-strategy=shallow',
				'--ignore-scripts=true',
				'--package-lock=false',
			],
			cwd: staging,
			logFile,
			log,
		});
		await rm(marker, { force: true });
		await rm(target, { recursive: true, force: true });
		await mkdir(join(nodes, 'node_modules'), { recursive: true });
		await rename(staging, target);
		await register(nodes, version);
		await writeFile(marker, content);
	} finally {
		await rm(staging, { recursive: true, force: true });
	}
	return target;
}

/** n8n removes these before it runs npm: a peer would bring a second n8n-workflow. @returns the version */
async function strip(packageJson: string): Promise<string> {
	const manifest = JSON.parse(await readFile(packageJson, 'utf8')) as Record<string, unknown>;
	for (const key of ['devDependencies', 'peerDependencies', 'optionalDependencies']) {
		Reflect.deleteProperty(manifest, key);
	}
	await writeFile(packageJson, JSON.stringify(manifest, null, 2));
	return String(manifest['version']);
}

/** n8n's list of what it has installed, kept beside the packages. */
async function register(nodes: string, version: string): Promise<void> {
	const file = join(nodes, 'package.json');
	const text = await readFile(file, 'utf8').catch(() => null);
	const ledger: Ledger = text
		? (JSON.parse(text) as Ledger)
		: { name: 'installed-nodes', private: true, dependencies: {} };
	ledger.dependencies[PACKAGE] = version;
	await writeFile(file, JSON.stringify(ledger, null, 2));
}

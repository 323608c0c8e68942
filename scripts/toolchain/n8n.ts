/**
 * The full n8n, installed once for the user, from the npm registry.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { N8N_VERSION } from '../versions';
import { installOnce, isUsable } from './installOnce';
import type { Log } from './log';
import { ensureNode, withNode, type NodeRuntime } from './nodeRuntime';
import { npm } from './npm';
import { cacheFolder } from './paths';

export interface N8nInstallation {
	/** The folder that holds node_modules. */
	readonly root: string;
	/** n8n's start file; run it with `node`. */
	readonly bin: string;
	readonly node: NodeRuntime;
}

/** The only ones n8n cannot start without; the rest of its install scripts are not run. */
const NATIVE_MODULES = ['sqlite3', 'isolated-vm'];

/** @throws SetupError */
export async function ensureN8n(log: Log): Promise<N8nInstallation> {
	const node = await ensureNode(log);
	const install = { title: `n8n ${N8N_VERSION} (2.9 GB, 4 to 8 minutes, only this once)`, ...place(node) };
	await installOnce(
		{
			...install,
			install: async (folder, logFile) => {
				await installInto(folder, logFile, node, log);
			},
		},
		log,
	);
	return { root: install.folder, bin: join(install.folder, 'node_modules', 'n8n', 'bin', 'n8n'), node };
}

/** The node_modules of the full n8n if it is there already; null if not, for it is never installed for this. */
export async function installedN8nModules(log: Log): Promise<string | null> {
	const { folder, check } = place(await ensureNode(log));
	return (await isUsable({ folder, check })) ? join(folder, 'node_modules') : null;
}

function place(node: NodeRuntime): { folder: string; check: (folder: string) => Promise<boolean> } {
	return {
		folder: join(cacheFolder(), `n8n-${N8N_VERSION}`),
		check: async (folder) => await works(folder, node),
	};
}

async function installInto(folder: string, logFile: string, node: NodeRuntime, log: Log): Promise<void> {
	const call = { cwd: folder, logFile, log };
	await npm({
		...call,
		args: ['install', `n8n@${N8N_VERSION}`, '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder],
		env: withNode(node),
	});
	log('  building its native modules');
	await npm({
		...call,
		args: ['rebuild', ...NATIVE_MODULES, '--foreground-scripts', '--prefix', folder],
		// Headers we have need not be downloaded, and are certainly those of this Node.
		env: { ...withNode(node), ...(node.headers ? { npm_config_nodedir: node.headers } : {}) },
	});
}

async function works(folder: string, node: NodeRuntime): Promise<boolean> {
	const probe = `for (const name of ${JSON.stringify(NATIVE_MODULES)}) require(name);
		process.stdout.write(require('n8n/package.json').version)`;
	try {
		return (await promisify(execFile)(node.bin, ['-e', probe], { cwd: folder })).stdout === N8N_VERSION;
	} catch {
		return false;
	}
}

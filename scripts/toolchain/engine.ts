/**
 * n8n's workflow engine without the rest of n8n: enough to run workflows in this process, a tenth of the time to set up.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ENGINE_PACKAGES } from '../versions';
import { installOnce } from './installOnce';
import type { Log } from './log';
import { installedN8nModules } from './n8n';
import { npm } from './npm';
import { cacheFolder } from './paths';

export interface EngineInstallation {
	/** The node_modules to load n8n-core, n8n-workflow and n8n-nodes-base from. Belongs into NODE_PATH. */
	readonly nodePath: string;
}

/** Takes the copy inside the full n8n when that is installed: the versions are the same. @throws SetupError */
export async function ensureEngine(log: Log): Promise<EngineInstallation> {
	const within = await installedN8nModules(log);
	if (within) return { nodePath: within };
	const folder = join(cacheFolder(), `engine-${ENGINE_PACKAGES['n8n-core']}`);
	await installOnce(
		{
			title: `n8n's workflow engine ${ENGINE_PACKAGES['n8n-core']} (850 MB, about 2 minutes, only this once)`,
			folder,
			check: async (at) =>
				await Promise.resolve(
					Object.keys(ENGINE_PACKAGES).every((name) => existsSync(join(at, 'node_modules', name, 'package.json'))),
				),
			install: async (at, logFile) => {
				const wanted = Object.entries(ENGINE_PACKAGES).map(([name, version]) => `${name}@${version}`);
				const args = ['install', ...wanted, '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', at];
				await npm({ args, cwd: at, logFile, log });
			},
		},
		log,
	);
	return { nodePath: join(folder, 'node_modules') };
}

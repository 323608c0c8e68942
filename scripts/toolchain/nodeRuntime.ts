/**
 * The Node that n8n needs, from the npm registry when the user's own is another.
 *
 * This file runs on Node 20, so it uses nothing newer.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { NODE_VERSION } from '../versions';
import { installOnce } from './installOnce';
import type { Log } from './log';
import { npm } from './npm';
import { cacheFolder } from './paths';

const MAJOR = Number.parseInt(NODE_VERSION, 10);

export interface NodeRuntime {
	/** The executable. */
	readonly bin: string;
	/** Its C headers, for native modules; null: unknown, node-gyp fetches them. */
	readonly headers: string | null;
}

/** @throws SetupError */
export async function ensureNode(log: Log): Promise<NodeRuntime> {
	// Exactly this major: the native modules in the cache are compiled for it.
	if (Number.parseInt(process.versions.node, 10) === MAJOR) return runtime(process.execPath);
	const folder = join(cacheFolder(), `node-${NODE_VERSION}`);
	await installOnce(
		{
			title: `Node ${NODE_VERSION} for n8n (30 to 100 MB, only this once)`,
			folder,
			check: async (at) => (await versionOf(executableIn(at))) === `v${NODE_VERSION}`,
			install: async (at, logFile) => {
				await install(at, logFile, log);
			},
		},
		log,
	);
	return runtime(executableIn(folder));
}

/** An environment in which `node` is that Node, for npm and what it starts. */
export function withNode({ bin }: NodeRuntime): Record<string, string> {
	const separator = process.platform === 'win32' ? ';' : ':';
	return { PATH: `${dirname(bin)}${separator}${process.env.PATH ?? ''}` };
}

async function install(folder: string, logFile: string, log: Log): Promise<void> {
	const base = { cwd: folder, logFile, log };
	const quiet = ['--no-audit', '--no-fund', '--prefix', folder];
	try {
		await npm({ ...base, args: ['install', `${platformPackage()}@${NODE_VERSION}`, '--ignore-scripts', ...quiet] });
	} catch {
		// The package `node` knows more platforms; it finds the right one with its install script.
		await npm({ ...base, args: ['install', `node@${NODE_VERSION}`, ...quiet] });
	}
}

function platformPackage(): string {
	return `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
}

function executableIn(folder: string): string {
	const file = process.platform === 'win32' ? 'node.exe' : 'node';
	const candidates = [platformPackage(), 'node'].map((name) => join(folder, 'node_modules', name, 'bin', file));
	return candidates.find((candidate) => existsSync(candidate)) ?? join(folder, 'missing');
}

async function versionOf(bin: string): Promise<string | null> {
	try {
		return (await promisify(execFile)(bin, ['--version'])).stdout.trim();
	} catch {
		return null;
	}
}

function runtime(bin: string): NodeRuntime {
	const root = dirname(dirname(bin));
	return { bin, headers: existsSync(join(root, 'include', 'node', 'node.h')) ? root : null };
}

/**
 * Runs npm, the one the user has, with whichever Node runs us.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Log } from './log';
import { SetupError } from './log';
import { runLogged } from './runLogged';

/** What npm prints when the network or the registry failed, and a second try is worth it. */
const NETWORK_FAILURE =
	/ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNRESET|ECONNREFUSED|ERR_SOCKET_TIMEOUT|EPIPE|socket hang up|\bE5\d\d\b/;

export interface NpmCall {
	readonly args: readonly string[];
	readonly cwd: string;
	readonly logFile: string;
	readonly log: Log;
	/** Added to the environment. */
	readonly env?: Readonly<Record<string, string>>;
}

/** Tries again once when the network failed. @throws SetupError */
export async function npm({ args, cwd, logFile, log, env }: NpmCall): Promise<void> {
	const [command, ...first] = npmCommand();
	const call = { command, args: [...first, ...args], cwd, logFile, env: { ...npmEnvironment(), ...env } };
	try {
		await runLogged(call);
	} catch (error) {
		if (!(error instanceof SetupError) || !NETWORK_FAILURE.test(error.message)) throw error;
		log('  the network failed, trying once more');
		await runLogged(call);
	}
}

/** @returns the address of the registry that npm asks here, with a slash at its end */
export async function npmRegistry(): Promise<string> {
	const [command, ...first] = npmCommand();
	const asked = [...first, 'config', 'get', 'registry'];
	const { stdout } = await promisify(execFile)(command, asked, { env: npmEnvironment() });
	return `${stdout.trim().replace(/\/+$/, '')}/`;
}

function npmCommand(): [string, ...string[]] {
	// Set by npm for the scripts it runs. Starting that file with our own Node needs no shell on any system.
	const cli = process.env.npm_execpath;
	return cli?.endsWith('.js') ? [process.execPath, cli] : ['npm'];
}

/**
 * The environment without what an outer `npm start` added for our own package: a nested npm would take it for its
 * settings and install into this checkout. What the user set (registry, proxy, cache) stays.
 */
export function npmEnvironment(): NodeJS.ProcessEnv {
	const outer = /^npm_(package_|lifecycle_|command$|config_(local_prefix|global_prefix|prefix|noproxy)$)/;
	return Object.fromEntries(Object.entries(process.env).filter(([name]) => !outer.test(name)));
}

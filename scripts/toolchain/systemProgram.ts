/**
 * A program that a test needs and npm does not have. Found, or installed where that needs no question (root on a Debian).
 */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { withLock } from './lock';
import { SetupError, step, type Log } from './log';
import { cacheFolder } from './paths';
import { runLogged } from './runLogged';

export interface SystemProgram {
	/** What a person calls it: 'Chromium'. */
	readonly title: string;
	/** The environment variable that names the executable, when it is none of `names` on the PATH. */
	readonly variable: string;
	readonly names: readonly string[];
	/** Looked into before the PATH. */
	readonly folders?: () => Promise<readonly string[]>;
	readonly debianPackage: string;
}

/** @returns the executable. @throws SetupError */
export async function ensureProgram(program: SystemProgram, log: Log): Promise<string> {
	const { title, variable, debianPackage } = program;
	const given = process.env[variable];
	if (given) {
		if (await isExecutable(given)) return given;
		throw new SetupError(
			`${variable} is set to ${given}, which cannot be started. Set it to the executable of ${title}.`,
		);
	}
	const found = await onPath(program);
	if (found) return found;
	if (process.getuid?.() !== 0 || !(await isExecutable('/usr/bin/apt-get'))) {
		throw new SetupError(`Some tests need ${title}. Install it, or set ${variable} to its executable.`);
	}
	await step(log, `Installing ${title} (apt-get)`, async () => {
		const call = { command: 'apt-get', cwd: '/', logFile: join(cacheFolder(), `${debianPackage}.log`) };
		// In runlevel 1 a package does not start the service it brings: tests start their own.
		const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
		// Tests that run side by side may both miss something, and apt-get fails beside another one.
		await withLock(join(cacheFolder(), 'apt-get.lock'), log, async () => {
			await runLogged({ ...call, env, args: ['update'] });
			await runLogged({ ...call, env, args: ['install', '-y', '--no-install-recommends', debianPackage] });
		});
	});
	const installed = await onPath(program);
	if (installed) return installed;
	throw new SetupError(`apt-get installed ${title}, and it is not on the PATH. Set ${variable} to its executable.`);
}

async function onPath({ names, folders }: SystemProgram): Promise<string | null> {
	for (const folder of [...((await folders?.()) ?? []), ...(process.env.PATH ?? '').split(delimiter)]) {
		for (const name of names) {
			const candidate = join(folder, name);
			if (folder !== '' && (await isExecutable(candidate))) return candidate;
		}
	}
	return null;
}

async function isExecutable(file: string): Promise<boolean> {
	return await access(file, constants.X_OK).then(
		() => true,
		() => false,
	);
}

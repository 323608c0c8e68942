/**
 * A Chromium for the browser tests. Found, or installed where that needs no question (root on a Debian).
 */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { SetupError, step, type Log } from './log';
import { cacheFolder } from './paths';
import { runLogged } from './runLogged';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** @returns the executable. @throws SetupError */
export async function ensureChromium(log: Log): Promise<string> {
	const given = process.env.CHROMIUM;
	if (given) {
		if (await isExecutable(given)) return given;
		throw new SetupError(`CHROMIUM is set to ${given}, which cannot be started. Set it to the browser's executable.`);
	}
	const found = await onPath();
	if (found) return found;
	if (process.getuid?.() !== 0 || !(await isExecutable('/usr/bin/apt-get'))) {
		throw new SetupError('The browser tests need Chromium. Install it, or set CHROMIUM to its executable.');
	}
	await step(log, 'Installing Chromium (apt-get)', async () => {
		const call = { command: 'apt-get', cwd: '/', logFile: join(cacheFolder(), 'chromium.log') };
		const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
		await runLogged({ ...call, env, args: ['update'] });
		await runLogged({ ...call, env, args: ['install', '-y', '--no-install-recommends', 'chromium'] });
	});
	const installed = await onPath();
	if (installed) return installed;
	throw new SetupError('apt-get installed Chromium, and it is not on the PATH. Set CHROMIUM to its executable.');
}

async function onPath(): Promise<string | null> {
	for (const folder of (process.env.PATH ?? '').split(delimiter)) {
		for (const name of NAMES) {
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

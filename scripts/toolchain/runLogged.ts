/**
 * Runs a command whose output nobody wants to read unless it fails: it goes to a file, and the end of it into the error.
 */
import { spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SetupError } from './log';

const TAIL_LINES = 20;

export interface LoggedCommand {
	readonly command: string;
	readonly args: readonly string[];
	readonly cwd: string;
	readonly env?: NodeJS.ProcessEnv;
	/** Appended to. */
	readonly logFile: string;
}

/** @throws SetupError when the command cannot be started or ends with another code than 0 */
export async function runLogged({ command, args, cwd, env, logFile }: LoggedCommand): Promise<void> {
	await mkdir(dirname(logFile), { recursive: true });
	const file = await open(logFile, 'a');
	const line = [command, ...args].join(' ');
	try {
		await file.write(`\n$ ${line}\n`);
		const code = await new Promise<number | string>((resolve, reject) => {
			const child = spawn(command, args, {
				cwd,
				env: env ?? process.env,
				stdio: ['ignore', file.fd, file.fd],
				// npm is a .cmd file there, which only a shell can start.
				shell: process.platform === 'win32' && !command.endsWith('.exe'),
			});
			child.once('error', reject);
			child.once('exit', (exitCode, signal) => {
				resolve(exitCode ?? signal ?? 'unknown');
			});
		});
		if (code === 0) return;
		throw new SetupError(`"${line}" ended with ${code}.\n${await tail(logFile)}\nThe whole output: ${logFile}`);
	} catch (error) {
		if (error instanceof SetupError) throw error;
		throw new SetupError(`"${line}" could not be started: ${String(error)}`);
	} finally {
		await file.close();
	}
}

/** The last lines of a log, indented, for an error message. */
export async function tail(logFile: string, lines = TAIL_LINES): Promise<string> {
	const text = await readFile(logFile, 'utf8').catch(() => '');
	return text
		.trimEnd()
		.split('\n')
		.slice(-lines)
		.map((line) => `    ${line}`)
		.join('\n');
}

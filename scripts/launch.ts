/**
 * What scripts/run.mjs hands over to: brings the right Node and starts the wanted script with it.
 *
 * This file and what it imports run on Node 20.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { removeStaleOutput } from './toolchain/staleOutput';
import { consoleLog, SetupError } from './toolchain/log';
import { ensureNode, withNode } from './toolchain/nodeRuntime';
import { BUILD, REPO } from './toolchain/paths';

const SCRIPTS: Readonly<Record<string, string>> = {
	start: 'start.js',
	test: 'test.js',
	memory: 'memory.js',
	bench: 'bench.js',
	'crash-matrix': 'crashMatrix.js',
	map: 'flowMap.js',
};

/** Ends the process with the script's own exit code. */
export async function launch(script: string, args: readonly string[]): Promise<void> {
	const file = SCRIPTS[script];
	if (!file) {
		console.error(`Usage: node scripts/run.mjs ${Object.keys(SCRIPTS).join('|')} [options]`);
		process.exit(2);
	}
	try {
		await removeStaleOutput(REPO, BUILD);
		process.exit(await run(join(BUILD, 'scripts', file), args));
	} catch (error) {
		console.error(error instanceof SetupError ? error.message : error);
		if (script === 'test') console.log('0 passed, 1 failed');
		process.exit(1);
	}
}

async function run(file: string, args: readonly string[]): Promise<number> {
	const node = await ensureNode(consoleLog);
	const child = spawn(node.bin, ['--enable-source-maps', file, ...args], {
		cwd: REPO,
		env: { ...process.env, ...withNode(node) },
		// The channel carries nothing: the script sees it close when this process is killed, and stops what it started.
		stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
	});
	// Ctrl+C reaches the script by itself; this process only has to outlive it. What else ends us is passed on.
	process.on('SIGINT', () => undefined);
	for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
	return await new Promise((resolve, reject) => {
		child.once('error', reject);
		child.once('exit', (code, signal) => {
			resolve(code ?? 128 + (signal ? constants.signals[signal] : 0));
		});
	});
}

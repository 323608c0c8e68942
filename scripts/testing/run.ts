/**
 * Runs the tools that test: their output is for the person at the terminal, their numbers come back.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BUILD, REPO } from '../toolchain/paths';
import { countsOf, ONE_FAILED, ONE_PASSED, type Counts, type JestReport } from './counts';

const BIN = {
	eslint: 'node_modules/eslint/bin/eslint.js',
	jest: 'node_modules/jest/bin/jest.js',
	prettier: 'node_modules/prettier/bin/prettier.cjs',
} as const;

/** A tool that only says yes or no counts as one test. */
export async function check(tool: 'eslint' | 'prettier', args: readonly string[]): Promise<Counts> {
	return (await runTool(tool, args, {})) === 0 ? ONE_PASSED : ONE_FAILED;
}

/** Whether there is such a folder of compiled tests, below build/, with a test in it. */
export function hasTests(folder: string): boolean {
	const path = join(BUILD, folder);
	if (!existsSync(path)) return false;
	return readdirSync(path, { recursive: true, encoding: 'utf8' }).some((name) => name.endsWith('.test.js'));
}

/**
 * @param part names the report file
 * @param folders compiled tests, below build/
 */
export async function jest(
	part: string,
	folders: readonly string[],
	args: readonly string[] = [],
	env: Readonly<Record<string, string>> = {},
): Promise<Counts> {
	const roots = folders.map((folder) => join(BUILD, folder)).filter((folder) => existsSync(folder));
	if (roots.length === 0) {
		console.log(`There are no tests in ${folders.join(', ')}.`);
		return ONE_FAILED;
	}
	const report = join(BUILD, 'reports', `${part}.json`);
	await mkdir(join(BUILD, 'reports'), { recursive: true });
	await rm(report, { force: true });
	const exitCode = await runTool('jest', ['--json', '--outputFile', report, ...args, '--roots', ...roots], env);
	return countsOf(await readReport(report), exitCode);
}

async function readReport(file: string): Promise<JestReport | null> {
	try {
		return JSON.parse(await readFile(file, 'utf8')) as JestReport;
	} catch {
		return null;
	}
}

async function runTool(
	tool: keyof typeof BIN,
	args: readonly string[],
	env: Readonly<Record<string, string>>,
): Promise<number> {
	const child = spawn(process.execPath, [join(REPO, BIN[tool]), ...args], {
		cwd: REPO,
		env: { ...process.env, ...env },
		// Jest's --json also prints the report; the file has it.
		stdio: ['ignore', tool === 'jest' ? 'ignore' : 'inherit', 'inherit'],
	});
	const stop = () => child.kill();
	process.once('exit', stop);
	try {
		return await new Promise((resolve, reject) => {
			child.once('error', reject);
			child.once('exit', (code) => {
				resolve(code ?? 1);
			});
		});
	} finally {
		process.off('exit', stop);
	}
}

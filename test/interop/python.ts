/**
 * Python with the clients that services in Python use, in a virtual environment of the cache folder.
 */
import { join } from 'node:path';
import { installOnce } from '../../scripts/toolchain/installOnce';
import { cacheFolder } from '../../scripts/toolchain/paths';
import { runLogged } from '../../scripts/toolchain/runLogged';
import { ensureProgram } from '../../scripts/toolchain/systemProgram';
import { runProgram } from './foreignProgram';

const CLIENTS = { pika: '1.4.4', boto3: '1.44.5' } as const;

const NAME = Object.entries(CLIENTS).map((pair) => pair.join('-'));
const FOLDER = join(cacheFolder(), `python-${NAME.join('-')}`);

/** @throws SetupError */
export async function ensurePython(): Promise<void> {
	const python = await ensureProgram(
		{ title: 'Python', variable: 'PYTHON', names: ['python3'], debianPackage: 'python3-venv' },
		() => undefined,
	);
	const recipe = {
		title: `Python clients (${NAME.join(', ')})`,
		folder: FOLDER,
		check: async (folder: string) =>
			await runProgram(pythonIn(folder), ['-c', 'import boto3, pika']).then(
				() => true,
				() => false,
			),
		install: async (folder: string, logFile: string) => {
			const call = { cwd: folder, logFile };
			await runLogged({ ...call, command: python, args: ['-m', 'venv', folder] });
			const wanted = Object.entries(CLIENTS).map((pair) => pair.join('=='));
			await runLogged({ ...call, command: pythonIn(folder), args: ['-m', 'pip', 'install', '--quiet', ...wanted] });
		},
	};
	await installOnce(recipe, () => undefined);
}

/** Runs a script. @param arguments given as `sys.argv[1:]`. @returns what it printed, read as JSON; null: nothing */
export async function python(script: string, ...args: readonly string[]): Promise<unknown> {
	const output = (await runProgram(pythonIn(FOLDER), ['-c', script, ...args])).toString();
	return output === '' ? null : JSON.parse(output);
}

function pythonIn(folder: string): string {
	return join(folder, 'bin', 'python');
}

/**
 * Python with the clients that services in Python use, in a virtual environment of the cache folder.
 */
import { join } from 'node:path';
import { installOnce } from '../../scripts/toolchain/installOnce';
import { cacheFolder } from '../../scripts/toolchain/paths';
import { runLogged } from '../../scripts/toolchain/runLogged';
import { ensureProgram } from '../../scripts/toolchain/systemProgram';
import { runProgram } from './foreignProgram';

const CLIENTS = { packages: { pika: '1.4.4', boto3: '1.44.5' }, modules: ['boto3', 'pika'] } as const;

/** What a virtual environment holds. */
export interface PythonPackages {
	/** Versions by name, as pip takes them. */
	readonly packages: Readonly<Record<string, string>>;
	/** What can be imported when it works. */
	readonly modules: readonly string[];
}

/** @throws SetupError */
export async function ensurePython(): Promise<void> {
	await ensurePackages(CLIENTS);
}

/** @returns the interpreter that finds them. @throws SetupError */
export async function ensurePackages(wanted: PythonPackages): Promise<string> {
	const python = await ensureProgram(
		{ title: 'Python', variable: 'PYTHON', names: ['python3'], debianPackage: 'python3-venv' },
		() => undefined,
	);
	const recipe = {
		title: `Python packages (${nameOf(wanted)})`,
		folder: folderOf(wanted),
		check: async (folder: string) =>
			await runProgram(pythonIn(folder), ['-c', `import ${wanted.modules.join(', ')}`]).then(
				() => true,
				() => false,
			),
		install: async (folder: string, logFile: string) => {
			const call = { cwd: folder, logFile };
			await runLogged({ ...call, command: python, args: ['-m', 'venv', folder] });
			const pinned = Object.entries(wanted.packages).map((pair) => pair.join('=='));
			await runLogged({ ...call, command: pythonIn(folder), args: ['-m', 'pip', 'install', '--quiet', ...pinned] });
		},
	};
	await installOnce(recipe, () => undefined);
	return pythonIn(folderOf(wanted));
}

/** Runs a script. @param arguments given as `sys.argv[1:]`. @returns what it printed, read as JSON; null: nothing */
export async function python(script: string, ...args: readonly string[]): Promise<unknown> {
	const output = (await runProgram(pythonIn(folderOf(CLIENTS)), ['-c', script, ...args])).toString();
	return output === '' ? null : JSON.parse(output);
}

function pythonIn(folder: string): string {
	return join(folder, 'bin', 'python');
}

function folderOf(wanted: PythonPackages): string {
	return join(cacheFolder(), `python-${nameOf(wanted)}`);
}

/** 'pika-1.4.4-boto3-1.44.5', also of packages with extras. */
function nameOf({ packages }: PythonPackages): string {
	const pairs = Object.entries(packages).map((pair) => pair.join('-'));
	return pairs.join('-').replaceAll(/[^\w.-]/g, '-');
}

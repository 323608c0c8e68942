/**
 * The services of examples/, each installed as its language does it and started as a process of its own.
 */
import { cp, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ServerProcess } from '../../scripts/servers/serverProcess';
import { fingerprint } from '../../scripts/toolchain/fingerprint';
import { installOnce } from '../../scripts/toolchain/installOnce';
import { cacheFolder, REPO } from '../../scripts/toolchain/paths';
import { runLogged } from '../../scripts/toolchain/runLogged';
import { ensureProgram } from '../../scripts/toolchain/systemProgram';
import { installPackage } from '../engine/installedPackage';
import { ensurePackages } from './python';

const EXAMPLES = join(REPO, 'examples');

interface Command {
	readonly command: string;
	readonly args: readonly string[];
	readonly remove?: () => Promise<void>;
}

export type ServiceName = 'pricing' | 'stock' | 'approval';

const COMMANDS: Readonly<Record<ServiceName, () => Promise<Command>>> = {
	pricing: pythonService,
	stock: goService,
	approval: nodeService,
};

/** Installs what the services need. @throws SetupError */
export async function prepareServices(): Promise<void> {
	await pythonService();
	await goService();
}

export class ExampleService implements AsyncDisposable {
	private constructor(
		private readonly process: ServerProcess,
		private readonly logFile: string,
		private readonly remove: () => Promise<void>,
	) {}

	/** Resolves when it listens. @param env EVENT_BUS_URL, LEASE_MS */
	static async start(name: ServiceName, env: Readonly<Record<string, string>>): Promise<ExampleService> {
		const { command, args, remove: removeProgram } = await COMMANDS[name]();
		const folder = await mkdtemp(join(await realpath(tmpdir()), `event-bus-${name}-`));
		const remove = async () => {
			await rm(folder, { recursive: true, force: true });
			await removeProgram?.();
		};
		const logFile = join(folder, 'service.log');
		const said = async () => await readFile(logFile, 'utf8').catch(() => '');
		const process = new ServerProcess({
			title: name,
			command,
			args,
			cwd: folder,
			// What is compiled beside the sources would be taken for a part of the repository.
			env: { PYTHONDONTWRITEBYTECODE: '1', ...env },
			logFile,
			isReady: async () => (await said()).includes('listens to'),
		});
		const service = new ExampleService(process, logFile, remove);
		try {
			await process.start();
			return service;
		} catch (error) {
			await remove();
			throw error;
		}
	}

	/** What it has printed. */
	async log(): Promise<string> {
		return await readFile(this.logFile, 'utf8');
	}

	/** In good order. */
	async [Symbol.asyncDispose](): Promise<void> {
		await this.process.stop();
		await this.remove();
	}
}

async function pythonService(): Promise<Command> {
	const [name = '', version = ''] = (await readFile(join(EXAMPLES, 'python', 'requirements.txt'), 'utf8'))
		.trim()
		.split('==');
	const python = await ensurePackages({ packages: { [name]: version }, modules: [name] });
	return { command: python, args: ['-u', join(EXAMPLES, 'python', 'pricing.py')] };
}

async function goService(): Promise<Command> {
	const folder = join(cacheFolder(), `example-go-${await fingerprint(EXAMPLES, ['go'])}`);
	const program = join(folder, 'stock');
	await installOnce(
		{
			title: 'the Go example, built with Go',
			folder,
			check: async () => true,
			install: async (at, logFile) => {
				const recipe = { title: 'Go', variable: 'GO', names: ['go'], debianPackage: 'golang-go' };
				const go = await ensureProgram(recipe, () => undefined);
				const sources = join(at, 'sources');
				await cp(join(EXAMPLES, 'go'), sources, { recursive: true });
				await runLogged({ command: go, args: ['build', '-o', join(at, 'stock'), '.'], cwd: sources, logFile });
			},
		},
		() => undefined,
	);
	return { command: program, args: [] };
}

/** In a folder that has this package, as after `npm install`. */
async function nodeService(): Promise<Command> {
	const installed = await installPackage();
	const root = dirname(dirname(installed.folder));
	const folder = join(root, 'approval');
	await cp(join(EXAMPLES, 'node'), folder, { recursive: true });
	return { command: process.execPath, args: [join(folder, 'approval.js')], remove: installed.remove };
}

/**
 * Google Pub/Sub: Google's own fake (pstest), with an entrance that can be shut.
 *
 * The fake keeps everything in memory. What Google has stored outlives the machine that one talks to, so stopping and
 * killing is done to the entrance.
 */
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../n8n/freePort';
import { fingerprint } from '../toolchain/fingerprint';
import { installOnce } from '../toolchain/installOnce';
import { SetupError, type Log } from '../toolchain/log';
import { cacheFolder, REPO } from '../toolchain/paths';
import { runLogged } from '../toolchain/runLogged';
import { ensureProgram } from '../toolchain/systemProgram';
import { HOST, runningServer } from './runningServer';
import type { Server, ServerOptions, ServerRecipe } from './server';
import { serverFolder } from './serverFolder';
import { accepts, ServerProcess } from './serverProcess';

const SOURCES = join('scripts', 'servers', 'pubsub');
/** The emulator knows every project. */
const PROJECT = 'test-project';

export interface PubSubOptions extends ServerOptions {
	/** Of the program in scripts/servers/pubsub: TLS, logins, rights. */
	readonly flags?: Readonly<Record<string, string>>;
}

export const pubSubServer: ServerRecipe = {
	kind: 'google-pubsub',
	title: 'pstest (Google Pub/Sub)',
	ensure: async (log) => {
		await ensureFake(log);
	},
	start: startPubSub,
};

export async function startPubSub(options: PubSubOptions = {}): Promise<Server> {
	const program = await ensureFake(() => undefined);
	const folder = await serverFolder('pubsub', options.folder);
	const [port, inside] = [options.port ?? (await freePort(0)), await freePort(0)];
	const flags = Object.entries(options.flags ?? {}).map(([name, value]) => `-${name}=${value}`);
	const store = new ServerProcess({
		title: 'pstest',
		command: program,
		args: [`-listen=${HOST}:${inside}`, ...flags],
		cwd: folder.path,
		logFile: join(folder.path, 'pstest.log'),
		isReady: async () => await accepts(inside),
	});
	const entrance = new ServerProcess({
		title: 'the entrance of pstest',
		command: process.execPath,
		args: [join(__dirname, 'entrance.js'), String(port), String(inside)],
		cwd: folder.path,
		logFile: join(folder.path, 'entrance.log'),
		isReady: async () => await accepts(port),
	});
	try {
		await store.start();
		const server = await runningServer({
			process: entrance,
			folder,
			port,
			url: (through) => `pubsub://${PROJECT}?emulator=${HOST}:${through}`,
		});
		return {
			...server,
			[Symbol.asyncDispose]: async () => {
				await store.kill();
				await server[Symbol.asyncDispose]();
			},
		};
	} catch (error) {
		await store.kill();
		await folder.release();
		throw error;
	}
}

/** @returns the executable */
async function ensureFake(log: Log): Promise<string> {
	const version = /pubsub\/v2 v(\S+)/.exec(await readFile(join(REPO, SOURCES, 'go.mod'), 'utf8'))?.[1] ?? '';
	const folder = join(cacheFolder(), `pstest-${version}-${await fingerprint(REPO, [SOURCES])}`);
	const program = join(folder, 'pstest');
	await installOnce(
		{
			title: `pstest ${version}, built with Go (about a minute, only this once)`,
			folder,
			check: async () => true,
			install: async (at, logFile) => {
				const go = await ensureProgram({ title: 'Go', variable: 'GO', names: ['go'], debianPackage: 'golang-go' }, log);
				await cp(join(REPO, SOURCES), join(at, 'sources'), { recursive: true });
				const call = { command: go, cwd: join(at, 'sources'), logFile };
				await runLogged({ ...call, args: ['build', '-o', join(at, 'pstest'), '.'] }).catch((error: unknown) => {
					throw new SetupError(`pstest could not be built. It takes Go 1.21 or newer. ${String(error)}`);
				});
			},
		},
		log,
	);
	return program;
}

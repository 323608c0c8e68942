/**
 * PostgreSQL: a cluster of its own, as a user without rights where we are root, because the server refuses to run as root.
 */
import { execFile } from 'node:child_process';
import { chown, readdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../n8n/freePort';
import { type Log, SetupError } from '../toolchain/log';
import { ensureProgram } from '../toolchain/systemProgram';
import { HOST, runningServer } from './runningServer';
import type { Server, ServerOptions, ServerRecipe } from './server';
import { serverFolder } from './serverFolder';
import { ServerProcess } from './serverProcess';

const run = promisify(execFile);

/** Debian keeps the programs of each version in a folder of its own, which is not on the PATH. */
const DEBIAN_VERSIONS = '/usr/lib/postgresql';
/** Of the superuser; the server listens on this machine only. */
const LOGIN = { user: 'postgres', password: 'postgres' } as const;

export interface PostgresOptions extends ServerOptions {
	/** As in postgresql.conf. */
	readonly settings?: Readonly<Record<string, string | number>>;
	/** Name → text: files beside the data that the settings name, such as certificates. */
	readonly files?: Readonly<Record<string, string>>;
}

export const postgresServer: ServerRecipe = {
	kind: 'postgres',
	title: 'PostgreSQL',
	ensure: async (log) => {
		await programFolder(log);
	},
	start: startPostgres,
};

/** Stores every commit before it answers. */
export async function startPostgres(options: PostgresOptions = {}): Promise<Server> {
	const programs = await programFolder(() => undefined);
	const folder = await serverFolder('postgres', options.folder);
	const port = options.port ?? (await freePort(0));
	const user = await unprivilegedUser();
	const data = join(folder.path, 'data');
	const settings = {
		listen_addresses: HOST,
		port,
		// Its socket would lie in a folder that others share.
		unix_socket_directories: folder.path,
		...options.settings,
	};
	const process = new ServerProcess({
		title: 'PostgreSQL',
		command: join(programs, 'postgres'),
		args: ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
		cwd: folder.path,
		logFile: join(folder.path, 'postgres.log'),
		// SIGTERM waits for the clients to leave.
		stopSignal: 'SIGINT',
		...(user && { user }),
		isReady: async () =>
			await run(join(programs, 'pg_isready'), ['-q', '-h', HOST, '-p', String(port)]).then(
				() => true,
				() => false,
			),
	});
	const server = await runningServer({
		process,
		folder,
		port,
		url: (through) => `postgres://${LOGIN.user}:${LOGIN.password}@${HOST}:${through}/postgres`,
		prepare: async () => {
			if (user) await chown(folder.path, user.uid, user.gid);
			const passwordFile = join(folder.path, 'password');
			await writeOwned(passwordFile, LOGIN.password, user);
			const choices = ['--auth=scram-sha-256', '--encoding=UTF8', '--no-locale', '--no-sync'];
			const login = [`--username=${LOGIN.user}`, `--pwfile=${passwordFile}`];
			await run(join(programs, 'initdb'), ['-D', data, ...choices, ...login], { cwd: folder.path, ...user });
			for (const [name, text] of Object.entries(options.files ?? {})) {
				await writeOwned(join(data, name), text, user);
			}
		},
	});
	const kill = async () => {
		const workers = await workersOf(data);
		await server.kill();
		for (const pid of workers) end(pid);
	};
	return {
		...server,
		kill,
		[Symbol.asyncDispose]: async () => {
			await kill();
			await server[Symbol.asyncDispose]();
		},
	};
}

/** They have process groups of their own, and would hold the shared memory until they notice. */
async function workersOf(data: string): Promise<readonly number[]> {
	const pid = await readFile(join(data, 'postmaster.pid'), 'utf8').then(
		(text) => Number(text.split('\n')[0]),
		() => null,
	);
	if (pid === null) return [];
	const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
	return children.split(' ').filter(Boolean).map(Number);
}

function end(pid: number): void {
	try {
		process.kill(pid, 'SIGKILL');
	} catch {
		// It is gone already.
	}
}

interface User {
	readonly uid: number;
	readonly gid: number;
}

/** null: as us. */
async function unprivilegedUser(): Promise<User | null> {
	if (process.getuid?.() !== 0) return null;
	const idOf = async (flag: string) => Number((await run('id', [flag, LOGIN.user])).stdout);
	try {
		return { uid: await idOf('-u'), gid: await idOf('-g') };
	} catch {
		throw new SetupError(`PostgreSQL refuses to run as root, and there is no user ${LOGIN.user} to run it as.`);
	}
}

async function writeOwned(file: string, text: string, user: User | null): Promise<void> {
	await writeFile(file, text, { mode: 0o600 });
	if (user) await chown(file, user.uid, user.gid);
}

/** Where postgres, initdb and pg_isready are. */
async function programFolder(log: Log): Promise<string> {
	const found = await ensureProgram(
		{
			title: 'PostgreSQL',
			variable: 'POSTGRES_SERVER',
			names: ['postgres'],
			folders: debianFolders,
			debianPackage: 'postgresql',
		},
		log,
	);
	return dirname(await realpath(found));
}

/** The newest first. */
async function debianFolders(): Promise<readonly string[]> {
	const versions = await readdir(DEBIAN_VERSIONS).catch(() => []);
	return versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(DEBIAN_VERSIONS, version, 'bin'));
}

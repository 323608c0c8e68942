/**
 * RabbitMQ: a node of its own, with a port mapper (epmd) of its own, so that several run side by side and end completely.
 */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../n8n/freePort';
import type { Log } from '../toolchain/log';
import { ensureProgram } from '../toolchain/systemProgram';
import { HOST, runningServer } from './runningServer';
import type { Server, ServerOptions, ServerRecipe } from './server';
import { serverFolder } from './serverFolder';
import { accepts, ServerProcess } from './serverProcess';

/** Debian's command switches to the user `rabbitmq`, who may not enter our folders; this is what it starts then. */
const DEBIAN_SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server';

/** The port mapper stays in the process group of the server, so it ends with it; a daemon would stay. */
const START = 'epmd -address "$0" & exec "$1"';

export interface RabbitmqOptions extends ServerOptions {
	/** Lines of rabbitmq.conf, by key. */
	readonly config?: Readonly<Record<string, string>>;
	/** Users, virtual hosts, permissions: as exported by a server, instead of the user guest. */
	readonly definitions?: object;
	/** Plugins that are enabled. */
	readonly plugins?: readonly string[];
}

export const rabbitmqServer: ServerRecipe = {
	kind: 'rabbitmq',
	title: 'RabbitMQ',
	ensure: async (log) => {
		await ensureRabbitmq(log);
	},
	start: startRabbitmq,
};

export async function startRabbitmq(options: RabbitmqOptions = {}): Promise<Server> {
	const command = await ensureRabbitmq(() => undefined);
	const folder = await serverFolder('rabbitmq', options.folder);
	const port = options.port ?? (await freePort(0));
	const process = new ServerProcess({
		title: 'RabbitMQ',
		command: '/bin/sh',
		args: ['-c', START, HOST, command],
		cwd: folder.path,
		env: await environment(folder.path, port),
		logFile: join(folder.path, 'rabbitmq.log'),
		isReady: async () => await accepts(port),
		// 9 s alone; several start at once on few cores.
		readyWithinMs: 150_000,
	});
	return await runningServer({
		process,
		folder,
		port,
		url: (through) => `amqp://guest:guest@${HOST}:${through}`,
		prepare: async () => {
			await configure(folder.path, port, options);
		},
	});
}

async function configure(folder: string, port: number, options: RabbitmqOptions): Promise<void> {
	const { config = {}, definitions, plugins = [] } = options;
	const definitionsFile = join(folder, 'definitions.json');
	const lines = {
		'listeners.tcp.default': `${HOST}:${port}`,
		'log.file': 'false',
		'log.console': 'true',
		'log.console.level': 'warning',
		// Test machines are small, and their disks full.
		'vm_memory_high_watermark.relative': '0.8',
		'disk_free_limit.absolute': '50MB',
		...(definitions && { load_definitions: definitionsFile }),
		...config,
	};
	await mkdir(join(folder, 'log'), { recursive: true });
	if (definitions) await writeFile(definitionsFile, JSON.stringify(definitions));
	await writeFile(
		join(folder, 'rabbitmq.conf'),
		Object.entries(lines)
			.map(([key, value]) => `${key} = ${value}\n`)
			.join(''),
	);
	await writeFile(join(folder, 'enabled_plugins'), `[${plugins.join(',')}].\n`);
}

async function environment(folder: string, port: number): Promise<Readonly<Record<string, string>>> {
	const epmdPort = await freePort(0, port);
	return {
		// The cookie lies there.
		HOME: folder,
		ERL_EPMD_PORT: String(epmdPort),
		ERL_EPMD_ADDRESS: HOST,
		// A port mapper of its own, so the name is free; the data belongs to it.
		RABBITMQ_NODENAME: 'event-bus@localhost',
		RABBITMQ_DIST_PORT: String(await freePort(0, epmdPort)),
		RABBITMQ_MNESIA_BASE: join(folder, 'data'),
		RABBITMQ_LOG_BASE: join(folder, 'log'),
		RABBITMQ_PID_FILE: join(folder, 'pid'),
		RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
		RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
		RABBITMQ_CONF_ENV_FILE: '/dev/null',
	};
}

async function ensureRabbitmq(log: Log): Promise<string> {
	const found = await ensureProgram(
		{
			title: 'RabbitMQ',
			variable: 'RABBITMQ_SERVER',
			names: ['rabbitmq-server'],
			debianPackage: 'rabbitmq-server',
		},
		log,
	);
	return found.startsWith('/usr/sbin/') && existsSync(DEBIAN_SERVER) ? DEBIAN_SERVER : found;
}

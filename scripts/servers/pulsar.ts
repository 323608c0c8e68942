/**
 * Pulsar: a standalone server with its WebSocket service, from the jars that its project publishes.
 */
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { freePort } from '../n8n/freePort';
import { installOnce } from '../toolchain/installOnce';
import { SetupError, type Log } from '../toolchain/log';
import { cacheFolder, REPO } from '../toolchain/paths';
import { runLogged } from '../toolchain/runLogged';
import { ensureProgram } from '../toolchain/systemProgram';
import { HOST, runningServer } from './runningServer';
import type { Server, ServerOptions, ServerRecipe } from './server';
import { serverFolder } from './serverFolder';
import { ServerProcess } from './serverProcess';

const VERSION = '3.0.7';
const POM = join(REPO, 'scripts', 'servers', 'pulsar.pom.xml');
const COPY_JARS = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
const OLDEST_JAVA = 17;

export interface PulsarOptions extends ServerOptions {
	/** Added to standalone.conf, or instead of what stands there. */
	readonly settings?: Readonly<Record<string, string | number>>;
	/** Sent with the question whether it is ready, once it wants logins. */
	readonly token?: string;
	/** Milliseconds; default 60 s, and twice as long among other tests. */
	readonly readyWithinMs?: number;
}

export const pulsarServer: ServerRecipe = {
	kind: 'pulsar',
	title: 'Pulsar',
	ensure: async (log) => {
		await ensurePulsar(log);
	},
	start: startPulsar,
};

export async function startPulsar(options: PulsarOptions = {}): Promise<Server> {
	const { java, jars } = await ensurePulsar(() => undefined);
	const folder = await serverFolder('pulsar', options.folder);
	const port = options.port ?? (await freePort(0));
	const configuration = join(folder.path, 'standalone.conf');
	const process = new ServerProcess({
		title: 'Pulsar',
		command: java,
		args: [
			'-Xmx1g',
			'-XX:MaxDirectMemorySize=1g',
			...OPENED_PACKAGES.flatMap((name) => ['--add-opens', `${name}=ALL-UNNAMED`]),
			'-Dio.netty.tryReflectionSetAccessible=true',
			'-cp',
			[join(folder.path, 'conf'), join(jars, '*')].join(':'),
			'org.apache.pulsar.PulsarStandaloneStarter',
			...['--config', configuration, '-nfw', '-nss'],
			...['--metadata-dir', join(folder.path, 'metadata'), '--bookkeeper-dir', join(folder.path, 'bookkeeper')],
		],
		cwd: folder.path,
		logFile: join(folder.path, 'pulsar.log'),
		isReady: async () => await hasNamespace(port, options.token),
		readyWithinMs: options.readyWithinMs ?? READY_WITHIN_MS,
	});
	return await runningServer({
		process,
		folder,
		port,
		url: (through) => `pulsar://${HOST}:${through}`,
		prepare: async () => {
			await mkdir(join(folder.path, 'conf'), { recursive: true });
			await writeFile(join(folder.path, 'conf', 'log4j2.xml'), WARNINGS_ONLY);
			await writeFile(configuration, asProperties({ ...(await settings(port)), ...options.settings }));
		},
	});
}

/** 15 s alone; a busy machine takes several times as long. */
const READY_WITHIN_MS = 120_000;

/** For one answer. */
const ANSWER_MS = 2000;

/** What the libraries of the server look into (bin/pulsar of the distribution opens the same). */
const OPENED_PACKAGES = [
	'java.base/sun.net',
	'java.base/java.lang',
	'java.base/java.nio',
	'java.base/jdk.internal.misc',
	'java.base/java.util.zip',
	'java.management/sun.management',
	'jdk.management/com.sun.management.internal',
];

async function settings(port: number): Promise<Record<string, string | number>> {
	return {
		clusterName: 'standalone',
		brokerServicePort: await freePort(0),
		webServicePort: port,
		bindAddress: HOST,
		advertisedAddress: HOST,
		webSocketServiceEnabled: 'true',
		loadBalancerEnabled: 'false',
		functionsWorkerEnabled: 'false',
		// One storage node is all there is.
		managedLedgerDefaultEnsembleSize: 1,
		managedLedgerDefaultWriteQuorum: 1,
		managedLedgerDefaultAckQuorum: 1,
	};
}

/** Whether it answers for the namespace, which is the last thing that is made at the first start. */
async function hasNamespace(port: number, token: string | undefined): Promise<boolean> {
	const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
	return await new Promise((resolve) => {
		// Not with fetch, whose sockets keep a process from ending.
		const options = { host: HOST, port, path: '/admin/v2/persistent/public/default', headers, agent: false };
		const request = get(options, (response) => {
			response.resume();
			resolve(response.statusCode === 200);
		});
		request.setTimeout(ANSWER_MS, () => request.destroy());
		request.once('error', () => resolve(false));
	});
}

async function ensurePulsar(log: Log): Promise<{ readonly java: string; readonly jars: string }> {
	const java = await ensureProgram(
		{ title: `Java ${OLDEST_JAVA}`, variable: 'JAVA', names: ['java'], debianPackage: 'default-jre-headless' },
		log,
	);
	const folder = join(cacheFolder(), `pulsar-${VERSION}`);
	await installOnce(
		{
			title: `Pulsar ${VERSION} (199 MB, only this once)`,
			folder,
			check: async (at) => (await readdir(at)).some((name) => name === `pulsar-broker-${VERSION}.jar`),
			install: async (at, logFile) => {
				const maven = await ensureProgram(
					{ title: 'Maven', variable: 'MAVEN', names: ['mvn'], debianPackage: 'maven' },
					log,
				);
				await cp(POM, join(at, 'pom.xml'));
				const args = ['-B', '-q', COPY_JARS, '-DincludeScope=runtime', `-DoutputDirectory=${at}`];
				await runLogged({ command: maven, args: [...args, `-Dpulsar.version=${VERSION}`], cwd: at, logFile });
			},
		},
		log,
	);
	if (!existsSync(folder)) throw new SetupError(`Pulsar ${VERSION} is not in ${folder}.`);
	return { java, jars: folder };
}

const WARNINGS_ONLY = `<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="WARN">
	<Appenders><Console name="console"><PatternLayout pattern="%d{HH:mm:ss.SSS} %-5level %logger{1} - %msg%n"/></Console></Appenders>
	<Loggers><Root level="warn"><AppenderRef ref="console"/></Root></Loggers>
</Configuration>
`;

function asProperties(values: Readonly<Record<string, string | number>>): string {
	return Object.entries(values)
		.map(([name, value]) => `${name}=${value}\n`)
		.join('');
}

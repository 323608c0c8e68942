/**
 * Kafka: one node that is broker and controller (KRaft), from the jars that its project publishes.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, readdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
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

const VERSION = '4.1.0';
const POM = join(REPO, 'scripts', 'servers', 'kafka.pom.xml');
const COPY_JARS = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
const OLDEST_JAVA = 17;

/** One more port, with logins or TLS. */
export interface KafkaListener {
	/** Upper case. Its settings in `properties` begin with `listener.name.` and this in lower case. */
	readonly name: string;
	readonly port: number;
	readonly protocol: 'SASL_PLAINTEXT' | 'SSL' | 'SASL_SSL';
}

export interface KafkaOptions extends ServerOptions {
	/** Besides the plain one. */
	readonly listeners?: readonly KafkaListener[];
	/** Arguments for the formatting of the storage: SCRAM users. */
	readonly formatArguments?: readonly string[];
	/** Added to server.properties, or instead of what stands there. */
	readonly properties?: Readonly<Record<string, string>>;
}

export const kafkaServer: ServerRecipe = {
	kind: 'kafka',
	title: 'Kafka',
	ensure: async (log) => {
		await ensureKafka(log);
	},
	start: startKafka,
};

export async function startKafka(options: KafkaOptions = {}): Promise<Server> {
	const { java, jars } = await ensureKafka(() => undefined);
	const folder = await serverFolder('kafka', options.folder);
	const port = options.port ?? (await freePort(0));
	const properties = join(folder.path, 'server.properties');
	const classPath = join(jars, '*');
	const process = new ServerProcess({
		title: 'Kafka',
		command: java,
		args: ['-Xmx512m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', classPath, 'kafka.Kafka', properties],
		cwd: folder.path,
		logFile: join(folder.path, 'kafka.log'),
		isReady: async () => await answers(port),
	});
	return await runningServer({
		process,
		folder,
		port,
		url: (through) => `kafka://${HOST}:${through}`,
		prepare: async () => {
			await prepare(java, classPath, properties, await settings(folder.path, port, options), options);
		},
	});
}

/** Writes the settings, and makes the storage once a folder. */
async function prepare(
	java: string,
	classPath: string,
	properties: string,
	values: Readonly<Record<string, string | number>>,
	options: KafkaOptions,
): Promise<void> {
	const folder = dirname(properties);
	await writeFile(properties, asProperties({ ...values, ...options.properties }));
	if (existsSync(join(folder, 'data'))) return;
	const format = ['kafka.tools.StorageTool', 'format', `--cluster-id=${clusterId()}`, '-c', properties];
	await runLogged({
		command: java,
		args: ['-cp', classPath, ...format, ...(options.formatArguments ?? [])],
		cwd: folder,
		logFile: join(folder, 'format.log'),
	});
}

async function settings(folder: string, port: number, options: KafkaOptions): Promise<Record<string, string | number>> {
	const controller = await freePort(0);
	const more = options.listeners ?? [];
	const others = more.map((listener) => `${listener.name}://${HOST}:${listener.port}`);
	const listeners = [`PLAINTEXT://${HOST}:${port}`, `CONTROLLER://${HOST}:${controller}`, ...others];
	const advertised = [`PLAINTEXT://${HOST}:${options.advertisedPort ?? port}`, ...others];
	const protocols = [
		'PLAINTEXT:PLAINTEXT',
		'CONTROLLER:PLAINTEXT',
		...more.map((one) => `${one.name}:${one.protocol}`),
	];
	return {
		'process.roles': 'broker,controller',
		'node.id': 1,
		'controller.quorum.voters': `1@${HOST}:${controller}`,
		'controller.listener.names': 'CONTROLLER',
		'inter.broker.listener.name': 'PLAINTEXT',
		listeners: listeners.join(','),
		'advertised.listeners': advertised.join(','),
		'listener.security.protocol.map': protocols.join(','),
		'log.dirs': join(folder, 'data'),
		'default.replication.factor': 1,
		'offsets.topic.replication.factor': 1,
		// The default of 50 makes the first group of a fresh server wait for seconds.
		'offsets.topic.num.partitions': 4,
		'transaction.state.log.replication.factor': 1,
		'transaction.state.log.min.isr': 1,
		'share.coordinator.state.topic.replication.factor': 1,
		'share.coordinator.state.topic.min.isr': 1,
		// No group of a test waits for members that may come.
		'group.initial.rebalance.delay.ms': 0,
		// The default of 6 s is more than what a test can wait for a member that was killed.
		'group.min.session.timeout.ms': 1000,
		// Looks often enough for a test of retention.
		'log.retention.check.interval.ms': 1000,
		'log.initial.task.delay.ms': 1000,
		'controlled.shutdown.enable': 'true',
	};
}

/** Whether it takes requests: the port alone is open long before. */
async function answers(port: number): Promise<boolean> {
	return await new Promise((resolve) => {
		const socket = connect(port, HOST);
		const end = (ready: boolean) => {
			socket.destroy();
			resolve(ready);
		};
		socket.setTimeout(1000, () => end(false));
		socket.once('error', () => end(false));
		socket.once('close', () => end(false));
		// ApiVersions, version 0, correlation 1, no client id.
		socket.once('connect', () => socket.write(Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff])));
		socket.once('data', () => end(true));
	});
}

async function ensureKafka(log: Log): Promise<{ readonly java: string; readonly jars: string }> {
	const java = await ensureProgram(
		{ title: `Java ${OLDEST_JAVA}`, variable: 'JAVA', names: ['java'], debianPackage: 'default-jre-headless' },
		log,
	);
	const folder = join(cacheFolder(), `kafka-${VERSION}`);
	await installOnce(
		{
			title: `Kafka ${VERSION} (54 MB, only this once)`,
			folder,
			check: async (at) => (await readdir(at)).some((name) => name === `kafka_2.13-${VERSION}.jar`),
			install: async (at, logFile) => {
				const maven = await ensureProgram(
					{ title: 'Maven', variable: 'MAVEN', names: ['mvn'], debianPackage: 'maven' },
					log,
				);
				await cp(POM, join(at, 'pom.xml'));
				const args = ['-B', '-q', COPY_JARS, '-DincludeScope=runtime', `-DoutputDirectory=${at}`];
				await runLogged({ command: maven, args: [...args, `-Dkafka.version=${VERSION}`], cwd: at, logFile });
			},
		},
		log,
	);
	if (!existsSync(folder)) throw new SetupError(`Kafka ${VERSION} is not in ${folder}.`);
	return { java, jars: folder };
}

/** 16 bytes, as Kafka writes them. */
function clusterId(): string {
	return randomBytes(16).toString('base64url');
}

function asProperties(values: Readonly<Record<string, string | number>>): string {
	return Object.entries(values)
		.map(([name, value]) => `${name}=${String(value).replaceAll('\n', '\\n')}\n`)
		.join('');
}

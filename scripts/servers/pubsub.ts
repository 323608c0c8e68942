/**
 * Google Pub/Sub: Google's own fake (pstest), with an entrance that can be shut.
 *
 * The fake keeps everything in memory. What Google has stored outlives the machine that one talks to, so stopping and
 * killing is done to the entrance.
 */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../src/kernel/errors';
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
	const folder = join(cacheFolder(), `pstest-${version}-${await fingerprint(REPO, [SOURCES, `${SOURCES}.ts`])}`);
	const program = join(folder, 'pstest');
	await installOnce(
		{
			title: `pstest ${version}, built with Go (about a minute, only this once)`,
			folder,
			check: async () => true,
			install: async (at, logFile) => {
				const go = await ensureProgram({ title: 'Go', variable: 'GO', names: ['go'], debianPackage: 'golang-go' }, log);
				const sources = join(at, 'sources');
				await cp(join(REPO, SOURCES), sources, { recursive: true });
				try {
					await runLogged({ command: go, args: ['mod', 'vendor'], cwd: sources, logFile });
					await mend(join(sources, 'vendor', 'cloud.google.com', 'go', 'pubsub', 'v2', 'pstest', 'fake.go'));
					await runLogged({ command: go, args: ['build', '-o', join(at, 'pstest'), '.'], cwd: sources, logFile });
				} catch (error) {
					throw new SetupError(`pstest could not be built; it takes Go 1.21 or newer. ${messageOf(error)}`);
				}
			},
		},
		log,
	);
	return program;
}

/** What is not as Google does it, in the copy that is built. */
async function mend(file: string): Promise<void> {
	let text = await readFile(file, 'utf8');
	for (const [from, to] of [...SEEK, ...OLDEST_FIRST]) {
		if (text.split(from).length !== 2) throw new SetupError(`${file} is not as it was: "${from}"`);
		text = text.replace(from, () => to);
	}
	await writeFile(file, text);
}

/** The fake (2.9.0) seeks to messages whose content it has not kept, and to those of other topics, and ends by it. */
const SEEK = [
	[
		`for _, m := range s.msgs {
		if m.PublishTime.Before(target) {`,
		`for _, m := range s.msgs {
		if m.Topic != sub.proto.Topic || m.PublishTime.Before(target) {`,
	],
	[
		`// This was not preserved!
				//Message: pm,`,
		`Message: &pb.PubsubMessage{
					MessageId: m.ID, Data: m.Data, Attributes: m.Attributes,
					OrderingKey: m.OrderingKey, PublishTime: timestamppb.New(m.PublishTime),
				},`,
	],
] as const;

/** Without ordering Google promises nothing, and gives the oldest first nearly always; the fake deals at random. */
const OLDEST_FIRST = [
	[
		`var msgs []*pb.ReceivedMessage
	filterMsgs(s.msgs, s.filter)
	for id, m := range orderMsgs(s.msgs, s.proto.EnableMessageOrdering) {
		if m.outstanding() {
			continue
		}`,
		`var msgs []*pb.ReceivedMessage
	filterMsgs(s.msgs, s.filter)
	candidates := orderMsgs(s.msgs, s.proto.EnableMessageOrdering)
	ids := make([]string, 0, len(candidates))
	for id, m := range candidates {
		if !m.outstanding() {
			ids = append(ids, id)
		}
	}
	sort.Slice(ids, func(a, b int) bool {
		return candidates[ids[a]].publishTime.Before(candidates[ids[b]].publishTime)
	})
	for _, id := range ids {
		m := candidates[id]`,
	],
] as const;

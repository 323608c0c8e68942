/**
 * SQS and SNS: the emulator fauxqs, with what it holds in a file.
 */
import { join } from 'node:path';
import { freePort } from '../n8n/freePort';
import { ensureNode } from '../toolchain/nodeRuntime';
import { HOST, runningServer } from './runningServer';
import type { Server, ServerOptions, ServerRecipe } from './server';
import { serverFolder } from './serverFolder';
import { accepts, ServerProcess } from './serverProcess';

/** Any are taken; this region is the one that AWS tools assume. */
const LOGIN = 'test:test@us-east-1';

export const sqsServer: ServerRecipe = {
	kind: 'sqs',
	title: 'fauxqs (SQS and SNS)',
	ensure: async (log) => {
		await ensureNode(log);
	},
	start,
};

async function start({ folder: given, port: wanted }: ServerOptions = {}): Promise<Server> {
	// It needs the SQLite of a Node that is newer than the one this may run on.
	const node = await ensureNode(() => undefined);
	const folder = await serverFolder('sqs', given);
	const port = wanted ?? (await freePort(0));
	const process = new ServerProcess({
		title: 'fauxqs',
		command: node.bin,
		args: [join(__dirname, 'sqsEmulator.js'), String(port), folder.path],
		cwd: folder.path,
		logFile: join(folder.path, 'fauxqs.log'),
		// It listens once it has read its file.
		isReady: async () => await accepts(port),
	});
	return await runningServer({
		process,
		folder,
		port,
		url: (through) => `sqs://${LOGIN}?endpoint=http://${HOST}:${through}`,
	});
}

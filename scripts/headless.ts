/**
 * `npm start -- --headless`: the bundled workflows in n8n's engine inside this process, without the full n8n.
 */
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultConnection } from '../nodes/shared/defaultConnection';
import { Engine, type WorkflowJson } from '../test/engine/n8nEngine';
import { installPackage } from './installPackage';
import { workflowFiles } from './n8n/publishWorkflows';
import { placeOrders } from './orders/placeOrders';
import { readSampleOrders } from './orders/sampleOrders';
import { packTarball } from './packTarball';
import { ensureEngine } from './toolchain/engine';
import { step, type Log } from './toolchain/log';
import { ALL_IN_ONE, WORKFLOWS } from './workflowFolder';

/** @returns whether every expected event arrived */
export async function runHeadless(log: Log): Promise<boolean> {
	const { nodePath } = await ensureEngine(log);
	const tarball = await packTarball(log);
	// Outside the checkout, or the package would find the n8n-workflow that the checkout is compiled with.
	const userFolder = await mkdtemp(join(await realpath(tmpdir()), 'event-bus-headless-'));
	try {
		const folder = await step(log, 'Installing the package as n8n does', async () => {
			return await installPackage(tarball, userFolder, log);
		});
		const workflows = await readWorkflows();
		const engine = await step(log, `Activating ${workflows.length} workflows`, async () => {
			return await activate({ enginePath: nodePath, packages: [folder], workflows, userFolder });
		});
		try {
			const place = async (body: object) => await engine.callWebhook('orders', { body });
			const broker = defaultConnection({ ...process.env, N8N_USER_FOLDER: userFolder });
			return await placeOrders(await readSampleOrders(WORKFLOWS), broker, place, log);
		} finally {
			await engine.close();
		}
	} finally {
		await rm(userFolder, { recursive: true, force: true });
	}
}

type Options = NonNullable<Parameters<typeof Engine.create>[0]> & { readonly workflows: readonly WorkflowJson[] };

async function activate(options: Options): Promise<Engine> {
	const engine = await Engine.create(options);
	try {
		for (const workflow of options.workflows) await engine.activate(workflow);
		return engine;
	} catch (error) {
		await engine.close();
		throw error;
	}
}

async function readWorkflows(): Promise<readonly WorkflowJson[]> {
	const files = await workflowFiles(WORKFLOWS, [ALL_IN_ONE]);
	return await Promise.all(files.map(async (file) => JSON.parse(await readFile(file, 'utf8')) as WorkflowJson));
}

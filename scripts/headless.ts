/**
 * `npm start -- --headless`: the bundled workflows in n8n's engine inside this process, without the full n8n.
 */
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine, type WorkflowJson } from '../test/engine/n8nEngine';
import { brokerForStart } from './brokerForStart';
import { installPackage } from './installPackage';
import { workflowFiles } from './n8n/publishWorkflows';
import { placeOrders } from './orders/placeOrders';
import { readSampleOrders } from './orders/sampleOrders';
import { packTarball } from './packTarball';
import { ensureEngine } from './toolchain/engine';
import { whenAskedToEnd } from './toolchain/endOfProcess';
import { SetupError, step, type Log } from './toolchain/log';
import { ALL_IN_ONE, WORKFLOWS } from './workflowFolder';

/**
 * @param kind of the broker; undefined: what the environment says
 * @returns whether every expected event arrived
 */
export async function runHeadless(kind: string | undefined, log: Log): Promise<boolean> {
	const { nodePath } = await ensureEngine(log);
	const tarball = await packTarball(log);
	const asked = new Promise<never>((_resolve, reject) => {
		whenAskedToEnd(() => reject(new SetupError('Stopped.')));
	});
	// Seen when the orders are placed; what comes before is short, and is removed again all the same.
	asked.catch(() => undefined);
	await using folder = await temporaryFolder();
	const userFolder = folder.path;
	const installed = await step(log, 'Installing the package as n8n does', async () => {
		return await installPackage(tarball, userFolder, log);
	});
	await using broker = await brokerForStart({ kind, userFolder }, log);
	const workflows = await readWorkflows();
	const engine = await step(log, `Activating ${workflows.length} workflows`, async () => {
		const env = { EVENT_BUS_URL: broker.url };
		return await activate({ enginePath: nodePath, packages: [installed], workflows, userFolder, env });
	});
	try {
		for (const [name, value] of broker.facts) log(`  ${name.padEnd(10)}${value}`);
		const place = async (body: object) => await engine.callWebhook('orders', { body });
		const orders = await readSampleOrders(WORKFLOWS);
		return await Promise.race([asked, placeOrders(orders, broker.chosen, place, log)]);
	} finally {
		await engine.close();
	}
}

/** Outside the checkout, or the package would find the n8n-workflow that the checkout is compiled with. */
async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
	const path = await mkdtemp(join(await realpath(tmpdir()), 'event-bus-headless-'));
	return { path, [Symbol.asyncDispose]: async () => await rm(path, { recursive: true, force: true }) };
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

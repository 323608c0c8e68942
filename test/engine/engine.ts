/**
 * n8n's engine in this process: real n8n-core runs real workflow JSON with real nodes; no `n8n` package, no database, no
 * HTTP server, no task runner process.
 *
 * One engine at a time: n8n-core keeps its services for the whole process. Import n8nEngine.ts, not this file.
 */
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { IDataObject, IRun } from 'n8n-workflow';
import { Activation, type TriggerFailure } from './activation';
import { storeCredentials, type EngineCredential } from './credentialsHelper';
import { Executions, type Execution } from './executions';
import { enterHostEnvironment } from './hostEnvironment';
import { hostRequireFrom } from './hostRequire';
import { loadN8n, type N8n } from './n8nModules';
import { PackageNodeTypes } from './nodeTypes';
import { Runner } from './runner';
import { callWebhook, type WebhookRequest, type WebhookResponse } from './webhooks';
import { WorkflowShelf, type WorkflowJson } from './workflowShelf';

export interface EngineOptions {
	/** A `node_modules` folder with n8n-core and n8n-nodes-base. Default: EVENT_BUS_ENGINE_PATH. */
	readonly enginePath?: string;
	/** Folders of installed node packages (installedPackage.ts). */
	readonly packages?: readonly string[];
	readonly credentials?: readonly EngineCredential[];
	/** Workflows that others may call; activated and run ones are known by themselves. */
	readonly workflows?: readonly WorkflowJson[];
	/** n8n's user folder. Default: a temporary one, removed by `close`. */
	readonly userFolder?: string;
	/** Environment of n8n and its nodes while the engine lives; undefined removes a variable. */
	readonly env?: Readonly<Record<string, string | undefined>>;
}

export class Engine {
	private readonly active = new Map<string, WorkflowJson>();

	private constructor(
		private readonly shelf: WorkflowShelf,
		private readonly runs: Executions,
		private readonly runner: Runner,
		private readonly activation: Activation,
		private readonly leave: () => Promise<void>,
	) {}

	static async create(options: EngineOptions = {}): Promise<Engine> {
		const path = options.enginePath ?? process.env.EVENT_BUS_ENGINE_PATH;
		if (!path)
			throw new Error('Set EVENT_BUS_ENGINE_PATH to a node_modules folder that holds n8n-core and n8n-nodes-base');
		if (live) throw new Error('Another engine is open in this process; close it first');
		live = true;
		const ownFolder = options.userFolder ? null : await mkdtemp(join(await realpath(tmpdir()), 'event-bus-engine-'));
		const leaveEnvironment = enterHostEnvironment(path, {
			N8N_USER_FOLDER: options.userFolder ?? ownFolder ?? undefined,
			...options.env,
		});
		let n8n: N8n | undefined;
		const leave = async () => {
			n8n?.container.get(n8n.SshClientsManager).onShutdown();
			leaveEnvironment();
			if (ownFolder) await rm(ownFolder, { recursive: true, force: true });
			live = false;
		};
		try {
			n8n = loadN8n(path);
			// Services of the engine before this one would keep its user folder.
			n8n.container.reset();
			return await assemble(n8n, options, (...parts) => new Engine(...parts, leave));
		} catch (error) {
			await leave();
			throw error;
		}
	}

	/** Every run since `create`, oldest first. */
	get executions(): readonly Execution[] {
		return this.runs.all;
	}

	/** Errors that triggers reported, and failed attempts to start them again. */
	get triggerFailures(): readonly TriggerFailure[] {
		return this.activation.failures;
	}

	/**
	 * "Execute workflow" in the editor, from that node or the one n8n picks.
	 *
	 * @throws what a cancellation or timeout rejects with; an Error when the run was blocked before it started
	 */
	async runManual(workflow: WorkflowJson, startNode?: string): Promise<IRun> {
		const execution = this.runner.runByHand(this.shelf.save(workflow), startNode);
		const run = await execution.done;
		if (!run) throw new Error(`The run of "${workflow.name}" was blocked before it started`);
		return run;
	}

	/** Starts its triggers and opens its webhooks; replaces an earlier version. */
	async activate(workflow: WorkflowJson): Promise<void> {
		const json = this.shelf.save(workflow);
		await this.activation.activate(json);
		this.active.set(json.id, json);
	}

	/** @returns false when it had no running trigger */
	async deactivate(workflowId: string): Promise<boolean> {
		this.active.delete(workflowId);
		return await this.activation.deactivate(workflowId);
	}

	/** Calls the Webhook node with that path in an active workflow, and resolves with what its caller would get. */
	async callWebhook(path: string, request: WebhookRequest = {}): Promise<WebhookResponse> {
		return await callWebhook(this.runner, [...this.active.values()], path, request);
	}

	/** The Stop button. @returns false when it is not running */
	cancel(executionId: string): boolean {
		return this.runs.cancel(executionId);
	}

	/** A copy of what the workflow saved with getWorkflowStaticData. */
	staticData(workflowId: string): IDataObject {
		return this.shelf.readStaticData(workflowId);
	}

	/** Waits until nothing runs. @returns how many runs are left after `ms` */
	async drain(ms: number): Promise<number> {
		return await this.runs.drain(ms);
	}

	/** Closes all triggers, gives running executions 10 s, and puts the process environment back. */
	async close(): Promise<void> {
		try {
			this.active.clear();
			await this.activation.close();
			await this.drain(10_000);
		} finally {
			await this.leave();
		}
	}
}

let live = false;

async function assemble(
	n8n: N8n,
	{ packages = [], credentials = [], workflows = [] }: EngineOptions,
	build: (shelf: WorkflowShelf, runs: Executions, runner: Runner, activation: Activation) => Engine,
): Promise<Engine> {
	await startServices(n8n);
	const types = new PackageNodeTypes(n8n);
	await types.addIndexedPackage(dirname(hostRequireFrom(n8n.path).resolve('n8n-nodes-base/package.json')));
	for (const folder of packages) await types.addPackage(folder);
	const shelf = new WorkflowShelf(n8n, types);
	for (const workflow of workflows) shelf.save(workflow);
	const runs = new Executions(n8n);
	const runner = new Runner(n8n, shelf, await storeCredentials(n8n, types, credentials), runs);
	return build(shelf, runs, runner, new Activation(n8n, shelf, runner));
}

/** What n8n's start-up does to n8n-core before the first run. */
async function startServices({ core, container }: N8n): Promise<void> {
	const settings = container.get(core.InstanceSettings);
	settings.markAsLeader();
	// n8n keeps data encryption keys in its database; credentials here use the instance key, as those of older versions do.
	const key = {
		id: 'instance',
		value: container.get(core.Cipher).encryptDEKWithInstanceKey(settings.encryptionKey),
		algorithm: 'aes-256-cbc',
		format: 'no-prefix',
	} as const;
	container.get(core.EncryptionKeyProxy).setProvider({
		getActiveKey: () => Promise.resolve(key),
		getLegacyKey: () => Promise.resolve(key),
		getKeyById: () => Promise.resolve(null),
	});
	await container.get(core.BinaryDataService).init();
}

/** What a node put out in its last turn, as plain JSON; undefined when it did not run. */
export function items(run: IRun, nodeName: string, output = 0): IDataObject[] | undefined {
	const turn = run.data.resultData.runData[nodeName]?.at(-1);
	return turn?.data?.main?.[output]?.map(({ json }) => json) ?? (turn ? [] : undefined);
}

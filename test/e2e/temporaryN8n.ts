/**
 * A real n8n that lives as long as a test file: in a folder of its own, with the packed package installed as n8n's own
 * installer does it. Nothing of it stays behind.
 */
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPackage } from '../../scripts/installPackage';
import { freePort } from '../../scripts/n8n/freePort';
import { n8nEnvironment, N8nServer } from '../../scripts/n8n/n8nServer';
import { callWebhook, RestClient } from '../../scripts/n8n/restClient';
import { packTarball } from '../../scripts/packTarball';
import { SetupError } from '../../scripts/toolchain/log';
import { runLogged, tail } from '../../scripts/toolchain/runLogged';
import { ensureN8n, type N8nInstallation } from '../../scripts/toolchain/n8n';
import type { WorkflowJson } from '../engine/workflowShelf';

export const OWNER = { email: 'owner@example.com', password: 'Passw0rd123' } as const;

type Environment = Readonly<Record<string, string>>;

interface Running {
	readonly server: N8nServer;
	readonly client: RestClient;
}

export class TemporaryN8n implements AsyncDisposable {
	private running: Running | null = null;

	private constructor(
		private readonly installation: N8nInstallation,
		/** N8N_USER_FOLDER. */
		readonly folder: string,
	) {}

	/** Makes the folder of an n8n that nobody has installed anything into; `start` starts n8n. */
	static async bare(): Promise<TemporaryN8n> {
		const installation = await ensureN8n(silent);
		// Outside the checkout, or the package would find the n8n-workflow that the checkout is compiled with.
		return new TemporaryN8n(installation, await mkdtemp(join(await realpath(tmpdir()), 'event-bus-n8n-')));
	}

	/** Makes the folder and installs the package; `start` starts n8n. */
	static async prepare(): Promise<TemporaryN8n> {
		const tarball = await packTarball(silent);
		const n8n = await TemporaryN8n.bare();
		try {
			await installPackage(tarball, n8n.folder, silent);
			return n8n;
		} catch (error) {
			await n8n[Symbol.asyncDispose]();
			throw error;
		}
	}

	static async start(env: Environment = {}): Promise<TemporaryN8n> {
		const n8n = await TemporaryN8n.prepare();
		try {
			await n8n.start(env);
			return n8n;
		} catch (error) {
			await n8n[Symbol.asyncDispose]();
			throw error;
		}
	}

	/** Goes on where it was; what still runs is stopped first. */
	async start(env: Environment = {}): Promise<void> {
		await this.stop();
		const { installation, folder, logFile } = this;
		const server = await N8nServer.start({ installation, userFolder: folder, port: 0, logFile, env: withoutOurs(env) });
		try {
			this.running = { server, client: await RestClient.signIn(server.url, OWNER) };
		} catch (error) {
			await server.stop();
			throw error;
		}
	}

	/** How n8n is called in a terminal, for this folder: what is said to it comes behind `args`. */
	async commandLine() {
		const { installation, folder } = this;
		const env = await n8nEnvironment(installation, folder, await freePort(0));
		return { command: installation.node.bin, args: [installation.bin], env };
	}

	/** Runs n8n's command line: `import:workflow`. @throws SetupError with what it printed */
	async command(...said: readonly string[]): Promise<void> {
		const { command, args, env } = await this.commandLine();
		const { folder: cwd } = this;
		await runLogged({ command, args: [...args, ...said], cwd, env, logFile: join(cwd, 'command.log') });
	}

	/** A worker of queue mode beside the main process. The caller stops it. */
	async startWorker(env: Environment): Promise<N8nServer> {
		const { installation, folder: userFolder } = this;
		const logFile = join(userFolder, 'worker.log');
		return await N8nServer.start({
			installation,
			userFolder,
			port: 0,
			logFile,
			command: 'worker',
			env: withoutOurs(env),
		});
	}

	async stop(): Promise<void> {
		await this.running?.server.stop();
		this.running = null;
	}

	/** kill -9. */
	async kill(): Promise<void> {
		const { server } = this.now;
		server.kill();
		await server.ended;
		this.running = null;
	}

	get url(): string {
		return this.now.server.url;
	}

	/** Of the main process. */
	get pid(): number {
		const { pid } = this.now.server;
		if (pid === undefined) throw new Error('n8n has no process');
		return pid;
	}

	get client(): RestClient {
		return this.now.client;
	}

	get logFile(): string {
		return join(this.folder, 'n8n.log');
	}

	/** The file of n8n's own database. */
	get database(): string {
		return join(this.folder, '.n8n', 'database.sqlite');
	}

	/** The node_modules of this n8n, to read what it wrote with its own libraries. */
	get modules(): string {
		return join(this.installation.root, 'node_modules');
	}

	/** Brings a workflow in and publishes it, so that its triggers run. @throws SetupError with n8n's answer */
	async publish(workflow: WorkflowJson): Promise<void> {
		const { id, versionId } = await this.bringIn(workflow);
		await this.client.activate(id, versionId);
	}

	/** What n8n says when it cannot start the triggers of a workflow. @throws when it can */
	async refusalOf(workflow: WorkflowJson): Promise<string> {
		try {
			await this.publish(workflow);
		} catch (error) {
			if (error instanceof SetupError) return error.message;
			throw error;
		}
		throw new Error(`n8n published ${workflow.id}`);
	}

	/** Brings a workflow in, as it is. */
	async bringIn({ id, name, nodes, connections, settings }: WorkflowJson): Promise<{ id: string; versionId: string }> {
		const file = { id, name, nodes, connections, ...(settings ? { settings } : {}) };
		const { versionId } = await this.client.createWorkflow(file);
		return { id, versionId };
	}

	/** Publishes a workflow again that was deactivated. */
	async reactivate(id: string): Promise<void> {
		const stored = await this.client.workflow(id);
		if (!stored) throw new Error(`n8n has no workflow ${id}`);
		await this.client.activate(id, stored.versionId);
	}

	/** Posts to a published webhook. */
	async post(path: string, body: unknown): Promise<{ status: number; body: string }> {
		return await callWebhook(this.url, path, body);
	}

	/** The end of n8n's log, for a failed test. */
	async lastLines(): Promise<string> {
		return await tail(this.logFile, 40);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		try {
			await this.stop();
		} finally {
			await rm(this.folder, { recursive: true, force: true });
		}
	}

	private get now(): Running {
		if (!this.running) throw new Error('n8n is not running');
		return this.running;
	}
}

/** What whoever runs the tests has set for an n8n of their own. */
function withoutOurs(env: Environment): Environment {
	return { EVENT_BUS_URL: '', EVENT_BUS_EMBEDDED: '', ...env };
}

function silent(): void {
	// The part of `npm test` has set everything up with its own log; here nothing is left to tell.
}

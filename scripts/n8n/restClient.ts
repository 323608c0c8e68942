/**
 * n8n's REST API as its editor uses it: the few calls the scripts and tests need, behind one login.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError } from '../toolchain/log';

const TIMEOUT_MS = 60_000;
const PUBLICATION_POLL_MS = 200;

export interface Owner {
	readonly email: string;
	readonly password: string;
}

/** A workflow as its file has it. */
export interface WorkflowFile {
	readonly id: string;
	readonly name: string;
	readonly nodes: readonly { readonly name: string; readonly type: string }[];
	readonly connections: object;
	readonly settings?: object;
}

export interface StoredWorkflow {
	readonly versionId: string;
	/** The version that runs; null: not published. */
	readonly activeVersionId: string | null;
}

/** Of the triggers of a workflow. n8n tries one that fails five times within 15 s. not_published: it has none. */
interface Publication {
	readonly status: 'in_progress' | 'published' | 'partial' | 'failed' | 'not_published';
	readonly triggers: readonly { readonly errorMessage: string | null }[];
}

export class RestClient {
	private constructor(
		private readonly url: string,
		private readonly cookie: string,
	) {}

	/** Makes the owner account on a new n8n, logs in on one that has it. @throws SetupError */
	static async signIn(url: string, owner: Owner): Promise<RestClient> {
		const { email, password } = owner;
		const response = (await hasOwner(url))
			? await post(`${url}/rest/login`, { emailOrLdapLoginId: email, password })
			: await post(`${url}/rest/owner/setup`, { ...owner, firstName: 'Event', lastName: 'Bus' });
		if (response.ok) return new RestClient(url, cookieOf(response));
		throw new SetupError(`n8n refused the login of ${email}: ${await reasonOf(response)}`);
	}

	/** null: n8n does not know it. */
	async workflow(id: string): Promise<StoredWorkflow | null> {
		const { exists } = await this.call<{ exists: boolean }>('GET', `/rest/workflows/${id}/exists`);
		return exists ? await this.call<StoredWorkflow>('GET', `/rest/workflows/${id}`) : null;
	}

	async createWorkflow(workflow: WorkflowFile): Promise<StoredWorkflow> {
		return await this.call('POST', '/rest/workflows', workflow);
	}

	async replaceWorkflow(workflow: WorkflowFile): Promise<StoredWorkflow> {
		const { name, nodes, connections, settings } = workflow;
		return await this.call('PATCH', `/rest/workflows/${workflow.id}`, { name, nodes, connections, settings });
	}

	/**
	 * Publishes that version. n8n answers before it starts the triggers, so this waits until they run: what happens earlier
	 * would go unnoticed.
	 *
	 * @throws SetupError with what a trigger said
	 */
	async activate(id: string, versionId: string): Promise<void> {
		await this.call('POST', `/rest/workflows/${id}/activate`, { versionId });
		const deadline = Date.now() + TIMEOUT_MS;
		for (;;) {
			const { status, triggers } = await this.call<Publication>('GET', `/rest/workflows/${id}/publication-status`);
			if (status === 'in_progress' && Date.now() < deadline) {
				await sleep(PUBLICATION_POLL_MS);
				continue;
			}
			if (status === 'published' || status === 'not_published') return;
			const reasons = triggers.flatMap(({ errorMessage }) => errorMessage ?? []);
			throw new SetupError(`n8n did not start the triggers of ${id} (${status}). ${reasons.join('\n')}`);
		}
	}

	async deactivate(id: string): Promise<void> {
		await this.call('POST', `/rest/workflows/${id}/deactivate`, {});
	}

	/** @throws SetupError with what n8n answered */
	async call<T>(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<T> {
		const response = await fetch(`${this.url}${path}`, {
			method,
			headers: { cookie: this.cookie, 'content-type': 'application/json' },
			...(body ? { body: JSON.stringify(body) } : {}),
			signal: AbortSignal.timeout(TIMEOUT_MS),
		});
		if (!response.ok) throw new SetupError(`n8n answered ${method} ${path} with ${await reasonOf(response)}`);
		return ((await response.json()) as { data: T }).data;
	}
}

/** Calls a published webhook; right after publishing n8n may not know it yet, so 404 is tried again for a while. */
export async function callWebhook(url: string, path: string, body: unknown): Promise<{ status: number; body: string }> {
	const deadline = Date.now() + TIMEOUT_MS;
	for (;;) {
		const response = await post(`${url}/webhook/${path}`, body);
		const answer = { status: response.status, body: await response.text() };
		if (answer.status !== 404 || Date.now() > deadline) return answer;
		await sleep(500);
	}
}

async function hasOwner(url: string): Promise<boolean> {
	const response = await fetch(`${url}/rest/settings`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
	if (!response.ok) throw new SetupError(`n8n did not tell its settings: ${await reasonOf(response)}`);
	const { data } = (await response.json()) as { data: { userManagement: { showSetupOnFirstLoad?: boolean } } };
	return data.userManagement.showSetupOnFirstLoad !== true;
}

async function post(url: string, body: unknown): Promise<Response> {
	return await fetch(url, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify(body),
		signal: AbortSignal.timeout(TIMEOUT_MS),
	});
}

function cookieOf(response: Response): string {
	return response.headers
		.getSetCookie()
		.map((cookie) => cookie.split(';', 1)[0] ?? '')
		.join('; ');
}

async function reasonOf(response: Response): Promise<string> {
	const text = await response.text();
	return `${response.status} ${text.slice(0, 500)}`;
}

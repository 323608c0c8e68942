/**
 * What n8n tells of its executions, through the API its editor uses.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { until } from '../conformance/waiting';
import type { TemporaryN8n } from './temporaryN8n';

export interface Execution {
	readonly id: string;
	readonly status: string;
	/** trigger, webhook: production · manual: started in the editor. */
	readonly mode: string;
}

/** Newest first. */
export async function executionsOf(n8n: TemporaryN8n, workflowId: string): Promise<readonly Execution[]> {
	const filter = encodeURIComponent(JSON.stringify({ workflowId }));
	const page = await n8n.client.call<{ results: Execution[] }>('GET', `/rest/executions?filter=${filter}&limit=100`);
	return page.results;
}

/** Resolves with the newest execution in which a run ended like that. */
export async function executionWith(n8n: TemporaryN8n, workflowId: string, status: string): Promise<Execution> {
	let found: Execution | undefined;
	await until(
		`an execution of ${workflowId} with status ${status}`,
		async () => {
			found = (await executionsOf(n8n, workflowId)).find((execution) => execution.status === status);
			return found !== undefined;
		},
		60_000,
	);
	if (!found) throw new Error('unreachable');
	return found;
}

/** The error of a failed execution as a person reads it: message and description. */
export async function errorOf(n8n: TemporaryN8n, { id }: Execution): Promise<string> {
	const { data } = await n8n.client.call<{ data: string }>('GET', `/rest/executions/${id}`);
	const run = parseFlatted(n8n, data) as { resultData?: { error?: { message?: string; description?: string } } };
	const { message = '', description = '' } = run.resultData?.error ?? {};
	return `${message}\n${description}`;
}

/** n8n stores runs in a format of its own, because they hold cycles. */
export function parseFlatted(n8n: Pick<TemporaryN8n, 'modules'>, text: string): unknown {
	const load = createRequire(join(n8n.modules, 'resolved-from-here.js'));
	return (load('flatted') as { parse: (text: string) => unknown }).parse(text);
}

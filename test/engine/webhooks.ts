/**
 * Calls the Webhook node of an active workflow without an HTTP server.
 *
 * Knows the three response modes in their plain form; form data, files, authentication and path parameters are not here.
 */
import type { IDataObject, IExecuteResponsePromiseData, INode, INodeExecutionData, IRun } from 'n8n-workflow';
import { deferred } from './deferred';
import type { Runner } from './runner';
import type { WorkflowJson } from './workflowShelf';

const WEBHOOK = 'n8n-nodes-base.webhook';

export interface WebhookRequest {
	/** Default POST. */
	readonly method?: string;
	readonly headers?: IDataObject;
	readonly query?: IDataObject;
	readonly body?: unknown;
}

export interface WebhookResponse {
	readonly status: number;
	readonly body: unknown;
	readonly headers: IDataObject;
	readonly executionId: string;
}

interface WebhookParameters {
	readonly path?: string;
	readonly httpMethod?: string;
	readonly responseMode?: 'onReceived' | 'lastNode' | 'responseNode';
	readonly responseData?: 'firstEntryJson' | 'allEntries' | 'noData';
}

/** Paths are matched without slashes around them. */
export async function callWebhook(
	runner: Runner,
	active: readonly WorkflowJson[],
	path: string,
	request: WebhookRequest,
): Promise<WebhookResponse> {
	const method = (request.method ?? 'POST').toUpperCase();
	const found = findWebhook(active, path, method);
	if (!found) throw new Error(`No active workflow has a Webhook node for ${method} ${path}`);
	const { json, node } = found;
	const { responseMode = 'onReceived', responseData = 'firstEntryJson' } = node.parameters as WebhookParameters;

	const answered = deferred<IExecuteResponsePromiseData>();
	const execution = runner.runFrom(json, {
		mode: 'webhook',
		node: node.name,
		items: [[requestItem(path, request)]],
		onHooks: (hooks) => hooks.addHandler('sendResponse', answered.resolve),
	});
	const respond = (status: number, body: unknown, headers: IDataObject = {}): WebhookResponse => ({
		status,
		body,
		headers,
		executionId: execution.id,
	});

	if (responseMode === 'onReceived') return respond(200, { message: 'Workflow was started' });
	if (responseMode === 'responseNode') {
		const sent = await Promise.race([answered.promise, execution.done]);
		return isAnswer(sent)
			? respond(sent.statusCode, sent.body, sent.headers)
			: respond(500, { message: 'The workflow ended without a Respond to Webhook node' });
	}
	const run = await execution.done.catch(() => undefined);
	if (run?.status !== 'success') return respond(500, { message: 'Error in workflow' });
	const items = lastItems(run);
	if (responseData === 'noData') return respond(200, '');
	return respond(200, responseData === 'allEntries' ? items.map(({ json: body }) => body) : items[0]?.json);
}

function findWebhook(
	active: readonly WorkflowJson[],
	path: string,
	method: string,
): { readonly json: WorkflowJson; readonly node: INode } | undefined {
	for (const json of active) {
		const node = json.nodes.find(({ type, disabled, parameters }) => {
			const { path: nodePath = '', httpMethod = 'GET' } = parameters as WebhookParameters;
			return type === WEBHOOK && disabled !== true && bare(nodePath) === bare(path) && httpMethod === method;
		});
		if (node) return { json, node };
	}
	return undefined;
}

function bare(path: string): string {
	return path.replaceAll(/^\/+|\/+$/g, '');
}

/** As the Webhook node puts it out. */
function requestItem(path: string, { headers = {}, query = {}, body = {} }: WebhookRequest): INodeExecutionData {
	return {
		json: {
			headers,
			params: {},
			query,
			body: structuredClone(body) as IDataObject,
			webhookUrl: `http://localhost:5678/webhook/${bare(path)}`,
			executionMode: 'production',
		},
	};
}

interface Answer {
	readonly body: unknown;
	readonly headers?: IDataObject;
	readonly statusCode: number;
}

/** What Respond to Webhook sends, as opposed to the end of a run that sent nothing. */
function isAnswer(sent: unknown): sent is Answer {
	return typeof sent === 'object' && sent !== null && 'body' in sent;
}

function lastItems(run: IRun): INodeExecutionData[] {
	const { runData, lastNodeExecuted = '' } = run.data.resultData;
	return runData[lastNodeExecuted]?.at(-1)?.data?.main?.[0] ?? [];
}

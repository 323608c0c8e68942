/**
 * An engine with this package, services that do and undo steps, and short ways to write sagas.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';
import { publish, trigger } from './openBus';
import type { WorkflowJson } from './n8nEngine';
import { openStore, type Store } from './openStore';
import { node, workflow } from './workflowBuilder';

export interface Call {
	readonly path: string;
	readonly key: string;
	readonly correlationId: string;
	readonly body: unknown;
}

export interface Answer {
	readonly status?: number;
	readonly type?: string;
	readonly body?: unknown;
}

/** A service that remembers what it was asked. */
export interface Service extends AsyncDisposable {
	readonly url: string;
	readonly calls: readonly Call[];
	/** What it answers; default: 200 with the number of the call. */
	answers(path: string, ...answers: readonly Answer[]): void;
}

/** @param otherwise what it answers where nothing is queued */
export async function openService(
	otherwise: (call: Call, calls: number) => Answer | Promise<Answer> = ({ path }, call) => ({ body: { call, path } }),
): Promise<Service> {
	const calls: Call[] = [];
	const queued = new Map<string, Answer[]>();
	const server = createServer((request, response) => {
		void bodyOf(request).then(async (body) => {
			const path = request.url ?? '';
			const [key, correlationId] = [request.headers['idempotency-key'], request.headers['x-correlation-id']];
			const call = { path, key: String(key), correlationId: String(correlationId), body };
			calls.push(call);
			answer(response, queued.get(path)?.shift() ?? (await otherwise(call, calls.length)));
		});
	});
	const port = await listen(server);
	return {
		url: `http://127.0.0.1:${port}`,
		calls,
		answers: (path, ...answers) => queued.set(path, [...answers]),
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			await new Promise((closed) => server.close(closed));
		},
	};
}

async function listen(server: Server): Promise<number> {
	await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
	return (server.address() as AddressInfo).port;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(chunk as Buffer);
	const text = Buffer.concat(chunks).toString();
	return text === '' ? null : JSON.parse(text);
}

function answer(response: ServerResponse, { status = 200, type = 'application/json', body = {} }: Answer): void {
	response.writeHead(status, { 'content-type': type });
	response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** A Saga node that runs. @param steps rows of the panel */
export function saga(steps: readonly INodeParameters[], parameters: INodeParameters = {}, extras: Partial<INode> = {}) {
	return node(
		'Saga',
		'n8n-nodes-event-bus.saga',
		{ operation: 'run', sagaName: 'order', steps: { values: [...steps] }, ...parameters },
		extras,
	);
}

/** A Saga node with another operation. */
export function sagaOperation(operation: string, parameters: INodeParameters = {}): INode {
	return node(`Saga ${operation}`, 'n8n-nodes-event-bus.saga', { operation, ...parameters });
}

export function sagaTrigger(parameters: INodeParameters = {}): INode {
	return node('Saga Trigger', 'n8n-nodes-event-bus.sagaTrigger', parameters);
}

export function httpStep(name: string, url: string, parameters: INodeParameters = {}): INodeParameters {
	return { name, do: 'http', url: `${url}/${name}`, ...parameters };
}

/** With an undo at `/undo_<name>`. */
export function undoableStep(name: string, url: string, parameters: INodeParameters = {}): INodeParameters {
	return httpStep(name, url, { undo: 'http', undoUrl: `${url}/undo_${name}`, ...parameters });
}

/** A workflow that answers an event with another one. */
export function answering(type: string, answerType: string, payload: string): WorkflowJson {
	return workflow(`Answers ${type}`, [trigger(type), publish(answerType, { payload })]);
}

export async function openSagas(options: Parameters<typeof openStore>[0] = {}): Promise<Store> {
	return await openStore({ record: true, ...options });
}

/** The one item of a run of the nodes. */
export async function only(store: Store, ...nodes: INode[]): Promise<IDataObject> {
	const [item] = await store.output(...nodes);
	if (!item) throw new Error('The run gave no item');
	return item;
}

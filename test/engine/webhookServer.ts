/**
 * HTTP in front of the webhooks of an engine, for workflows that call each other by address.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Engine, WorkflowJson } from './n8nEngine';

export interface WebhookServer {
	/** Without a slash at the end. */
	readonly url: string;
	/** Requests so far: 'POST /webhook/inventory-manager/reserve'. */
	readonly requests: readonly string[];
	close(): Promise<void>;
}

const PREFIX = '/webhook/';

export async function serveWebhooks(engine: Engine): Promise<WebhookServer> {
	const requests: string[] = [];
	const server = createServer((request, response) => {
		requests.push(`${request.method} ${request.url}`);
		void answer(engine, request, response);
	});
	await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}`,
		requests,
		async close() {
			server.closeAllConnections();
			await new Promise((closed) => server.close(closed));
		},
	};
}

async function answer(engine: Engine, request: IncomingMessage, response: ServerResponse): Promise<void> {
	const { method = 'GET', headers } = request;
	const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
	try {
		const { status, body } = await engine.callWebhook(pathname.slice(PREFIX.length), {
			method,
			headers,
			query: Object.fromEntries(searchParams),
			body: await bodyOf(request),
		});
		send(response, status, body);
	} catch (error) {
		// As n8n answers for a workflow that is not published.
		send(response, 404, { message: (error as Error).message });
	}
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(chunk as Buffer);
	const text = Buffer.concat(chunks).toString();
	return text === '' ? {} : JSON.parse(text);
}

function send(response: ServerResponse, status: number, body: unknown): void {
	response.writeHead(status, { 'content-type': 'application/json' });
	response.end(JSON.stringify(body));
}

/** What the workflows that ship take n8n's address for. */
const SHIPPED_ADDRESS = 'http://localhost:5678';

/** The workflow for an n8n with another address. */
export function atAddress(workflow: WorkflowJson, url: string): WorkflowJson {
	return JSON.parse(JSON.stringify(workflow).replaceAll(SHIPPED_ADDRESS, url)) as WorkflowJson;
}

/** The workflow with callers who wait for as long as a loaded machine takes, or for so many seconds. */
export function patient(workflow: WorkflowJson, seconds = 200): WorkflowJson {
	const waits = /"timeoutSeconds":(30|200)\b/g;
	return JSON.parse(JSON.stringify(workflow).replaceAll(waits, `"timeoutSeconds":${seconds}`)) as WorkflowJson;
}

/**
 * A language model with one thing in mind: it calls the tool it is offered, then says that it did.
 *
 * Speaks the part of OpenAI's HTTP API that n8n's chat model uses, so the agent and the tool are the real ones.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

export interface OfferedTool {
	readonly type: 'function';
	readonly function: { readonly name: string; readonly description: string; readonly parameters: unknown };
}

interface ChatRequest {
	readonly messages: readonly { readonly role: string; readonly content: unknown }[];
	readonly tools?: readonly OfferedTool[];
	readonly stream?: boolean;
}

export class ScriptedModel implements AsyncDisposable {
	/** What the agent offered with each question. */
	readonly offered: (readonly OfferedTool[])[] = [];
	/** What the tools gave back. */
	readonly results: string[] = [];
	private readonly server = createServer((request, response) => {
		void this.answer(request, response);
	});

	private constructor(private readonly toolArguments: object) {}

	/** @param toolArguments what the first tool is called with */
	static async start(toolArguments: object): Promise<ScriptedModel> {
		const model = new ScriptedModel(toolArguments);
		await new Promise<void>((resolve) => model.server.listen(0, '127.0.0.1', resolve));
		return model;
	}

	/** The base URL of a credential. */
	get url(): string {
		return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.server.closeAllConnections();
		await new Promise((resolve) => this.server.close(resolve));
	}

	private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
		if (request.method !== 'POST') {
			response.end(JSON.stringify({ object: 'list', data: [] }));
			return;
		}
		const { messages, tools = [], stream = false } = (await json(request)) as ChatRequest;
		const last = messages.at(-1);
		this.offered.push(tools);
		if (last?.role === 'tool') this.results.push(JSON.stringify(last.content));
		const message = last?.role === 'tool' ? { role: 'assistant', content: 'It is done.' } : this.call(tools);
		reply(response, message, stream);
	}

	private call([tool]: readonly OfferedTool[]): object {
		const call = { name: tool?.function.name, arguments: JSON.stringify(this.toolArguments) };
		return {
			role: 'assistant',
			content: null,
			tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: call }],
		};
	}
}

function reply(response: ServerResponse, message: object, stream: boolean): void {
	const finish_reason = 'tool_calls' in message ? 'tool_calls' : 'stop';
	const common = { id: 'chatcmpl-1', created: 0, model: 'scripted' };
	if (!stream) {
		response.setHeader('content-type', 'application/json');
		const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
		const choices = [{ index: 0, message, finish_reason }];
		response.end(JSON.stringify({ ...common, object: 'chat.completion', choices, usage }));
		return;
	}
	response.setHeader('content-type', 'text/event-stream');
	for (const choice of [
		{ index: 0, delta: message, finish_reason: null },
		{ index: 0, delta: {}, finish_reason },
	]) {
		response.write(`data: ${JSON.stringify({ ...common, object: 'chat.completion.chunk', choices: [choice] })}\n\n`);
	}
	response.end('data: [DONE]\n\n');
}
